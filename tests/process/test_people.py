"""Who did it, on the real engine (ALL-15, ALL-21): whose act an entry is; the listener costs nobody's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.kit.desk import office, scenario_files_of
from tests.kit.diagram import bpmn
from tests.kit.driver import EngineDriver
from workers.adapters.camunda.people import Row, matched
from workers.domain.acts import SYSTEM, Act, Completion
from workers.settings import Settings
from workers.trial.happened import State, UserTask

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_LISTENER = (
    '<zeebe:executionListeners><zeebe:executionListener eventType="end" type="kit-act" retries="5"/>'
    "</zeebe:executionListeners>"
)
_ASKED = bpmn(
    "people-asked",
    f"""<bpmn:startEvent id="Start"/>
    <bpmn:userTask id="Ask"><bpmn:extensionElements><zeebe:userTask/>{_LISTENER}</bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:boundaryEvent id="Closed" attachedToRef="Ask"><bpmn:signalEventDefinition id="S" signalRef="Signal"/>
    </bpmn:boundaryEvent>
    <bpmn:boundaryEvent id="Late" attachedToRef="Ask"><bpmn:timerEventDefinition id="T">
    <bpmn:timeDuration xsi:type="bpmn:tFormalExpression">PT10M</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent>
    <bpmn:endEvent id="Answered"/><bpmn:endEvent id="Missed"/><bpmn:endEvent id="Expired"/>
    <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Ask"/>
    <bpmn:sequenceFlow id="F2" sourceRef="Ask" targetRef="Answered"/>
    <bpmn:sequenceFlow id="F3" sourceRef="Closed" targetRef="Missed"/>
    <bpmn:sequenceFlow id="F4" sourceRef="Late" targetRef="Expired"/>""",
    outside='<bpmn:signal id="Signal" name="people-closed"/>',
)
_MANY = bpmn(
    "people-many",
    f"""<bpmn:startEvent id="Start"/>
    <bpmn:subProcess id="Body"><bpmn:extensionElements><zeebe:ioMapping><zeebe:input source="=null" target="act"/>
    </zeebe:ioMapping></bpmn:extensionElements>
    <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
    <zeebe:loopCharacteristics inputCollection="=[1, 2, 3]" inputElement="each"/></bpmn:extensionElements>
    </bpmn:multiInstanceLoopCharacteristics>
    <bpmn:startEvent id="In"/>
    <bpmn:userTask id="Ask"><bpmn:extensionElements><zeebe:userTask/>{_LISTENER}</bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:serviceTask id="Record"><bpmn:extensionElements><zeebe:taskDefinition type="kit-record"/>
    </bpmn:extensionElements></bpmn:serviceTask>
    <bpmn:endEvent id="Out"/>
    <bpmn:sequenceFlow id="G1" sourceRef="In" targetRef="Ask"/>
    <bpmn:sequenceFlow id="G2" sourceRef="Ask" targetRef="Record"/>
    <bpmn:sequenceFlow id="G3" sourceRef="Record" targetRef="Out"/></bpmn:subProcess>
    <bpmn:endEvent id="End"/>
    <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Body"/>
    <bpmn:sequenceFlow id="F2" sourceRef="Body" targetRef="End"/>""",
)


class _RecordedPeople:
    """Who completed which task, from the broker's records, found as in Tasklist, which knows no element instance."""

    def __init__(self, driver: EngineDriver) -> None:
        self._driver = driver

    async def look_up(self, acts: Sequence[Act], taken: Iterable[int]) -> dict[int, Completion]:
        """Return the tasks of the acts; who started an instance is known to nobody."""
        nobody = Completion(task_key=None, person="", name="")
        found = {act.id: nobody for act in acts if act.is_start and act.id is not None}
        for act in acts:
            known = {*taken, *(completion.task_key or 0 for completion in found.values())}
            found |= matched([act], self._rows(act), known)
        return found

    def _rows(self, act: Act) -> list[Row]:
        records = self._driver.records
        with records.snapshot():
            tasks = [task for task in records.user_tasks.values() if task.state is State.COMPLETED]
            return [
                Row(key=task.key, loop=_loop(task), assignee=task.assignee)
                for task in tasks
                if (task.process_instance_key, task.element_id) == (act.process_instance_key, act.element_id)
            ]


def _loop(task: UserTask) -> int | None:
    value = task.variables.get("loopCounter")
    return value if isinstance(value, int) else None


def _person(task: UserTask) -> str:
    """Whoever of the group looks at it; another one checks than asks."""
    return f"{task.element_id}@{task.candidate_groups[0]}"


