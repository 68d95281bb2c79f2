"""Engine calls of the outbox on a real broker: made once the transaction has committed, again while it is needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kit.diagram import bpmn
from tests.kit.driver import EngineDriver
from workers.adapters.camunda.gateway import open_channel, zeebe_client
from workers.adapters.camunda.open_tasks import OpenTask, OpenTasks
from workers.adapters.camunda.rest import InstanceGoneError, RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.registry.queue import QueueStatus
from workers.domain.acts import SYSTEM_USER
from workers.errors import RetryableError
from workers.runtime.enginecalls import EngineCalls
from workers.settings import Settings
from workers.trial.happened import State
from workers.wiring import Services, services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]

_WAIT = bpmn(
    "calls-wait",
    """<bpmn:startEvent id="Start"/>
       <bpmn:intermediateCatchEvent id="Wait">
         <bpmn:messageEventDefinition id="Wait_Definition" messageRef="Message_Go"/>
       </bpmn:intermediateCatchEvent>
       <bpmn:endEvent id="End"/>
       <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Wait"/>
       <bpmn:sequenceFlow id="F2" sourceRef="Wait" targetRef="End"/>""",
    outside="""<bpmn:message id="Message_Go" name="calls-go"><bpmn:extensionElements>
       <zeebe:subscription correlationKey="=caseId"/></bpmn:extensionElements></bpmn:message>""",
)
_TASK = bpmn(
    "calls-task",
    """<bpmn:startEvent id="Start"/>
       <bpmn:userTask id="Task"><bpmn:extensionElements><zeebe:userTask/>
         <zeebe:taskSchedule dueDate="2026-12-01T17:15:00+09:00"/></bpmn:extensionElements></bpmn:userTask>
       <bpmn:endEvent id="End"/>
       <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Task"/>
       <bpmn:sequenceFlow id="F2" sourceRef="Task" targetRef="End"/>""",
)


class RecordedTasks:
    """Open user tasks found in the broker's records, changed over its REST API; fails as often as it is told."""

    def __init__(self, driver: EngineDriver, rest: RestClient) -> None:
        self._driver = driver
        self._rest = rest
        self.failures = 0

    async def open_keys(self, process_instance_key: int) -> list[int]:
        """Return the keys of an instance's open tasks."""
        if self.failures:
            self.failures -= 1
            raise RetryableError("まだ見つかりません")
        return [
            task.key for task in self._driver.records.open_tasks() if task.process_instance_key == process_instance_key
        ]

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return an instance's open tasks: nothing here asks for them."""
        raise AssertionError(process_instance_key)

    async def all_open(self) -> list[OpenTask]:
        """Nothing here asks for all."""
        raise AssertionError

    async def set_due_date(self, key: int, due_date: str) -> None:
        """Set a due date."""
        await self._rest.update_user_task(key, {"dueDate": due_date})

    async def complete(self, key: int, variables: Mapping[str, Any]) -> None:
        """Complete a task, unless it is gone."""
        async with Tasklist("http://127.0.0.1:1", "", "") as nobody:
            await OpenTasks(self._rest, nobody).complete(key, variables)

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Set variables of an instance, unless it has ended."""
        try:
            await self._rest.set_variables(scope_key, variables)
        except InstanceGoneError:
            return


@asynccontextmanager
async def calling(driver: EngineDriver, folder: Path) -> AsyncIterator[tuple[Services, RecordedTasks]]:
    """Make the engine calls of a registry of the test's own."""
    settings = Settings(data=folder, gateway_address=driver.broker.gateway, rest_address=driver.broker.rest)
    stop = asyncio.Event()
    async with (
        services(settings, clock=driver.clock) as built,
        open_channel(settings) as channel,
        RestClient.from_settings(settings) as rest,
    ):
        tasks = RecordedTasks(driver, rest)
        client = zeebe_client(channel)
        calls = EngineCalls(built.engine_calls, client=client, tasks=tasks, open_unit=built.open_unit)
        work = asyncio.create_task(calls.run(stop))
        try:
            yield built, tasks
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await work


