"""Whose entry it is (ALL-15): a recording job follows a user task, in a scope of its own, on every way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.diagram import bpmn
from tests.kit.lint_examples import JOB_TYPES
from workers.lint.findings import Finding
from workers.lint.rules import people
from workers.lint.rules.base import Context
from workers.packs.diagrams import model
from workers.packs.diagrams.catalogue import Catalogue

_TASK = '<bpmn:userTask id="Ask"/>'
_RECORD = (
    '<bpmn:serviceTask id="Record"><bpmn:extensionElements><zeebe:taskDefinition type="record-answer"/>'
    "<zeebe:ioMapping/></bpmn:extensionElements></bpmn:serviceTask>"
)
_NOTHING = '<zeebe:ioMapping><zeebe:{kind} source="=null" target="act"/></zeebe:ioMapping>'
_SCOPE = f"<bpmn:extensionElements>{_NOTHING.format(kind='input')}</bpmn:extensionElements>"
_FORGET = f"<bpmn:extensionElements>{_NOTHING.format(kind='output')}</bpmn:extensionElements>"
_TIMER = '<bpmn:timerEventDefinition id="Timer"/>'
_START = '<bpmn:startEvent id="Start"/>'
_CALL = (
    '<bpmn:callActivity id="Call"><bpmn:extensionElements><zeebe:calledElement processId="p"/>'
    "</bpmn:extensionElements></bpmn:callActivity>"
)


def _flows(*ways: str) -> str:
    """Return sequence flows; a way is ``A>B>C``."""
    pairs = [pair for way in ways for pair in zip(way.split(">"), way.split(">")[1:], strict=False)]
    return "".join(
        f'<bpmn:sequenceFlow id="F{number}" sourceRef="{source}" targetRef="{target}"/>'
        for number, (source, target) in enumerate(pairs)
    )


def _found(folder: Path, elements: str, *ways: str) -> list[tuple[str, str]]:
    """Return rule and element of what the rules on people's names find."""
    path = folder / "p.bpmn"
    path.write_bytes(bpmn("p", elements + _flows(*ways)))
    diagram, context = model.load(path), Context(Catalogue([]), JOB_TYPES, {})

    def findings() -> Iterator[Finding]:
        for rule in (people.scopes, people.recordings, people.side_by_side):
            yield from rule(diagram, context)

    return [(finding.rule, finding.element) for finding in findings()]


@pytest.mark.parametrize(
    ("elements", "ways"),
    [
        (_START + _TASK + _RECORD, ["Start>Ask>Record"]),
        (_START + _RECORD, ["Start>Record"]),
        (
            _START + _TASK + _RECORD + '<bpmn:exclusiveGateway id="G"/><bpmn:boundaryEvent id="Refused" '
            'attachedToRef="Record"><bpmn:errorEventDefinition id="E"/></bpmn:boundaryEvent>',
            ["Start>G>Ask>Record", "Refused>G"],
        ),
    ],
)
def test_a_recording_right_after_a_person_or_the_start_is_right(tmp_path: Path, elements: str, ways: list[str]) -> None:
    assert _found(tmp_path, elements, *ways) == []


@pytest.mark.parametrize(
    ("strange", "ways"),
    [
        (f'<bpmn:intermediateCatchEvent id="Wait">{_TIMER}</bpmn:intermediateCatchEvent>', ["Start>Ask>Wait>Record"]),
        (
            f'<bpmn:boundaryEvent id="Late" attachedToRef="Ask">{_TIMER}</bpmn:boundaryEvent>',
            ["Start>Ask>Record", "Late>Record"],
        ),
        (_CALL, ["Start>Ask>Call>Record"]),
        ('<bpmn:exclusiveGateway id="G"/>' + _CALL, ["Start>Ask>G>Record", "Start>Call>G"]),
        (
            '<bpmn:parallelGateway id="J"/><bpmn:task id="T"/><bpmn:parallelGateway id="K"/>',
            ["Start>J>Ask>K>Record", "J>T>K"],
        ),
    ],
    ids=["timer between", "timer at the task", "called process", "called on one way", "join"],
)
def test_a_recording_that_no_person_leads_to_inherits_nobody(tmp_path: Path, strange: str, ways: list[str]) -> None:
    """It is refused, and passes once the recording itself forgets, or claims, who came before."""
    elements = _START + _TASK + strange
    assert _found(tmp_path, elements + _RECORD, *ways) == [("person-inherited", "Record")]
    by_order = _RECORD.replace("<zeebe:ioMapping/>", _NOTHING.format(kind="input").replace("=null", "=act"))
    assert _found(tmp_path, elements + by_order, *ways) == []
    forgetting = _RECORD.replace("<zeebe:ioMapping/>", _NOTHING.format(kind="input"))
    assert _found(tmp_path, elements + forgetting, *ways) == []


def test_an_event_may_forget_the_person_for_what_follows(tmp_path: Path) -> None:
    late = f'<bpmn:boundaryEvent id="Late" attachedToRef="Ask">{_FORGET}{_TIMER}</bpmn:boundaryEvent>'
    assert _found(tmp_path, _START + _TASK + late + _RECORD, "Start>Ask>Record", "Late>Record") == []


def test_a_sub_process_keeps_its_people_to_itself(tmp_path: Path) -> None:
    def body(scope: str) -> str:
        inner = '<bpmn:startEvent id="In"/>' + _TASK + _RECORD + '<bpmn:sequenceFlow id="X" sourceRef="In" '
        inner += 'targetRef="Ask"/><bpmn:sequenceFlow id="Y" sourceRef="Ask" targetRef="Record"/>'
        return f'<bpmn:subProcess id="Body">{scope}{inner}</bpmn:subProcess>'

    other = _SCOPE.replace('"act"', '"answer"')
    assert _found(tmp_path, _START + body(other), "Start>Body") == [("person-scope", "Body")]
    assert _found(tmp_path, _START + body(_SCOPE), "Start>Body") == []
    assert _found(tmp_path, _START + body(""), "Start>Body") == [], "a step without variables only groups"


def test_people_who_work_side_by_side_have_scopes_of_their_own(tmp_path: Path) -> None:
    """A name could pass from one branch to the record of the other."""
    elements = _START + _TASK + _RECORD + '<bpmn:parallelGateway id="Fork"/>'
    beside = '<bpmn:userTask id="Look"/>'
    machine = '<bpmn:task id="Look"/>'
    assert _found(tmp_path, elements + beside, "Start>Fork>Ask>Record", "Fork>Look") == [("person-scope", "Fork")]
    assert _found(tmp_path, elements + machine, "Start>Fork>Ask>Record", "Fork>Look") == []


def test_a_reminder_beside_a_task_that_leads_to_another_task_is_side_by_side_too(tmp_path: Path) -> None:
    late = f'<bpmn:boundaryEvent id="Late" cancelActivity="false" attachedToRef="Ask">{_TIMER}</bpmn:boundaryEvent>'
    elements = _START + _TASK + late + _RECORD
    hasty = '<bpmn:userTask id="Hurry"/>'
    mail = '<bpmn:task id="Hurry"/>'
    assert _found(tmp_path, elements + hasty, "Start>Ask>Record", "Late>Hurry") == [("person-scope", "Late")]
    assert _found(tmp_path, elements + mail, "Start>Ask>Record", "Late>Hurry") == []
