"""Registry, engine and outbox are compared after a restore; what is confirmed changes what it must, and only that."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit.registry import Registry, registry_at, some_case, some_job, some_mail
from workers.adapters.camunda.instances import ElementInstance
from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.camunda.standing import Done, EngineStanding, Root
from workers.adapters.registry import outbox_tables, restores
from workers.adapters.registry.compared import RegistryStanding
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.queue import EngineCallQueue, MailQueue
from workers.adapters.registry.restores import PARTITION_BITS, Hold
from workers.errors import InputError, PermanentError
from workers.runtime.reconcile import Comparer, Comparison, redo, summed
from workers.usecases.ports import JobRef

pytestmark = pytest.mark.asyncio

FIRST: Final = 1 << PARTITION_BITS
_BACKUP_AT: Final = datetime(2026, 11, 1, tzinfo=UTC) - timedelta(hours=1)
_PID: Final = "sakura-signing"


class Engine:
    """An engine that a test fills, and what was done to it."""

    def __init__(self) -> None:
        self.standing: list[Root] = []
        self.work: dict[int, list[Done]] = {}
        self.ended: dict[int, str] = {}
        self.moved: list[tuple[int, list[int], str]] = []
        self.variables: list[tuple[int, Mapping[str, object]]] = []
        self.closed: list[int] = []

    def run(self, key: int, case_id: str, *done: tuple[int, str]) -> None:
        """Let an instance run in which elements are done."""
        self.standing.append(Root(key=key, process_id=_PID, case_id=case_id))
        self.work[key] = [
            Done(element_key=element, element_id=name, process_id=_PID, instance=key, at=name) for element, name in done
        ]

    async def roots(self) -> list[Root]:
        """Return what runs."""
        return self.standing

    async def state(self, key: int) -> str:
        """Return how an instance ended."""
        return self.ended.get(key, "")

    async def done(self, root: int) -> list[Done]:
        """Return what is done."""
        return self.work[root]

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return a multi-instance task and one of its items."""
        return [
            ElementInstance(key=instance + 90, element_id="Task_Many", type="USER_TASK"),
            ElementInstance(key=instance + 91, element_id="Task_Many", type="MULTI_INSTANCE_BODY"),
        ]

    async def move(self, instance: int, *, leave: Any, enter: str) -> None:
        """Note a move."""
        self.moved.append((instance, list(leave), enter))

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return the one open task."""
        task = OpenTask(
            key=process_instance_key + 92,
            element_id="Task_Many",
            name="",
            process_instance_key=process_instance_key,
            assignee="",
            candidate_groups=(),
            due_date="",
        )
        return [task]

    async def complete(self, key: int, variables: Mapping[str, object]) -> None:
        """Note a task that is closed."""
        assert variables == {}
        self.closed.append(key)

    async def set_variables(self, scope_key: int, variables: Mapping[str, object]) -> None:
        """Note variables."""
        self.variables.append((scope_key, variables))

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return a name made of the id."""
        assert process_id == _PID
        return f"作業{element_id}"


@pytest_asyncio.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with registry_at(database_url, tmp_path) as made:
        made.units()
        yield made


@pytest.fixture
def engine(registry: Registry) -> AsyncEngine:
    return registry.engines[0]


async def _case(registry: Registry, number: int, *jobs: int) -> str:
    """Keep a case whose instance is ``FIRST + 10 * number``, and jobs that have had their effect."""
    case = some_case(f"sakura-2026-{number}")
    instance = FIRST + 10 * number
    case.engine_id, case.process_instance_key = "local#1", instance
    async with registry.open_units()() as unit:
        await unit.cases.add(case)
        for job in jobs:
            await unit.store_applied_job(_job(instance, job), "record-offer", {"complete": {}})
    return case.id


def _job(instance: int, job: int) -> JobRef:
    return replace(some_job(job, element_instance_key=job - 1), process_instance_key=instance, engine_id="local#1")