async def order(built: Services, key: str, kind: str, payload: Mapping[str, Any]) -> None:
    async with built.open_unit() as uow:
        await uow.outbox.engine_call(business_key=key, kind=kind, payload=payload)


async def settled(built: Services, status: QueueStatus) -> None:
    """Wait until every call stands at a status."""
    deadline = time.monotonic() + 20
    while (found := {call.status for call in await built.engine_calls.list()}) != {status}:
        assert time.monotonic() < deadline, f"not reached: {status}; there are {found}"
        await asyncio.sleep(0.02)


async def test_a_message_is_published_with_its_variables(driver: EngineDriver, tmp_path: Path) -> None:
    await driver.deploy({"calls-wait.bpmn": _WAIT})
    instance = await driver.start("calls-wait", {"caseId": "c-1"})
    async with calling(driver, tmp_path) as (built, _):
        payload = {"name": "calls-go", "correlation_key": "c-1", "message_id": "m-1", "variables": {"answer": 3}}
        await order(built, "one", "publish-message", payload)
        await driver.completed(instance)
        assert driver.variables(instance)["answer"] == 3
        await order(built, "two", "publish-message", {**payload, "correlation_key": "c-2"})
        await order(built, "three", "publish-message", {**payload, "correlation_key": "c-2"})
        await settled(built, QueueStatus.SENT)  # an id that is known already counts as published


async def test_due_dates_of_open_tasks_move_as_soon_as_they_are_found(driver: EngineDriver, tmp_path: Path) -> None:
    await driver.deploy({"calls-task.bpmn": _TASK})
    instance = await driver.start("calls-task")
    await driver.task("Task", instance=instance)
    async with calling(driver, tmp_path) as (built, tasks):
        tasks.failures = 2
        payload = {"process_instance_key": instance, "due_date": "2027-01-31T17:15:00+09:00"}
        await order(built, "one", "update-due-dates", payload)
        await settled(built, QueueStatus.SENT)
    moved = await driver.task("Task", instance=instance, where=lambda task: str(task.due_date).startswith("2027-01-31"))
    assert moved.process_instance_key == instance


async def test_a_task_is_completed_once_however_often_it_is_asked_for(driver: EngineDriver, tmp_path: Path) -> None:
    await driver.deploy({"calls-task.bpmn": _TASK})
    instance = await driver.start("calls-task")
    task = await driver.task("Task", instance=instance)
    async with calling(driver, tmp_path) as (built, _):
        payload = {"key": task.key, "variables": {"answer": "yes"}}
        await order(built, "one", "complete-user-task", payload)
        await order(built, "two", "complete-user-task", payload)
        await settled(built, QueueStatus.SENT)
    await driver.state(instance, State.COMPLETED)
    assert driver.variables(instance)["answer"] == "yes"
    assert driver.records.user_tasks[task.key].assignee == SYSTEM_USER  # its act is the system's, not nobody's


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("no-such-kind", {}),
        ("publish-message", {"name": "calls-go"}),
        (
            "publish-message",
            {"name": "calls-go", "correlation_key": "c", "message_id": "m", "variables": {"huge": 2**70}},
        ),
    ],
)
async def test_a_call_that_no_engine_could_take_fails_for_good_and_stops_nothing(
    kind: str, payload: Mapping[str, Any], driver: EngineDriver, tmp_path: Path
) -> None:
    async with calling(driver, tmp_path) as (built, _):
        await order(built, "bad", kind, payload)
        await settled(built, QueueStatus.FAILED)
        await driver.deploy({"calls-wait.bpmn": _WAIT})
        instance = await driver.start("calls-wait", {"caseId": str(tmp_path)})
        good = {"name": "calls-go", "correlation_key": str(tmp_path), "message_id": "n"}
        await order(built, "good", "publish-message", good)
        await driver.completed(instance)