async def test_every_entry_of_a_case_bears_the_person_who_made_it(driver: EngineDriver, settings: Settings) -> None:
    """Each task is completed by a person of its own; nineteen departments answer side by side."""
    await driver.deploy(scenario_files_of("isesaki"))
    async with office(driver, settings, people=_RecordedPeople(driver)) as at_work:
        await at_work.play("isesaki", "signed", person_of=_person)
        async with asyncio.timeout(60):
            while (await at_work.services.open_acts()).waiting:  # noqa: ASYNC110 (a registry: nothing tells)
                await asyncio.sleep(0.1)
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
            lines = [(entry.who, entry.what) for entry in await uow.history.of_case(case.id)]
            entries = [entry for entry in await uow.history.of_case(case.id) if entry.act is not None]
        groups = {f"{d.division}{d.section}": d.group for d in at_work.services.packs.city("isesaki").departments}
    done = [entry for entry in entries if "を済ませた" in entry.what]
    nobody = "（割り当てられずに完了）"  # the mails that were read: whoever sent them did not take the task on first
    truth = {task.element_instance_key: task.assignee or nobody for task in driver.records.user_tasks.values()}
    assert {entry.act.element_instance_key: entry.who for entry in done if entry.act} == {
        entry.act.element_instance_key: truth[entry.act.element_instance_key] for entry in done if entry.act
    }
    assert len(done) > 25
    answers = [(who, what.split("の回答を控えた")[0]) for who, what in lines if "の回答を控えた" in what]
    assert {(who, section) for who, section in answers} == {
        (f"Task_AnswerSurvey@{groups[section]}", section) for _, section in answers
    }
    offered = next(who for who, what in lines if what.startswith("申出書を受け付けた"))
    assert offered.startswith("Task_SubmitOffer@")
    machine = [what for who, what in lines if who == SYSTEM]
    assert any("メールを用意した" in what for what in machine)
    assert not any("控えた" in what or "受け付けた" in what for what in machine)


async def test_what_was_answered_is_not_lost_while_it_is_recorded_who_did(driver: EngineDriver) -> None:
    """Closing and timers reach open tasks only; an answer that waits for its listener goes on with the worker."""
    await driver.deploy({"people-asked.bpmn": _ASKED})
    answered, missed = [await driver.start("people-asked") for _ in range(2)]
    await driver.complete("Ask", instance=answered)
    job = await driver.job("kit-act", instance=answered, lease=timedelta(days=1))
    await asyncio.to_thread(driver.api.broadcast, "people-closed", {})
    await driver.passed(missed, "Closed")
    await asyncio.to_thread(driver.broker.advance_clock, timedelta(minutes=11))
    late = await driver.start("people-asked")
    await driver.task("Ask", instance=late)
    await asyncio.to_thread(driver.broker.advance_clock, timedelta(minutes=11))
    await driver.passed(late, "Late")
    await asyncio.to_thread(driver.api.complete_job, job.key, {"act": 1})
    await driver.completed(answered)
    assert driver.records.passed("Answered", instance=answered)
    assert not driver.records.passed("Closed", instance=answered)
    assert not driver.records.passed("Late", instance=answered)


async def test_departments_keep_their_own_act_and_their_tasks_are_told_apart(driver: EngineDriver) -> None:
    """All three tasks begin at the same moment, and are completed from the last to the first."""
    await driver.deploy({"people-many.bpmn": _MANY})
    instance = await driver.start("people-many", {"act": "outside"})
    await driver.reached(lambda: len(driver.records.open_tasks("Ask", instance=instance)) == 3, what="three tasks")
    tasks = driver.records.open_tasks("Ask", instance=instance)
    for number, task in enumerate(reversed(tasks)):
        await asyncio.to_thread(driver.api.assign_task, task.key, f"p{number}")
        await driver.complete_task(task)
        job = await driver.job("kit-act", instance=instance)
        assert job.element_instance_key == task.element_instance_key
        await asyncio.to_thread(driver.api.complete_job, job.key, {"act": task.element_instance_key})
    seen: dict[int, Any] = {}
    for _ in tasks:
        record = await driver.job("kit-record", instance=instance)
        visible = driver.records.visible(record.element_instance_key or 0)
        seen[visible["loopCounter"]] = visible["act"]
        await asyncio.to_thread(driver.api.complete_job, record.key, {})
    await driver.completed(instance)
    assert seen == {_loop(task): task.element_instance_key for task in tasks}
    assert driver.variables(instance)["act"] == "outside"
    rows = [Row(key=task.key, loop=_loop(task), assignee=task.assignee) for task in tasks]
    for task in tasks:
        act = _act(instance, task)
        assert matched([act], rows, set())[1].person == task.assignee


def _act(instance: int, task: UserTask) -> Act:
    now = datetime.now(UTC)
    return Act(
        id=1,
        case_id=None,
        engine_id="kit",
        process_id="people-many",
        process_instance_key=instance,
        element_id="Ask",
        element_instance_key=task.element_instance_key,
        loop=_loop(task),
        task_name="Ask",
        at=now,
        queued_at=now,
        look_at=now,
    )
