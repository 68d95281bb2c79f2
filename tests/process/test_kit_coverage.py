"""The coverage counts what the engine passed, in every construct that the diagrams use, and shows the rest in red."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.kit import coverage_page
from tests.kit.coverage import Coverage
from tests.kit.diagram import bpmn, drawn
from tests.kit.driver import EngineDriver

pytestmark = [pytest.mark.process, pytest.mark.asyncio]

_TASK = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>"
_AT = '<bpmn:timeDate xsi:type="bpmn:tFormalExpression">=dueAt</bpmn:timeDate>'

CHILD = bpmn(
    "kit-cover-child",
    """<bpmn:startEvent id="C_Start"/><bpmn:sequenceFlow id="C1" sourceRef="C_Start" targetRef="C_End"/>
    <bpmn:endEvent id="C_End"/>""",
)
ALL = bpmn(
    "kit-cover",
    f"""<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Sub"/>
    <bpmn:subProcess id="Sub">
      <bpmn:startEvent id="S_Start"/><bpmn:sequenceFlow id="S1" sourceRef="S_Start" targetRef="Each"/>
      <bpmn:userTask id="Each" name="回答する">{_TASK}<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=items" inputElement="item"/></bpmn:extensionElements>
      </bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>
      <bpmn:sequenceFlow id="S2" sourceRef="Each" targetRef="S_End"/><bpmn:endEvent id="S_End"/>
      <bpmn:subProcess id="OnMessage" triggeredByEvent="true">
        <bpmn:startEvent id="E_Start" isInterrupting="false">
          <bpmn:messageEventDefinition id="E_Def" messageRef="Asked"/></bpmn:startEvent>
        <bpmn:sequenceFlow id="E1" sourceRef="E_Start" targetRef="E_End"/><bpmn:endEvent id="E_End"/>
      </bpmn:subProcess>
    </bpmn:subProcess>
    <bpmn:boundaryEvent id="Late" name="期限" attachedToRef="Sub" cancelActivity="false">
      <bpmn:timerEventDefinition id="L_Def">{_AT}</bpmn:timerEventDefinition></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="F2" sourceRef="Late" targetRef="L_End"/><bpmn:endEvent id="L_End"/>
    <bpmn:sequenceFlow id="F3" sourceRef="Sub" targetRef="Wait"/><bpmn:eventBasedGateway id="Wait"/>
    <bpmn:sequenceFlow id="F4" sourceRef="Wait" targetRef="Timer"/>
    <bpmn:intermediateCatchEvent id="Timer"><bpmn:timerEventDefinition id="T_Def">
      <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT1H</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="F5" sourceRef="Wait" targetRef="Catch"/>
    <bpmn:intermediateCatchEvent id="Catch" name="連絡が届いた">
      <bpmn:messageEventDefinition id="M_Def" messageRef="Asked"/></bpmn:intermediateCatchEvent>
    <bpmn:sequenceFlow id="F6" sourceRef="Timer" targetRef="Call"/>
    <bpmn:sequenceFlow id="F7" sourceRef="Catch" targetRef="Call"/>
    <bpmn:callActivity id="Call"><bpmn:extensionElements>
      <zeebe:calledElement processId="kit-cover-child" propagateAllChildVariables="false" bindingType="deployment"/>
    </bpmn:extensionElements></bpmn:callActivity>
    <bpmn:sequenceFlow id="F8" sourceRef="Call" targetRef="End"/><bpmn:endEvent id="End"/>""",
    outside='<bpmn:message id="Asked" name="kit-asked"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>',
)


@pytest.fixture(name="files")
def _files(tmp_path: Path) -> list[Path]:
    """Write the diagrams as files of a pack."""
    folder = tmp_path / "pack"
    folder.mkdir()
    files = {"all.bpmn": ALL, "child.bpmn": CHILD}
    for name, content in files.items():
        (folder / name).write_bytes(drawn(content))
    return [folder / name for name in files]


def _missing(coverage: Coverage, process_id: str) -> set[str]:
    (found,) = coverage.report([process_id])
    return {part.id for part in found.missing}


async def _variables(driver: EngineDriver, key: str, items: list[str]) -> dict[str, object]:
    due = (driver.clock.now() + timedelta(days=1)).replace(microsecond=0)
    return {"key": key, "items": items, "dueAt": due.isoformat()}


async def test_every_construct_counts_once_it_was_passed_and_not_before(
    driver: EngineDriver, files: list[Path], tmp_path: Path
) -> None:
    coverage = Coverage([files[0].parent])
    coverage.follow(driver.records)
    assert coverage.processes() == ["kit-cover", "kit-cover-child"]
    assert "Start" in _missing(coverage, "kit-cover")
    await driver.deploy(files)

    instance = await driver.start("kit-cover", await _variables(driver, "cover-1", []))
    await driver.passed(instance, "Each")
    await driver.advance(timedelta(hours=1))
    await driver.completed(instance)
    await driver.settled()
    never = {"Each", "OnMessage", "E_Start", "E1", "E_End", "Late", "F2", "L_End", "F5", "Catch", "F7"}
    assert _missing(coverage, "kit-cover") == never
    assert driver.records.taken("F4", instance=instance) == 0  # why the coverage infers it from the event behind
    assert _missing(coverage, "kit-cover-child") == set()
    with pytest.raises(AssertionError, match="Late（boundaryEvent 期限）"):
        coverage.assert_full(["kit-cover"])

    instance = await driver.start("kit-cover", await _variables(driver, "cover-2", ["a", "b"]))
    await driver.publish("kit-asked", "cover-2")
    await driver.passed(instance, "OnMessage")
    await driver.advance(timedelta(days=1))
    await driver.passed(instance, "Late")
    for _ in range(2):
        await driver.complete("Each", instance=instance)
    await driver.passed(instance, "Sub")
    await driver.publish("kit-asked", "cover-2")
    await driver.completed(instance)
    await driver.settled()
    assert _missing(coverage, "kit-cover") == set()
    coverage.assert_full()
    (found,) = coverage.report(["kit-cover"])
    assert {part.id: part.times for part in found.parts}["Each"] == 2
    elsewhere = Coverage([files[0].parent])
    elsewhere.add(json.loads(json.dumps(coverage.passed())))
    assert elsewhere.report() == coverage.report()

    page = coverage_page.write(coverage.report(), tmp_path / "report")
    assert "すべての要素を通りました" in page.read_text(encoding="utf-8")


async def test_a_version_with_other_elements_does_not_count(driver: EngineDriver, files: list[Path]) -> None:
    coverage = Coverage([files[0].parent])
    coverage.follow(driver.records)
    other = files[1].read_bytes().replace(b'"C_End"', b'"C_Other"')
    await driver.deploy({"child.bpmn": other})
    instance = await driver.start("kit-cover-child")
    await driver.completed(instance)
    await driver.settled()
    assert _missing(coverage, "kit-cover-child") == {"C_Start", "C1", "C_End"}
    (found,) = coverage.report(["kit-cover-child"])
    assert found.foreign == 1


async def test_the_report_names_and_draws_in_red_what_nothing_passed(files: list[Path], tmp_path: Path) -> None:
    coverage = Coverage([files[0].parent])
    page = coverage_page.write(coverage.report(["kit-cover"]), tmp_path / "report")
    text = page.read_text(encoding="utf-8")
    assert "Catch（intermediateCatchEvent 連絡が届いた）" in text
    assert coverage_page.MISSED in text
    figures = json.loads((page.parent / "coverage.json").read_text(encoding="utf-8"))["processes"][0]
    assert (figures["passed"], figures["elements"]) == (0, len(figures["missing"]))
    svg = (page.parent / "kit-cover.svg").read_text(encoding="utf-8")
    assert coverage_page.MISSED in svg
    assert coverage_page.PASSED not in svg
