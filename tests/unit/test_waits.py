"""Whatever the office waits for is somebody's task with a due date, or a day that comes by itself (ALL-22)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workers.packs.diagrams import model
from workers.packs.diagrams.model import NS, Diagram, Element, extension
from workers.packs.stepways import steps_of

_PACKS = Path(__file__).parent.parent.parent / "bpmn"
_ANSWERED_BY_THE_SYSTEM = "none: システムの答えを待つ"
"""The property of a wait that no person is asked for and that the workers end within seconds."""


def _diagrams() -> Iterator[Diagram]:
    yield from (model.load(path) for path in sorted(_PACKS.glob("*/*.bpmn")))


def _waits_for_a_message(diagram: Diagram) -> Iterator[Element]:
    """Yield the messages that are waited for; one at a boundary only ends a task that somebody has."""
    yield from diagram.all("receiveTask")
    for event in diagram.all("intermediateCatchEvent"):
        if event.find("bpmn:timerEventDefinition", NS) is None:
            yield event


def test_nobody_is_waited_for_without_a_task() -> None:
    """A message that a partner or a department would have to send has no due date, and no morning's mail names it."""
    silent = [
        f"{diagram.path.stem}: {wait.get('id')}"
        for diagram in _diagrams()
        for wait in _waits_for_a_message(diagram)
        if wait.get("id") not in _system_waits(diagram)
    ]
    assert silent == []


def test_there_are_waits_to_look_at() -> None:
    """The scan sees the waits that the system ends by itself."""
    waits = [wait.get("id") for diagram in _diagrams() for wait in _waits_for_a_message(diagram)]
    assert "Event_StepsFound" in waits


def test_every_task_has_a_due_date_and_somebody_who_is_reminded() -> None:
    """The morning's mail goes by due date and candidate group: a task without either would be forgotten."""
    forgotten = [
        f"{diagram.path.stem}: {task.get('id')}"
        for diagram in _diagrams()
        for task in diagram.all("userTask")
        if not _attribute(task, "taskSchedule", "dueDate")
        or not _attribute(task, "assignmentDefinition", "candidateGroups")
    ]
    assert forgotten == []


def test_the_office_is_reminded_every_working_morning() -> None:
    """The daily diagram mails every office and department what is late or due."""
    reminding = [
        (diagram.path.stem, bool(diagram.all("timerEventDefinition")))
        for diagram in _diagrams()
        for definition in diagram.root.iterfind(".//zeebe:taskDefinition", NS)
        if definition.get("type") == "remind-offices"
    ]
    assert [timed for _, timed in reminding] == [True]


def _system_waits(diagram: Diagram) -> set[str]:
    found = (step for steps in steps_of(diagram.path).values() for step in steps.values())
    return {step.id for step in found if step.back == _ANSWERED_BY_THE_SYSTEM}


def _attribute(task: Element, name: str, attribute: str) -> str:
    found = extension(task, name)
    return "" if found is None else (found.get(attribute) or "").strip()
