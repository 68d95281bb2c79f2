"""A task that a token comes back to shows what was typed: every key of its form has a way back into it (ALL-19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workers.lint.findings import Finding
from workers.lint.loops import Return, returns, scopes_around
from workers.lint.rules.base import Context, name_of, report
from workers.lint.supplies import clears, gives, keeps, loads, names_in, repeats_over, source_of
from workers.packs.diagrams import forms, model
from workers.packs.diagrams.expressions import linked_forms
from workers.packs.diagrams.model import Diagram, Element, extension, extensions, local

# A decision may be meant to be taken anew: the diagram says so with =null; a text, a day or a list never.
_CHOICES: Final = frozenset({"radio", "select", "checkbox"})
_RULE: Final = "returned-input"
_NOT_BACK: Final = "入力マッピングで、このタスクの出力（または台帳から読み出したもの）を戻してください"
_NOT_GIVEN: Final = "呼び出す側の入力マッピングで渡してください（初めからでよいものは =null と書く）"
_NO_CHOICE: Final = "=null（選び直す）と書けるのは、ラジオ・選択・チェックボックスの項目だけです"


@dataclass(frozen=True)
class _Key:
    """One key of a task's form, with the kinds of its fields."""

    task: Element
    name: str
    kinds: frozenset[str]

    @property
    def empty_by_intent(self) -> bool:
        return self.kinds <= _CHOICES


def returned_input(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Nothing typed is lost when a task is returned, nor when its process is called once more."""
    lost: dict[Element, list[tuple[_Key, str]]] = {}
    for key in _keys(diagram, context):
        if why := next((why for way in returns(key.task) if (why := _lost(context, key, way))), None):
            lost.setdefault(key.task, []).append((key, why))
    for task, found in lost.items():
        message = f"{name_of(task)}に戻ると、フォームの{_listed(found)}に入力したものが消えます。{found[0][1]}"
        yield report(diagram, task, _RULE, message, about=_about(found))
    for call in diagram.all("callActivity"):
        if next(returns(call), None) is not None:
            yield from _called_again(diagram, context, call)


def _listed(found: list[tuple[_Key, str]]) -> str:
    return "".join(f"「{key.name}」" for key, _ in found)


def _about(found: list[tuple[_Key, str]]) -> set[str]:
    return {name for key, _ in found for name in (key.name, *_sources(key))}


def _keys(diagram: Diagram, context: Context) -> Iterator[_Key]:
    for task, identity in linked_forms(diagram):
        form = context.catalogue.parsed_forms.get(identity)
        if local(task) == "userTask" and form is not None:
            for name, kinds in forms.typed_keys(form).items():
                yield _Key(task, name, kinds)


def _sources(key: _Key) -> set[str]:
    return names_in(source_of(key.task, key.name) or "null")


def _lost(context: Context, key: _Key, way: Return) -> str | None:
    """Return why a key does not come back on one way, or None when it does."""
    source = source_of(key.task, key.name)
    if source == "null":
        return None if key.empty_by_intent else _NO_CHOICE
    names = {key.name} if source is None else names_in(source)
    return None if any(_comes_back(context, key, name, way) for name in names) else _NOT_BACK


def _comes_back(context: Context, key: _Key, name: str, way: Return) -> bool:
    """Return whether a variable holds what was typed, or what the registry has of it, when the task is reached."""
    for scope in way.entered:
        if name in repeats_over(scope):
            return True
        if (source := source_of(scope, name)) is not None:
            meant = source == "null" and key.empty_by_intent
            return meant or bool(names_in(source)) or loads(scope, name, context.job_types)
    others = way.others()
    if any(clears(other, name) and way.passes(other.get("id", "")) for other in others):
        return False
    if keeps(key.task, name):
        return True
    return not way.avoids({other.get("id", "") for other in others if gives(other, name, context.job_types)})


def _called_again(diagram: Diagram, context: Context, call: Element) -> Iterator[Finding]:
    for child, given in _called(context, call, frozenset()):
        lost: dict[Element, list[tuple[_Key, str]]] = {}
        for key in _keys(child, context):
            if why := _lost_anew(context, child, key, given):
                lost.setdefault(key.task, []).append((key, why))
        if lost:
            found = [pair for pairs in lost.values() for pair in pairs]
            tasks = "、".join(f"{name_of(task)}の{_listed(pairs)}" for task, pairs in lost.items())
            message = f"{name_of(call)}をもう一度呼ぶと、{tasks}に入力したものが消えます。{found[0][1]}"
            yield report(diagram, call, _RULE, message, about=_about(found))


def _called(context: Context, call: Element, seen: frozenset[str]) -> Iterator[tuple[Diagram, set[str]]]:
    """Yield every process below a call, with the names of the variables that it is handed."""
    called = extension(call, "calledElement")
    process = "" if called is None else called.get("processId", "")
    given = {i.get("target", "") for i in extensions(call, "zeebe:ioMapping/zeebe:input")}
    for entry in [] if process in seen else context.catalogue.find("process", process):
        child = model.load(entry.path)
        yield child, given
        for inner in child.all("callActivity"):
            yield from _called(context, inner, seen | {process})


def _lost_anew(context: Context, child: Diagram, key: _Key, given: set[str]) -> str | None:
    """Return why a key is empty in a process that is called once more: only what it is handed, or loads, is there."""
    source = source_of(key.task, key.name)
    if source == "null":
        return None if key.empty_by_intent else _NO_CHOICE
    for name in {key.name} if source is None else names_in(source):
        scopes = scopes_around(key.task)
        local_source = next((s for scope in scopes if (s := source_of(scope, name)) is not None), None)
        if any(name in repeats_over(scope) for scope in scopes) or loads(child.root, name, context.job_types):
            return None
        if local_source == "null" and key.empty_by_intent:
            return None
        if name in given if local_source is None else names_in(local_source) & given:
            return None
    return _NOT_GIVEN
