"""A case can go back one step wherever it waits: each step names the step before it, or says why not (ALL-22)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding
from workers.lint.rules.base import Context, name_of, report
from workers.lint.rules.mailways import MAIL
from workers.packs.diagrams.flowgraph import nodes_in
from workers.packs.diagrams.model import BPMN, SUB_PROCESSES, Diagram, Element, extension, extensions, local
from workers.packs.stepways import BACK, FIRST, FORM, NONE

_OPENS: Final = frozenset({"open-case", "open-collection", "open-procedure", "open-publication"})
_STARTED_ALONE: Final = "EndEvent_StartedByMistake"
"""The end that a process which is only called has for a start by itself."""
_WAITING: Final = frozenset({"userTask", "callActivity", "receiveTask", "intermediateCatchEvent"})
_NO_TARGET: Final = frozenset({"startEvent", "endEvent", "boundaryEvent"})
_HOW: Final = (
    f"拡張プロパティ {BACK} に、戻る先の要素の id を入れてください（最初の手順なら {FIRST}、"
    f"フォームに戻る選択があれば {FORM}、戻れないときは「{NONE} 理由」）"
)


def back(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Each step of a case's process at which somebody or something is waited for says where it goes back to."""
    del context
    for process in diagram.processes:
        if not _is_of_a_case(process):
            continue
        nodes = list(nodes_in(process))
        targets = {node.get("id") for node in nodes if local(node) not in _NO_TARGET}
        for node in nodes:
            if _waits(node) and _called(node) != MAIL:  # mails have a rule of their own
                yield from _checked(diagram, node, targets)


def _checked(diagram: Diagram, node: Element, targets: set[str | None]) -> Iterator[Finding]:
    value = _property(node)
    if not value:
        yield report(diagram, node, "step-back", f"{name_of(node)}から一つ前に戻れません。{_HOW}")
        return
    if value in (FIRST, FORM):
        return
    if value.startswith(NONE):
        if not value.removeprefix(NONE).strip():
            yield report(diagram, node, "step-back", f"{name_of(node)}の {BACK} に、戻れない理由を書いてください")
        return
    for target in (part.strip() for part in value.split(",")):
        if target not in targets or target == node.get("id"):
            message = f"{name_of(node)}の {BACK} にある「{target}」は、この図の（繰り返しなどの外の）要素ではありません"
            yield report(diagram, node, "step-back", message)


def _is_of_a_case(process: Element) -> bool:
    """Whether a process opens a case or is a part of one that does."""
    if process.get("id") == MAIL:
        return False
    types = {definition.get("type") for definition in process.iterfind(".//{*}taskDefinition")}
    return bool(types & _OPENS) or any(end.get("id") == _STARTED_ALONE for end in process.iter("{*}endEvent"))


def _waits(node: Element) -> bool:
    if local(node) in SUB_PROCESSES:
        waiting = (f"{{{BPMN}}}{name}" for name in sorted(_WAITING))
        return node.get("triggeredByEvent") != "true" and next(node.iter(*waiting), None) is not None
    return local(node) in _WAITING


def _called(node: Element) -> str:
    called = extension(node, "calledElement")
    return "" if called is None else called.get("processId") or ""


def _property(node: Element) -> str:
    found = extensions(node, "zeebe:properties/zeebe:property")
    return next(((entry.get("value") or "").strip() for entry in found if entry.get("name") == BACK), "")
