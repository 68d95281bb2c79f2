"""Which files a call holds, and which common processes start by themselves (ALL-8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.diagram import bpmn
from workers.errors import InputError
from workers.packs.closure import city_call, common_call, definitions, starts_by_itself

_MESSAGE = '<bpmn:message id="Message_1" name="common-asked"/>'
_END = '<bpmn:sequenceFlow id="F" sourceRef="Start" targetRef="End"/><bpmn:endEvent id="End"/>'
_TIMER = (
    '<bpmn:timerEventDefinition id="Timer"><bpmn:timeCycle>0 0 6 * * ?</bpmn:timeCycle></bpmn:timerEventDefinition>'
)
_CALL = (
    '<bpmn:extensionElements><zeebe:calledElement processId="{}" bindingType="deployment"/></bpmn:extensionElements>'
)


def _start(definition: str) -> bytes:
    start = f'<bpmn:startEvent id="Start">{definition}</bpmn:startEvent>'
    return bpmn("common-thing", start + _END, outside=_MESSAGE)


def _calling(process_id: str, called: str) -> bytes:
    call = f'<bpmn:callActivity id="Call">{_CALL.format(called)}</bpmn:callActivity>'
    return bpmn(process_id, f'<bpmn:startEvent id="Start"/>{call}{_END}')


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        ("", False),
        (_TIMER, True),
        ('<bpmn:messageEventDefinition id="M" messageRef="Message_1"/>', True),
        ('<bpmn:signalEventDefinition id="S"/>', True),
        ('<bpmn:extensionElements><zeebe:formDefinition formId="common-form"/></bpmn:extensionElements>', True),
    ],
)
def test_a_start_event_with_a_definition_or_a_form_starts_by_itself(
    definition: str,
    expected: bool,  # noqa: FBT001 (a parameter)
    tmp_path: Path,
) -> None:
    path = tmp_path / "common-thing.bpmn"
    path.write_bytes(_start(definition))
    assert starts_by_itself(path) is expected


def test_the_start_of_an_event_sub_process_does_not_count(tmp_path: Path) -> None:
    """It starts nothing but a part of a running case."""
    inner = f'<bpmn:startEvent id="Late" isInterrupting="false">{_TIMER}</bpmn:startEvent>'
    sub = f'<bpmn:subProcess id="Sub" triggeredByEvent="true">{inner}</bpmn:subProcess>'
    path = tmp_path / "common-thing.bpmn"
    path.write_bytes(bpmn("common-thing", f'<bpmn:startEvent id="Start"/>{_END}{sub}'))
    assert not starts_by_itself(path)


def test_a_call_holds_what_is_called_through_others_once(tmp_path: Path) -> None:
    """The pack of self-starting processes brings what it calls, and no city brings it."""
    city, common = tmp_path / "sakura", tmp_path / "common"
    for folder in (city, common):
        folder.mkdir()
    (city / "sakura-signing.bpmn").write_bytes(_calling("sakura-signing", "common-a"))
    (common / "common-a.bpmn").write_bytes(_calling("common-a", "common-b"))
    (common / "common-b.bpmn").write_bytes(_calling("common-b", "common-a"))
    (common / "common-unused.bpmn").write_bytes(_start(""))
    (common / "common-thing.bpmn").write_bytes(_start(_TIMER))

    assert [path.name for path in city_call(city, common).files] == [
        "sakura-signing.bpmn",
        "common-a.bpmn",
        "common-b.bpmn",
    ]
    starting = common_call(common)
    assert starting is not None
    assert (starting.pack, [path.name for path in starting.files]) == ("common", ["common-thing.bpmn"])

    (common / "common-b.bpmn").write_bytes(_calling("common-b", "common-thing"))
    with pytest.raises(InputError, match="common-thing は自分で始まる共通のプロセス"):
        city_call(city, common)


@pytest.mark.parametrize("called", ["../sakura/secret", "/etc/passwd", "common-a/../../x", "=dynamic"])
def test_a_reference_that_is_no_id_leads_nowhere(called: str, tmp_path: Path) -> None:
    """The linter tells about it; no file outside the folders is read."""
    city, common = tmp_path / "sakura", tmp_path / "common"
    for folder in (city, common):
        folder.mkdir()
    (city / "sakura-signing.bpmn").write_bytes(_calling("sakura-signing", called))
    assert [path.name for path in city_call(city, common).files] == ["sakura-signing.bpmn"]


def test_a_decision_file_may_hold_several_decisions(tmp_path: Path) -> None:
    """Each has a key of its own in the engine."""
    path = tmp_path / "sakura-check.dmn"
    path.write_text(
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d">'
        '<decision id="sakura-check"/><decision id="sakura-first"/></definitions>',
        encoding="utf-8",
    )
    assert definitions(path) == [("decision", "sakura-check"), ("decision", "sakura-first")]


def test_a_pack_without_a_diagram_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="配備する図"):
        city_call(tmp_path, tmp_path)
