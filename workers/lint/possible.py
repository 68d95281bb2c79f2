"""Which texts a variable can have, and which parts a context has, as far as a diagram says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.lint.dataflow import Sources, message_of
from workers.lint.handover import handovers
from workers.lint.supplies import repeats_over
from workers.packs.diagrams import feel, model
from workers.packs.diagrams.form_fields import FormField, fields
from workers.packs.diagrams.model import Diagram, Element, extension, extensions, local
from workers.variables import VARIABLES, held_by, rows_of, values_of

Texts = frozenset[str] | None
"""What a variable can be; None where nobody knows."""
_NOTHING: Final[frozenset[str]] = frozenset()
_LITERAL: Final = re.compile(r'"([^"]*)"')
_TEXT: Final = re.compile(r'\s*(?:"[^"]*"|null|true|false)\s*')
_DEEP: Final = 3


class Possible:
    """What can be in the variables of one diagram; asks callers and called processes in turn."""

    def __init__(self, diagram: Diagram, sources: Sources, deep: int = 0) -> None:
        self._diagram, self._sources, self._deep = diagram, sources, deep
        self._known: dict[str, Texts] = {}
        self._fields: dict[str, list[FormField]] = {}

    def texts(self, path: str) -> Texts:
        """Return every text that a variable's path can have, None where anything is possible."""
        if path not in self._known:
            self._known[path] = None  # whoever hands a variable on to itself adds nothing
            found = list(self._all(path))
            self._known[path] = None if None in found else frozenset().union(*(one for one in found if one is not None))
        return self._known[path]

    def parts(self, name: str) -> Texts:
        """Return the names of a context's entries, None where nobody knows them."""
        found, passed = set[str](), False
        for kind, mapping in self._mappings(name):
            text = _expression(mapping)
            if text in {"null", name}:
                passed = passed or text == name
                continue
            keys = _keys(text)
            if keys is None or kind == "input":
                return None
            found |= keys
        if (rows := self._rows(name)) is not None:
            return rows
        others = self._other_writers(name)
        if (others or passed) and not found and not self._is_typed(name):
            return held_by(name)
        return None if others or not found else frozenset(found)

    def _rows(self, name: str) -> Texts:
        """Return the columns of the list whose rows a name stands for; None where it stands for more than that."""
        found: set[str] = set()
        if next(self._mappings(name), None) is not None:
            return None
        for node in self._diagram.all(*sorted(model.ACTIVITIES)):
            for loop in model.loops(node):
                if loop.get("inputElement") != name:
                    continue
                columns = rows_of((loop.get("inputCollection") or "").removeprefix("=").strip())
                if columns is None:
                    return None
                found |= columns
        return frozenset(found) or None

    def _is_typed(self, name: str) -> bool:
        """Return whether a form of the diagram, or a repetition, has its own meaning of a name."""
        nodes = self._diagram.all(*sorted(model.ACTIVITIES | model.EVENTS))
        forms = (extension(node, "formDefinition") for node in nodes)
        keys = (self._sources.catalogue.form_keys.get(f.get("formId", ""), set()) for f in forms if f is not None)
        return any(name in repeats_over(node) for node in nodes) or any(name in found for found in keys)

    def _mappings(self, name: str) -> Iterator[tuple[str, Element]]:
        for kind in ("input", "output"):
            for mapping in self._diagram.root.iter(f"{{{model.ZEEBE}}}{kind}"):
                if mapping.get("target", "").split(".")[0] == name:
                    yield kind, mapping

    def _other_writers(self, name: str) -> bool:
        """Return whether a job, a decision, a form, a message or a caller writes a variable, and not a mapping."""
        written = any(
            _writes(node, name, self._sources) for node in self._diagram.all(*sorted(model.ACTIVITIES | model.EVENTS))
        )
        return written or self._comes_from_outside(name)

    def _comes_from_outside(self, name: str) -> bool:
        calls = [c for p in self._diagram.processes for c in self._sources.catalogue.calls.get(p.get("id", ""), [])]
        return any(name in call.inputs for call in calls) or any(
            message_of(self._diagram, start) is not None for start in self._diagram.all("startEvent")
        )

    def _all(self, path: str) -> Iterator[Texts]:
        """Yield what each writer of a path gives it."""
        root = path.split(".", maxsplit=1)[0]
        for node in self._diagram.all(*sorted(model.ACTIVITIES | model.EVENTS)):
            if root in repeats_over(node):
                yield None
            yield from self._by_form(node, path)
            if _writes_by_job(node, root, self._sources):
                yield values_of(root) if path == root else None
            for kind in ("input", "output"):
                for mapping in extensions(node, f"zeebe:ioMapping/zeebe:{kind}"):
                    if mapping.get("target", "").split(".")[0] == root:
                        yield from self._by_mapping(node, mapping, kind, path)
        yield from self._by_callers(path)

    def _by_form(self, node: Element, path: str) -> Iterator[Texts]:
        form = extension(node, "formDefinition")
        if form is None or extensions(node, "zeebe:ioMapping/zeebe:output"):
            return
        for field in self._fields_of(form.get("formId", "")):
            if field.path.split(".")[0] == path.split(".", maxsplit=1)[0]:
                yield _of_field(field) if field.path == path else None

    def _by_mapping(self, node: Element, mapping: Element, kind: str, path: str) -> Iterator[Texts]:
        text = _expression(mapping)
        target = mapping.get("target", "")
        if text == "null" or (kind == "input" and local(node) in {"userTask", "callActivity", "serviceTask"}):
            return
        form = extension(node, "formDefinition")
        if kind == "output" and local(node) == "userTask" and form is not None:
            known = self._fields_of(form.get("formId", ""))
            source = _source_in(node, known, path, target)
            if (field := next((field for field in known if field.path == source), None)) is not None:
                yield _of_field(field)
                return
        if target != path:
            yield from _of_context(text, target, path)
        elif (texts := _branches(text)) is not None:
            yield texts
        elif local(node) == "callActivity":
            yield self._in_called(node, text)
        elif text == path:
            return
        else:
            yield self.texts(text) if re.fullmatch(r"[^\W\d]\w*(\.\w+)*", text) and kind == "output" else None

    def _in_called(self, call: Element, path: str) -> Texts:
        called = extension(call, "calledElement")
        entries = self._sources.catalogue.find("process", "" if called is None else called.get("processId", ""))
        if self._deep >= _DEEP or len(entries) != 1:
            return None
        return Possible(model.load(entries[0].path), self._sources, self._deep + 1).texts(path)

    def _by_callers(self, path: str) -> Iterator[Texts]:
        root = path.split(".", maxsplit=1)[0]
        for process in self._diagram.processes:
            for call in self._sources.catalogue.calls.get(process.get("id", ""), []):
                if root in call.inputs:
                    yield self._at_call(call.path, call.id, path)
        starts = [start for start in self._diagram.all("startEvent") if message_of(self._diagram, start) is not None]
        if starts and root not in VARIABLES:
            yield None

    def _at_call(self, path: Path, identity: str, name: str) -> Texts:
        caller = model.load(path)
        call = caller.ids.get(identity)
        for mapping in [] if call is None else extensions(call, "zeebe:ioMapping/zeebe:input"):
            if mapping.get("target") == name:
                text = _expression(mapping)
                if text == "null":
                    return _NOTHING
                if (texts := _branches(text)) is not None:
                    return texts
                plain = re.fullmatch(r"[^\W\d]\w*(\.\w+)*", text) and self._deep < _DEEP
                return Possible(caller, self._sources, self._deep + 1).texts(text) if plain else None
        return None

    def _fields_of(self, form: str) -> list[FormField]:
        if form not in self._fields:
            parsed = self._sources.catalogue.parsed_forms.get(form)
            self._fields[form] = [] if parsed is None else fields(parsed)
        return self._fields[form]