async def _compared(engine: AsyncEngine, side: Engine) -> Comparison:
    held = await restores.open_restores(engine)
    return await Comparer(RegistryStanding(engine), side, side).compare(held)


async def _confirmed(engine: AsyncEngine, found: Comparison) -> None:
    for one in found.restores:
        await restores.confirm(engine, one, by="情報担当", doubtful=found.doubtful)


async def test_an_engine_of_yesterday(registry: Registry, engine: AsyncEngine) -> None:
    """What it forgot is named and set apart; what it still knows stays; what it was told is told again."""
    side = Engine()
    old = await _case(registry, 1, FIRST + 20, FIRST + 80)
    lost = await _case(registry, 7, FIRST + 85)
    side.run(FIRST + 10, old)
    calls = EngineCallQueue(registry.sessions(), now=registry.now)
    async with registry.open_units()() as unit:
        await unit.outbox.mail(some_mail(f"{old}/a"))
        await unit.outbox.engine_call(business_key="m", kind="publish-message", payload={})
        await unit.outbox.engine_call(business_key="order-1:steps", kind="find-steps", payload={})
    for call in await calls.claim("me", 10, 60):
        await calls.sent(call.id)
    await restores.begin_hold(engine, Hold(backup_at=_BACKUP_AT, registry=False, engine=True))
    with pytest.raises(PermanentError, match="まだ答えていません"):
        await _compared(engine, side)
    await restores.keep_first_keys(engine, {1: FIRST + 70})

    found = await _compared(engine, side)
    assert summed(found.differences) == {"missing-instance": 1, "registry-ahead": 2, "lost-call": 2}
    assert {(one.kind, one.case_id) for one in found.differences if one.case_id} == {
        ("missing-instance", lost),
        ("registry-ahead", old),
        ("registry-ahead", lost),
    }
    assert found.doubtful == set()
    await _confirmed(engine, found)

    async with registry.open_units()() as unit:
        assert await unit.applied_job(_job(FIRST + 10, FIRST + 20)) == {"complete": {}}
        # The same key, process and element instance as on the lost day: another life all the same.
        assert await unit.applied_job(_job(FIRST + 10, FIRST + 80)) is None
        assert await unit.applied_job(_job(FIRST + 10, FIRST + 85)) is None
        assert (await unit.cases.get(old)).engine_id == "local#1"
        assert (await unit.cases.get(lost)).engine_id == "local#1~1"
        assert await unit.outbox.engine_call(business_key="order-1:steps", kind="find-steps", payload={})
        assert not await unit.outbox.engine_call(business_key="m", kind="publish-message", payload={})
    again = EngineCallQueue(registry.sessions())
    assert {call.business_key for call in await again.claim("me", 10, 60)} == {"m", "order-1:steps"}
    assert [mail.status for mail in await MailQueue(registry.sessions()).list()] == [QueueStatus.QUEUED]


