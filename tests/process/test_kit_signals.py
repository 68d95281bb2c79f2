"""Facts of Zeebe 8.6.0 about signals that diagrams may rely on, held by a test."""

from __future__ import annotations

import pytest

from tests.kit.diagram import bpmn
from tests.kit.driver import EngineDriver
from workers.trial.happened import State

pytestmark = [pytest.mark.process, pytest.mark.asyncio]

_TASK = "<bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>"
_NAME = "=&quot;kit-closed-&quot; + surveyId"

SURVEY = bpmn(
    "kit-signal",
    f"""<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="S1" sourceRef="Start" targetRef="Fork"/>
    <bpmn:parallelGateway id="Fork"/>
    <bpmn:sequenceFlow id="S2" sourceRef="Fork" targetRef="Ask"/>
    <bpmn:userTask id="Ask">{_TASK}
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=departments" inputElement="department"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="Closed" attachedToRef="Ask">
      <bpmn:signalEventDefinition id="Catch" signalRef="Signal"/></bpmn:boundaryEvent>
    <bpmn:sequenceFlow id="S3" sourceRef="Ask" targetRef="EndAnswered"/><bpmn:endEvent id="EndAnswered"/>
    <bpmn:sequenceFlow id="S4" sourceRef="Closed" targetRef="EndClosed"/><bpmn:endEvent id="EndClosed"/>
    <bpmn:sequenceFlow id="S5" sourceRef="Fork" targetRef="Decide"/><bpmn:userTask id="Decide">{_TASK}</bpmn:userTask>
    <bpmn:sequenceFlow id="S6" sourceRef="Decide" targetRef="Throw"/>
    <bpmn:intermediateThrowEvent id="Throw"><bpmn:signalEventDefinition id="Throws" signalRef="Signal"/>
    </bpmn:intermediateThrowEvent>
    <bpmn:sequenceFlow id="S7" sourceRef="Throw" targetRef="EndThrown"/><bpmn:endEvent id="EndThrown"/>""",
    outside=f'<bpmn:signal id="Signal" name="{_NAME}"/>',
)

# The same, with the task inside a sub-process for each department and the boundary event on the task.
EACH = bpmn(
    "kit-signal-each",
    f"""<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="S1" sourceRef="Start" targetRef="Fork"/>
    <bpmn:parallelGateway id="Fork"/>
    <bpmn:sequenceFlow id="S2" sourceRef="Fork" targetRef="Each"/>
    <bpmn:subProcess id="Each">
      <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
        <zeebe:loopCharacteristics inputCollection="=departments" inputElement="department"/>
      </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>
      <bpmn:startEvent id="Start2"/><bpmn:sequenceFlow id="T1" sourceRef="Start2" targetRef="Ask"/>
      <bpmn:userTask id="Ask">{_TASK}</bpmn:userTask>
      <bpmn:boundaryEvent id="Closed" attachedToRef="Ask">
        <bpmn:signalEventDefinition id="Catch" signalRef="Signal"/></bpmn:boundaryEvent>
      <bpmn:sequenceFlow id="T2" sourceRef="Ask" targetRef="EndAnswered"/><bpmn:endEvent id="EndAnswered"/>
      <bpmn:sequenceFlow id="T3" sourceRef="Closed" targetRef="EndClosed"/><bpmn:endEvent id="EndClosed"/>
    </bpmn:subProcess>
    <bpmn:sequenceFlow id="S3" sourceRef="Each" targetRef="EndAll"/><bpmn:endEvent id="EndAll"/>
    <bpmn:sequenceFlow id="S5" sourceRef="Fork" targetRef="Decide"/><bpmn:userTask id="Decide">{_TASK}</bpmn:userTask>
    <bpmn:sequenceFlow id="S6" sourceRef="Decide" targetRef="Throw"/>
    <bpmn:intermediateThrowEvent id="Throw"><bpmn:signalEventDefinition id="Throws" signalRef="Signal"/>
    </bpmn:intermediateThrowEvent>
    <bpmn:sequenceFlow id="S7" sourceRef="Throw" targetRef="EndThrown"/><bpmn:endEvent id="EndThrown"/>""",
    outside=f'<bpmn:signal id="Signal" name="{_NAME}"/>',
)


async def _open(driver: EngineDriver, process_id: str, survey: str) -> int:
    instance = await driver.start(
        process_id, {"surveyId": survey, "departments": ["税務課", "健康づくり課", "商工労働課"]}
    )
    records = driver.records
    await records.wait(lambda: len(records.open_tasks("Ask", instance=instance)) == 3, what="three open tasks")
    return instance


async def test_a_thrown_signal_named_by_an_expression_ends_the_whole_multi_instance_task_of_its_survey_only(
    driver: EngineDriver,
) -> None:
    await driver.deploy({"signal.bpmn": SURVEY})
    instance, other = await _open(driver, "kit-signal", "s1"), await _open(driver, "kit-signal", "s2")
    await driver.complete("Ask", instance=instance)
    await driver.complete("Decide", instance=instance)
    await driver.completed(instance)
    records = driver.records
    assert records.completed("Closed", instance=instance) == 1
    assert records.taken("S4", instance=instance) == 1
    tasks = [t for t in records.user_tasks.values() if t.process_instance_key == instance and t.element_id == "Ask"]
    assert sorted(task.state for task in tasks) == [State.COMPLETED, State.TERMINATED, State.TERMINATED]
    assert len(records.open_tasks("Ask", instance=other)) == 3


async def test_a_thrown_signal_ends_every_task_that_has_its_own_boundary_event_inside_a_multi_instance_sub_process(
    driver: EngineDriver,
) -> None:
    await driver.deploy({"each.bpmn": EACH})
    instance, other = await _open(driver, "kit-signal-each", "s1"), await _open(driver, "kit-signal-each", "s2")
    await driver.complete("Ask", instance=instance)
    await driver.complete("Decide", instance=instance)
    await driver.completed(instance)
    assert driver.records.completed("Closed", instance=instance) == 2
    assert driver.records.completed("EndAnswered", instance=instance) == 1
    assert len(driver.records.open_tasks("Ask", instance=other)) == 3
