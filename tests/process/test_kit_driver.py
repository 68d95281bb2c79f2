"""The kit itself, on diagrams of a few elements: what it says happened is what happened in the engine."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from tests.kit.broker import Broker
from tests.kit.diagram import bpmn
from tests.kit.driver import EngineDriver
from workers.trial.api import EngineRefused
from workers.trial.driver import IncidentRaised
from workers.trial.happened import Job, State
from workers.trial.records import NotReached

pytestmark = [pytest.mark.process, pytest.mark.asyncio]

_USER_TASK = """<bpmn:extensionElements><zeebe:userTask/><zeebe:assignmentDefinition candidateGroups="=[group]"/>
  <zeebe:taskSchedule dueDate="=dueAt"/></bpmn:extensionElements>"""

ASK = bpmn(
    "kit-ask",
    f"""  <bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Ask"/>
  <bpmn:userTask id="Ask">{_USER_TASK}</bpmn:userTask>
  <bpmn:sequenceFlow id="F2" sourceRef="Ask" targetRef="End"/><bpmn:endEvent id="End"/>
  <bpmn:boundaryEvent id="Late" attachedToRef="Ask"><bpmn:timerEventDefinition id="T">
    <bpmn:timeDate xsi:type="bpmn:tFormalExpression">=dueAt</bpmn:timeDate></bpmn:timerEventDefinition>
  </bpmn:boundaryEvent>
  <bpmn:sequenceFlow id="F3" sourceRef="Late" targetRef="EndLate"/><bpmn:endEvent id="EndLate"/>""",
)

PARENT = bpmn(
    "kit-parent",
    """  <bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="P1" sourceRef="Start" targetRef="Call"/>
  <bpmn:callActivity id="Call"><bpmn:extensionElements>
    <zeebe:calledElement processId="kit-ask" propagateAllChildVariables="false" bindingType="deployment"/>
  </bpmn:extensionElements></bpmn:callActivity>
  <bpmn:sequenceFlow id="P2" sourceRef="Call" targetRef="Work"/>
  <bpmn:serviceTask id="Work"><bpmn:extensionElements><zeebe:taskDefinition type="kit-work"/></bpmn:extensionElements>
  </bpmn:serviceTask>
  <bpmn:sequenceFlow id="P3" sourceRef="Work" targetRef="End"/><bpmn:endEvent id="End"/>""",
)

WAIT = bpmn(
    "kit-wait",
    """<bpmn:startEvent id="Start"/><bpmn:sequenceFlow id="W1" sourceRef="Start" targetRef="Wait"/>
  <bpmn:intermediateCatchEvent id="Wait"><bpmn:messageEventDefinition id="M" messageRef="Answered"/>
  </bpmn:intermediateCatchEvent>
  <bpmn:sequenceFlow id="W2" sourceRef="Wait" targetRef="End"/><bpmn:endEvent id="End"/>""",
    outside='<bpmn:message id="Answered" name="kit-answered"><bpmn:extensionElements>'
    '<zeebe:subscription correlationKey="=key"/></bpmn:extensionElements></bpmn:message>',
)


@pytest.fixture(name="asked")
def _asked(driver: EngineDriver) -> dict[str, str]:
    """Deploy the diagrams and return the variables of an instance that is due in ten days."""
    driver.api.deploy({"ask.bpmn": ASK, "parent.bpmn": PARENT})
    due = (driver.clock.now() + timedelta(days=10)).replace(microsecond=0)
    return {"group": "戦略推進課", "dueAt": due.isoformat(), "note": "目的"}


async def test_a_task_shows_its_variables_groups_and_due_date_and_is_completed(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-ask", asked)
    task = await driver.task("Ask", instance=instance, candidate="戦略推進課")
    assert task.variables == asked
    assert task.candidate_groups == ["戦略推進課"]
    assert task.due_date is not None
    assert task.due_date.isoformat() == asked["dueAt"]
    assert [t.key for t in await driver.open_tasks(instance)] == [task.key]
    await driver.complete("Ask", {"answer": "可"}, instance=instance)
    assert task.submitted == {"answer": "可"}
    await driver.completed(instance)
    assert driver.variables(instance)["answer"] == "可"
    assert driver.records.passed("F2", instance=instance)
    assert not driver.records.passed("F3", instance=instance)
    assert await driver.open_tasks(instance) == []
    with pytest.raises(EngineRefused, match="404"):
        await driver.complete_task(task)


async def test_the_timer_fires_when_the_clock_reaches_it_and_not_before(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-ask", asked)
    task = await driver.task("Ask", instance=instance)
    before = driver.clock.now()
    await driver.advance(timedelta(days=9, hours=23))
    assert timedelta(days=9, hours=23) <= driver.clock.now() - before < timedelta(days=9, hours=23, minutes=5)
    assert driver.records.entered("Late", instance=instance) == 0
    assert task.due_date is not None
    await driver.move_clock_to(task.due_date)
    assert driver.records.passed("Late", instance=instance)
    await driver.completed(instance)
    assert task.state is State.TERMINATED
    with pytest.raises(ValueError, match="only moves on"):
        await driver.move_clock_to(before)


async def test_a_called_process_belongs_to_the_instance_that_called_it(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-parent", asked)
    task = await driver.complete("Ask", instance=instance)
    called = driver.records.instances[task.process_instance_key]
    assert (called.process_id, called.parent_key) == ("kit-ask", instance)
    await driver.complete_job("kit-work", {"result": 1}, instance=instance)
    await driver.passed(instance, "Work")
    await driver.completed(instance)
    assert driver.records.tree(instance) == {instance, called.key}
    assert driver.variables(instance)["result"] == 1


async def _failed(driver: EngineDriver, asked: dict[str, str]) -> tuple[int, Job]:
    instance = await driver.start("kit-parent", asked)
    await driver.complete("Ask", instance=instance)
    job = await driver.job("kit-work", instance=instance)
    await asyncio.to_thread(driver.api.fail_job, job.key, "ひな形がありません", retries=0)
    return instance, job


async def test_an_incident_ends_the_wait_at_once_with_its_japanese_text(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance, job = await _failed(driver, asked)
    with pytest.raises(IncidentRaised, match="kit-parent/Work: ひな形がありません"):
        await driver.completed(instance)
    await driver.resolve(await driver.incident(instance))
    await driver.complete_job("kit-work", instance=instance)
    await driver.completed(instance)
    assert job.activations == 2


async def test_the_incident_of_a_cancelled_instance_leaves_no_job_to_wait_for(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance, _ = await _failed(driver, asked)
    incident = await driver.incident(instance)
    await asyncio.to_thread(driver.api.cancel, instance)
    await driver.records.wait(lambda: not incident.open)
    assert driver.records.unfinished_jobs({"kit-work"}, 0) == []


async def test_a_missing_variable_is_an_incident_that_names_the_task(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    del asked["group"]
    instance = await driver.start("kit-ask", asked)
    with pytest.raises(IncidentRaised, match="kit-ask/Ask"):
        await driver.task("Ask", instance=instance)


async def test_a_condition_that_does_not_come_ends_at_its_deadline_and_tells_what_is_open(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-ask", asked)
    await driver.task("Ask", instance=instance)
    with pytest.raises(NotReached, match="open task Ask"):
        await driver.completed(instance, timeout=0.3)


async def test_moving_the_clock_waits_for_the_jobs_of_a_worker(driver: EngineDriver, asked: dict[str, str]) -> None:
    instance = await driver.start("kit-parent", asked)
    await driver.complete("Ask", instance=instance)
    job = await driver.job("kit-work", instance=instance)
    moving = asyncio.create_task(driver.advance(timedelta(days=1)))
    await driver.records.wait(lambda: driver.records.last_signal >= 0)
    done, _ = await asyncio.wait([moving], timeout=0.5)
    assert not done
    await asyncio.to_thread(driver.api.complete_job, job.key, {})
    await moving
    await driver.completed(instance)
    assert job.activations == 1


async def test_a_failed_job_comes_back_when_the_clock_passes_its_back_off(
    driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-parent", asked)
    await driver.complete("Ask", instance=instance)
    job = await driver.job("kit-work", instance=instance)
    await asyncio.to_thread(driver.api.fail_job, job.key, "後で", retries=2, backoff=timedelta(minutes=10))
    await driver.advance(timedelta(minutes=11))
    await driver.complete_job("kit-work", instance=instance)
    await driver.completed(instance)
    assert (job.activations, job.retries) == (2, 2)


async def test_the_broker_comes_back_with_its_data_and_its_clock(
    broker: Broker, driver: EngineDriver, asked: dict[str, str]
) -> None:
    instance = await driver.start("kit-ask", asked)
    await driver.task("Ask", instance=instance)
    await driver.advance(timedelta(days=2))
    waiting = await driver.start("kit-ask", asked)
    await driver.task("Ask", instance=waiting)
    before, pid, seen = driver.clock.now(), broker.pid, len(broker.records.instances)
    await broker.restart()
    assert broker.pid != pid
    assert timedelta() < driver.clock.now() - before < timedelta(minutes=3)
    await driver.complete("Ask", instance=instance)
    await driver.completed(instance)
    assert len(broker.records.instances) == seen
    await driver.move_clock_to(datetime.fromisoformat(asked["dueAt"]))
    await driver.completed(waiting)
    assert driver.records.passed("Late", instance=waiting)


async def test_a_pinned_clock_stands_still_moves_when_told_and_runs_on_when_released(
    broker: Broker, driver: EngineDriver, asked: dict[str, str]
) -> None:
    moment = (driver.clock.now() + timedelta(days=400)).replace(hour=23, minute=59, second=59, microsecond=0)
    try:
        await driver.settled()
        broker.pin_clock(moment)
        instance = await driver.start("kit-ask", asked | {"dueAt": (moment + timedelta(seconds=1)).isoformat()})
        await driver.task("Ask", instance=instance)
        await driver.settled()
        assert driver.clock.now() == moment
        assert driver.records.entered("Late", instance=instance) == 0
        await driver.advance(timedelta(seconds=1))
        assert driver.clock.today() == moment.date() + timedelta(days=1)
        await driver.completed(instance)
        assert driver.records.passed("Late", instance=instance)
    finally:
        broker.release_clock()
    assert timedelta() <= driver.clock.now() - (moment + timedelta(seconds=1)) < timedelta(minutes=1)
    due = (driver.clock.now() + timedelta(days=3)).replace(microsecond=0)
    instance = await driver.start("kit-ask", asked | {"dueAt": due.isoformat()})
    await driver.task("Ask", instance=instance)
    await driver.move_clock_to(due - timedelta(hours=1))
    assert driver.records.entered("Late", instance=instance) == 0
    await driver.move_clock_to(due)
    await driver.completed(instance)


async def test_the_same_files_go_to_the_engine_again_only_when_they_are_no_longer_the_newest(
    driver: EngineDriver,
) -> None:
    ours, others = {"wait.bpmn": WAIT}, {"wait.bpmn": WAIT.replace(b"W2", b"W3")}
    first = await driver.deploy(ours)
    assert await driver.deploy(ours) is first
    changed = await driver.deploy(others)
    again = await driver.deploy(ours)
    versions = [
        answer["deployments"][0]["processDefinition"]["processDefinitionVersion"] for answer in (changed, again)
    ]
    assert versions[1] == versions[0] + 1
    await asyncio.to_thread(driver.api.deploy, others)
    assert await driver.deploy(ours) is not again


async def test_a_published_message_is_seen_to_be_taken(driver: EngineDriver) -> None:
    await driver.deploy({"wait.bpmn": WAIT})
    message = await driver.publish("kit-answered", "case-1", {"答え": "可"})
    assert message.correlated == []
    instance = await driver.start("kit-wait", {"key": "case-1"})
    await driver.completed(instance)
    assert message.correlated == [instance]
    assert driver.variables(instance)["答え"] == "可"


async def test_who_waits_for_the_records_together_shares_a_signal(driver: EngineDriver) -> None:
    """Cases side by side ask all the time: those who ask while one signal is on its way share the next."""
    sent: list[str] = []
    driver.records.subscribe(lambda record: sent.append(record["intent"]) if record["valueType"] == "SIGNAL" else None)
    await asyncio.gather(*(driver.broker.barrier.passed(driver.timeout) for _ in range(20)))
    await driver.broker.barrier.passed(driver.timeout)
    assert sent.count("BROADCASTED") == 2