async def test_a_registry_of_yesterday(registry: Registry, engine: AsyncEngine) -> None:
    """What the engine knows alone is named; mails that may repeat wait; case numbers go on behind the engine's."""
    side = Engine()
    behind = await _case(registry, 1, FIRST + 20)
    level = await _case(registry, 2, FIRST + 30)
    ended = await _case(registry, 3)
    side.run(FIRST + 10, behind, (FIRST + 19, "Task_A"), (FIRST + 49, "Task_B"), (FIRST + 59, "Task_C"))
    side.run(FIRST + 20, level, (FIRST + 29, "Task_A"))
    side.run(FIRST + 60, "sakura-2026-0009", (FIRST + 61, "Task_Open"))
    side.ended[FIRST + 30] = "COMPLETED"
    async with registry.open_units()() as unit:
        await unit.outbox.mail(some_mail(f"{behind}/a", case_id=behind))
        await unit.outbox.engine_call(business_key="m", kind="publish-message", payload={})
        await unit.counters.draw("case:sakura:2026")
    await restores.begin_hold(engine, Hold(backup_at=_BACKUP_AT, registry=True, engine=False))

    found = await _compared(engine, side)
    told = {one.kind: one for one in found.differences if one.instance}
    assert {kind: one.case_id for kind, one in told.items()} == {
        "engine-ahead": behind,
        "unknown-instance": "sakura-2026-0009",
        "missing-instance": ended,
    }
    assert told["engine-ahead"].redo == "Task_B"
    assert "「作業Task_B」、「作業Task_C」" in told["engine-ahead"].says
    assert {"held-mail", "waiting-call", "counter"} <= set(summed(found.differences))
    assert all(one.says and one.advice for one in found.differences)
    assert found.numbers == {"case:sakura:2026": 9}
    assert level not in found.doubtful
    await _confirmed(engine, found)

    mails = MailQueue(registry.sessions(), now=registry.now)
    async with registry.open_units()() as unit:
        await unit.outbox.mail(some_mail(f"{behind}/b", case_id=behind))
        await unit.outbox.mail(some_mail(f"{level}/b", case_id=level))
    assert [mail.case_id for mail in await mails.claim("me", 10, 60)] == [level]
    week = timedelta(hours=1)
    assert await restores.decide_mails(engine, [1], send=False, why="送らない", deadline=week) == [1]
    assert await restores.decide_mails(engine, [1, 3], send=True, why="", deadline=week) == []
    assert await restores.decide_mails(engine, None, send=True, why="", deadline=week) == [2]
    assert await restores.settle(engine, [behind]) == 1
    async with registry.open_units()() as unit:
        await unit.outbox.mail(some_mail(f"{behind}/c", case_id=behind))
    async with engine.connect() as connection:
        t = outbox_tables.mail.c
        states = (await connection.execute(select(t.id, t.status).order_by(t.id))).all()
    assert [tuple(row) for row in states] == [
        (1, QueueStatus.FAILED),
        (2, QueueStatus.QUEUED),
        (3, QueueStatus.SENDING),
        (4, QueueStatus.QUEUED),
    ]
    await restores.raise_counter(engine, "case:sakura:2026", 9)
    await restores.raise_counter(engine, "case:sakura:2026", 5)
    await restores.raise_counter(engine, "document:sakura:2026", 3)
    async with registry.open_units()() as unit:
        assert await unit.counters.draw("case:sakura:2026") == 10
        assert await unit.counters.draw("document:sakura:2026") == 4


async def test_what_the_registry_does_not_know_is_done_again(registry: Registry, engine: AsyncEngine) -> None:
    side = Engine()
    behind = await _case(registry, 1)
    side.run(FIRST + 10, behind, (FIRST + 49, "Task_B"))
    side.run(FIRST + 60, "sakura-2026-0009", (FIRST + 61, "Task_Open"))
    await restores.begin_hold(engine, Hold(backup_at=_BACKUP_AT, registry=True, engine=False))
    found = await _compared(engine, side)
    await redo(found, FIRST + 10, engine=side, tasks=side)
    await redo(found, FIRST + 60, engine=side, tasks=side)
    assert side.moved == [(FIRST + 10, [FIRST + 101], "Task_B"), (FIRST + 60, [FIRST + 151], "Task_Open")]
    assert side.closed == [FIRST + 102, FIRST + 152]
    assert side.variables == [(FIRST + 60, {"caseId": None})]
    with pytest.raises(InputError, match="やり直せる違いがありません"):
        await redo(found, FIRST + 20, engine=side, tasks=side)


async def test_where_both_sides_went_back_every_running_case_may_repeat_itself(
    registry: Registry, engine: AsyncEngine
) -> None:
    side = Engine()
    case = await _case(registry, 1, FIRST + 20)
    side.run(FIRST + 10, case, (FIRST + 19, "Task_A"))
    await restores.begin_hold(engine, Hold(backup_at=_BACKUP_AT, registry=True, engine=True))
    await restores.keep_first_keys(engine, {1: FIRST + 70})
    found = await _compared(engine, side)
    assert set(summed(found.differences)) <= {"counter"}
    assert found.doubtful == {case, ""}