def _source_in(task: Element, known: list[FormField], path: str, target: str) -> str | None:
    for handover in handovers(task, known):
        if (
            handover.target.split(".")[0] == target.split(".", maxsplit=1)[0]
            and handover.exact
            and (handover.target == path or path.startswith(f"{handover.target}."))
        ):
            return handover.source + path[len(handover.target) :]
    return None


def _of_context(text: str, target: str, path: str) -> Iterator[Texts]:
    """Yield what a whole context gives to one of its parts."""
    below = path[len(target) + 1 :] if path.startswith(f"{target}.") else ""
    keys = _keys(text)
    if not below or keys is None:
        yield None
    elif below in keys:
        found = re.search(rf'[{{,]\s*{re.escape(below)}:\s*("[^"]*")\s*[,}}]', text)
        yield frozenset({found[1].strip('"')}) if found else None


def _branches(text: str) -> Texts:
    """Return the texts of ``"a"`` or ``if … then "a" else "b"``; None for anything else."""
    if _TEXT.fullmatch(text):
        return frozenset(_LITERAL.findall(text))
    match = re.fullmatch(r"if\s+.+?\bthen\b(.+?)\belse\b(.+)", text, re.DOTALL)
    if match is None:
        return None
    first, second = _branches(match[1].strip()), _branches(match[2].strip())
    return None if first is None or second is None else first | second


def _of_field(field: FormField) -> Texts:
    if field.kind in {"radio", "select"} and field.values:
        return frozenset(field.values)
    return None


def _keys(text: str) -> set[str] | None:
    """Return the names of a literal context's entries, None for any other expression."""
    try:
        found = feel.tokens(text)
    except feel.FeelSyntaxError:
        return None
    depth, keys = 0, set[str]()
    for index, token in enumerate(found):
        if token.kind == "mark":
            depth += (token.text in "([{") - (token.text in ")]}")
            if depth == 0 and index < len(found) - 1:
                return None
        if depth == 1 and token.text in "{," and index + 2 < len(found) and found[index + 2].text == ":":
            keys.add(found[index + 1].text.strip('"'))
    return keys if text.startswith("{") else None


def _expression(mapping: Element) -> str:
    return (mapping.get("source") or "").removeprefix("=").strip()


def _writes(node: Element, name: str, sources: Sources) -> bool:
    if extensions(node, "zeebe:ioMapping/zeebe:output"):
        return False
    form = extension(node, "formDefinition")
    keys = set() if form is None else sources.catalogue.form_keys.get(form.get("formId", ""), set())
    decided = extension(node, "calledDecision")
    by_decision = decided is not None and decided.get("resultVariable") == name
    return name in keys or by_decision or name in repeats_over(node) or _writes_by_job(node, name, sources)


def _writes_by_job(node: Element, name: str, sources: Sources) -> bool:
    outputs = extensions(node, "zeebe:ioMapping/zeebe:output")
    definition = extension(node, "taskDefinition")
    known = sources.job_types.get("" if definition is None else definition.get("type", ""))
    headers = extensions(node, "zeebe:taskHeaders/zeebe:header")
    into = {header.get("value") for header in headers if header.get("key") == "into"}
    return (
        known is not None
        and (not outputs or name in {o.get("source", "")[1:] for o in outputs})
        and (name in known.writes or name in into)
    )
