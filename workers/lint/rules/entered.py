"""What a screen takes and gives: emptied lists, nulls into defaults, blanks, words for Markdown (ALL-10)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.lint.rules.screen import counter, shown_as
from workers.packs.diagrams import feel, forms
from workers.packs.diagrams.conditions import paths
from workers.packs.diagrams.expressions import linked_forms, slots
from workers.packs.diagrams.forms import Form
from workers.packs.diagrams.model import Diagram, Element, extensions
from workers.variables import PLAIN_LOCALS

_BLANK_CLASS: Final = re.compile(r'matches\s*\(.*?"[^"]*(?<!\[\^)\\[sS][^"]*"', re.DOTALL)
_ALWAYS_LIST: Final = re.compile(r"=\s*(?:\[.*\]|get or else\(.+, \[.*\]\))", re.DOTALL)
_WIDE: Final = r"\u3000"
_CONDITION: Final = re.compile(r"\bif\b.+?\bthen\b", re.DOTALL)


def emptied_lists(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Who takes a list over takes its counter into account: the screen does not send an emptied list."""
    for task, form in _forms(diagram, context):
        for path in _growing(form):
            for output in extensions(task, "zeebe:ioMapping/zeebe:output"):
                names = _variables(output.get("source", ""))
                if path in names and counter(path) not in names:
                    message = (
                        f"{name_of(task)}の出力「{output.get('target')}」は、消された一覧「{path}」を受け取れません。"
                        f"=if {counter(path)} = 0 then [] else {path} のように書いてください"
                    )
                    yield report(diagram, output, "emptied-list", message)


def nulls(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A null from outside switches a field's default off, in silence."""
    for task, form in _forms(diagram, context):
        defaults = {
            str(part.get("key")): part["defaultValue"]
            for part in forms.components(form)
            if part.get("defaultValue") is not None and part.get("key")
        }
        for mapping in extensions(task, "zeebe:ioMapping/zeebe:input"):
            key = mapping.get("target", "")
            if key in defaults and not _never_null(mapping.get("source", "")):
                message = (
                    f"{name_of(task)}の入力「{key}」が null だと、フォームの初めの値が消えます。"
                    f'=if … = null then "{defaults[key]}" else … のように書くか、入力マッピングを外してください'
                )
                yield report(diagram, mapping, "null-default", message)


def ticks(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """A null from outside makes a list of boxes dead: form-js fails at every click, and nothing can be ticked."""
    for task, form in _forms(diagram, context):
        boxes = dict(_boxes(form.content))
        for mapping in extensions(task, "zeebe:ioMapping/zeebe:input"):
            target, source = mapping.get("target", ""), mapping.get("source", "")
            keys = {key for key, path in boxes.items() if path == target and not _row_has_list(source, key)}
            if target in boxes and not boxes[target] and not _ALWAYS_LIST.fullmatch(source):
                keys.add(target)
            for key in sorted(keys):
                message = (
                    f"{name_of(task)}の「{key}」が null だと、チェックボックスを押しても選べません。"
                    "get or else(…, []) のように、いつも一覧を渡してください"
                )
                yield report(diagram, mapping, "null-ticks", message)


def blanks(diagram: Diagram, context: Context) -> Iterator[Finding]:
    r"""``\S`` takes the wide blank for text, ``\s`` does not take it for a blank."""
    del context
    for slot in slots(diagram):
        if slot.is_feel and (message := blank_problem(slot.body)):
            yield report(diagram, slot.element, "feel-blank", f"{slot.label}の式: {message}")


def words(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What text components may show comes from a worker or the pack's own words, never straight from a form."""
    for kind in ("input", "output"):
        for mapping in diagram.root.iter(f"{{http://camunda.org/schema/zeebe/1.0}}{kind}"):
            target = mapping.get("target", "").split(".")[0]
            how = shown_as(target, context.variables)
            for name in sorted(_given(mapping.get("source", ""))) if how else ():
                if not _harmless(name, target, context):
                    message = (
                        f"「{target}」はフォームの text に出ます。「{name}」の文が Markdown として読まれるため、"
                        "ワーカーの値か決まった文だけを入れてください"
                    )
                    yield report(diagram, mapping, "shown-words", message)


def blank_problem(expression: str) -> str:
    r"""Return why a FEEL expression misjudges blanks, empty where it does not.

    Java's ``\S`` takes U+3000 and NBSP for text. ``[^\s\u3000\u00a0]`` is right.
    """
    if _BLANK_CLASS.search(expression) and _WIDE not in expression:
        return r"matches の \S と \s は全角の空白を文字とみなします。[^\s\u3000\u00a0] と書いてください"
    return ""


def _forms(diagram: Diagram, context: Context) -> Iterator[tuple[Element, Form]]:
    for task, identity in linked_forms(diagram):
        if (form := context.catalogue.parsed_forms.get(identity)) is not None:
            yield task, form


def _boxes(container: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the keys of a form's checklists, each with the path of the list whose rows have it, empty outside."""
    for part in container.get("components") or []:
        if part.get("type") == "checklist":
            yield str(part.get("key")), path
        yield from _boxes(part, str(part.get("path")) if part.get("type") == "dynamiclist" else path)


def _row_has_list(source: str, key: str) -> bool:
    """Return whether the rows that an expression makes have a list under a key; rows taken as they are have one."""
    return re.search(rf"[{{,]\s*{re.escape(key)}\s*:(?!\s*get or else\(.+?, \[)", source, re.DOTALL) is None


def _growing(form: Form) -> list[str]:
    found: list[dict[str, Any]] = list(forms.components(form))
    return [str(part.get("path")) for part in found if part.get("type") == "dynamiclist" and part.get("allowAddRemove")]


def _variables(source: str) -> list[str]:
    try:
        return feel.variables(source.removeprefix("=").strip())
    except feel.FeelSyntaxError:
        return []  # feel-syntax says so


def _given(source: str) -> frozenset[str]:
    """Return the paths whose values an expression may hand on: not those that its conditions compare."""
    text = _CONDITION.sub("if true then", source.removeprefix("=").strip())
    return paths(text)


def _never_null(source: str) -> bool:
    text = source.removeprefix("=").strip()
    if re.fullmatch(r'"[^"]*"|true|false|\d+|\[.*\]|get or else\([^()]+, (?!null)[^()]+\)', text, re.DOTALL):
        return True
    guarded = re.fullmatch(r"if\s+(.+?)\s*=\s*null\s+then\s+(.+?)\s+else\s+(.+)", text, re.DOTALL)
    return bool(guarded and guarded[2] != "null" and guarded[3].strip() == guarded[1].strip())


def _harmless(name: str, target: str, context: Context) -> bool:
    first, last = name.split(".", maxsplit=1)[0], name.rsplit(".", maxsplit=1)[-1]
    return first == target or last in PLAIN_LOCALS or bool(shown_as(first, context.variables))