class _Index:
    """An engine's index by what it would answer to each search."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    async def search(self, what: str, wanted: Mapping[str, Any], old: Any = None) -> Any:
        del old
        return self._answers[what](dict(wanted))


def _operate() -> _Index:
    instances: list[dict[str, Any]] = [
        {"key": 10, "bpmnProcessId": _PID, "parentKey": -1, "state": "ACTIVE"},
        {"key": 20, "bpmnProcessId": "part", "parentKey": 10, "parentFlowNodeInstanceKey": 12, "state": "COMPLETED"},
    ]
    elements = [
        {"key": 11, "processInstanceKey": 10, "flowNodeId": "Task_A", "type": "SERVICE_TASK", "state": "COMPLETED"},
        {"key": 12, "processInstanceKey": 10, "flowNodeId": "Call", "type": "CALL_ACTIVITY", "state": "ACTIVE"},
        {"key": 21, "processInstanceKey": 20, "flowNodeId": "Task_B", "type": "USER_TASK", "state": "COMPLETED"},
    ]
    return _answering(instances, elements, {"key": "key", "parent": "parentKey"})


def _newer() -> _Index:
    instances: list[dict[str, Any]] = [
        {"processInstanceKey": "10", "processDefinitionId": _PID, "parentProcessInstanceKey": None, "state": "ACTIVE"},
        {
            "processInstanceKey": "20",
            "processDefinitionId": "part",
            "parentProcessInstanceKey": "10",
            "parentElementInstanceKey": "12",
            "state": "COMPLETED",
        },
    ]
    elements = [
        {"elementInstanceKey": str(key), "processInstanceKey": of, "elementId": name, "type": kind, "state": state}
        for key, of, name, kind, state in (
            (11, "10", "Task_A", "SERVICE_TASK", "COMPLETED"),
            (12, "10", "Call", "CALL_ACTIVITY", "ACTIVE"),
            (21, "20", "Task_B", "USER_TASK", "COMPLETED"),
        )
    ]
    return _answering(instances, elements, {"key": "processInstanceKey", "parent": "parentProcessInstanceKey"})


def _answering(instances: list[dict[str, Any]], elements: list[dict[str, Any]], names: dict[str, str]) -> _Index:
    def of_instances(wanted: dict[str, Any]) -> list[dict[str, Any]]:
        asked = {
            "state": lambda one: one["state"] == wanted["state"],
            "processInstanceKey": lambda one: int(one[names["key"]]) == wanted["processInstanceKey"],
            "parentProcessInstanceKey": lambda one: (
                int(one[names["parent"]] or 0) == wanted["parentProcessInstanceKey"]
            ),
        }
        return [one for one in instances if all(asked[name](one) for name in wanted)]

    def of_elements(wanted: dict[str, Any]) -> list[dict[str, Any]]:
        return [one for one in elements if int(one["processInstanceKey"]) == wanted["processInstanceKey"]]

    variable = {"processInstanceKey": "10", "scopeKey": "10", "name": "caseId", "value": '"sakura-2026-1"'}
    return _Index(
        {"process-instances": of_instances, "element-instances": of_elements, "variables": lambda _: [variable]}
    )


@pytest.mark.parametrize("index", [_operate(), _newer()], ids=["8.6", "8.9"])
async def test_both_indexes_tell_what_runs_and_what_is_done(index: _Index) -> None:
    standing = EngineStanding.__new__(EngineStanding)
    standing._index = index  # type: ignore[assignment]  # in place of a server
    assert await standing.roots() == [Root(key=10, process_id=_PID, case_id="sakura-2026-1")]
    assert [
        (one.element_key, one.element_id, one.process_id, one.instance, one.at) for one in await standing.done(10)
    ] == [
        (11, "Task_A", _PID, 10, "Task_A"),
        (21, "Task_B", "part", 20, "Call"),
    ]
    assert (await standing.state(20), await standing.state(99)) == ("COMPLETED", "")
