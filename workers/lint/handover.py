"""How a task's output mappings hand over what its form asks: which variable holds which field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from workers.packs.diagrams import feel
from workers.packs.diagrams.feel import FeelSyntaxError, Token
from workers.packs.diagrams.form_fields import FormField
from workers.packs.diagrams.model import Element, extensions

_PATH: Final = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_PUT: Final = re.compile(r'context put\(.*?,\s*"(\w+)"\s*,(.*)\)', re.DOTALL)
_MERGE: Final = re.compile(r"context merge\(.*?,\s*(\{.*\})\)", re.DOTALL)
_BRANCHES: Final = re.compile(r"\bthen\s+(.*?)\s+else\s+(.*)", re.DOTALL)
_LISTS: Final = frozenset({"rows", "checklist", "taglist"})


@dataclass(frozen=True)
class Handover:
    """A variable's path and the form's path that it holds; ``exact``: as it was typed, whatever was chosen."""

    target: str
    source: str
    exact: bool = True


def handovers(task: Element, fields: list[FormField]) -> list[Handover]:
    """Return what a task hands over, more exact ones first; without output mappings every field keeps its name."""
    outputs = extensions(task, "zeebe:ioMapping/zeebe:output")
    if not outputs:
        return [Handover(name, name) for name in sorted({field.path.split(".")[0] for field in fields})]
    found = [
        handover
        for output in outputs
        for handover in _of(output.get("target", ""), (output.get("source") or "").removeprefix("=").strip(), fields)
    ]
    return sorted(found, key=lambda handover: -len(handover.target))


def computed(task: Element) -> dict[str, str]:
    """Return the variables that a task's output mappings compute, with their expressions: no mere handing over."""
    outputs = {
        output.get("target", ""): (output.get("source") or "").removeprefix("=").strip()
        for output in extensions(task, "zeebe:ioMapping/zeebe:output")
    }
    return {target: text for target, text in outputs.items() if text.startswith("if ")}


def field_path(known: list[Handover], path: str) -> str | None:
    """Return the form's path that a variable's path holds, None where the task hands over no such variable."""
    for handover in known:
        if path == handover.target or path.startswith(f"{handover.target}."):
            return handover.source + path[len(handover.target) :]
    return None


def _of(target: str, expression: str, fields: list[FormField]) -> Iterator[Handover]:
    if (match := _PUT.fullmatch(expression)) is not None:
        yield from _of(f"{target}.{match[1]}", match[2].strip(), fields)
    elif (match := _MERGE.fullmatch(expression)) is not None:
        yield from _of(target, match[1], fields)
    elif _PATH.fullmatch(expression):
        if "." not in expression or expression.split(".", maxsplit=1)[0] in {
            field.path.split(".")[0] for field in fields
        }:
            yield Handover(target, expression)
    elif expression.startswith("{"):
        for key, value in _entries(expression):
            yield from _of(f"{target}.{key}", value, fields)
    elif (source := _carried(expression, fields)) is not None:
        yield Handover(target, source, exact=False)


def _carried(expression: str, fields: list[FormField]) -> str | None:
    """Return the field that an expression hands over beneath a condition or a loop: a branch, its only list or field.

    What a filter selects by is handed over as well: a code becomes the department that has it.
    """
    known = {field.path for field in fields}
    for branch in _branches(expression):
        if branch in known:
            return branch
    named = [field for field in fields if field.path in _names(expression)]
    lists = [field.path for field in named if field.kind in _LISTS]
    only = lists or [field.path for field in named if not expression.startswith("if ")]
    return only[0] if len(only) == 1 else None


def _names(expression: str) -> set[str]:
    try:
        return {token.text for token in feel.tokens(expression) if token.kind == "name"}
    except FeelSyntaxError:
        return set()


def _branches(expression: str) -> list[str]:
    match = _BRANCHES.search(expression) if expression.startswith("if ") else None
    return [] if match is None else [match[1].strip(), match[2].strip()]


def _entries(expression: str) -> Iterator[tuple[str, str]]:
    """Yield (key, expression) of a context's entries; nothing where it cannot be read."""
    try:
        found = feel.tokens(expression)
    except FeelSyntaxError:
        return
    depth, entry = 0, list[Token]()
    for token in found:
        if token.kind == "mark":
            depth += (token.text in "([{") - (token.text in ")]}")
        if (depth == 1 and token.text == ",") or depth == 0:
            yield from _entry(entry)
            entry = []
        elif not (depth == 1 and token.text == "{" and not entry):
            entry.append(token)


def _entry(entry: list[Token]) -> Iterator[tuple[str, str]]:
    if len(entry) > 2 and entry[1].text == ":":
        key, *rest = entry[0].text.strip('"'), *entry[2:]
        dotted = all(token.text == "." or token.kind == "name" for token in rest)
        yield key, "".join(token.text for token in rest) if dotted and len(rest) % 2 else " ".join(t.text for t in rest)
