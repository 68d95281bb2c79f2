"""Delivery: whatever arrives however often, effects happen once and the engine is told until it knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import grpc
import pytest
from pyzeebe import Job
from pyzeebe.errors import (
    JobAlreadyDeactivatedError,
    JobNotFoundError,
    UnknownGrpcStatusCodeError,
    ZeebeBackPressureError,
    ZeebeGatewayUnavailableError,
)
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from tests.kit.jobs import job
from workers.adapters.registry.outbox import OutboxName
from workers.errors import BusinessError, BusyError, PermanentError, RetryableError
from workers.jobs.catalog import JobInput, JobType
from workers.runtime import jobrunner
from workers.runtime.jobrunner import JobRunner
from workers.runtime.outcomes import Complete, Fail
from workers.runtime.ports import JobUnit
from workers.usecases.ports import JobRef, UnitOfWork

pytestmark = pytest.mark.asyncio


class Memory:
    """A database of effects and outcomes with transactions, and a log of what happened."""

    def __init__(self) -> None:
        self.effects: list[str] = []
        self.outcomes: dict[int, Mapping[str, Any]] = {}
        self.fail_commits = 0

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[JobUnit]:
        """Commit at the end of the block."""
        unit = Unit(self)
        yield cast("JobUnit", unit)
        if self.fail_commits:
            self.fail_commits -= 1
            raise RetryableError("データベースに今つながりません")
        self.effects += unit.effects
        self.outcomes |= unit.outcomes


class Unit:
    """One transaction on the memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.effects: list[str] = []
        self.outcomes: dict[int, Mapping[str, Any]] = {}

    @property
    def outbox_used(self) -> set[OutboxName]:
        """Every effect of these tests is a mail."""
        return {"mail"} if self.effects else set()

    async def applied_job(self, ref: JobRef) -> Mapping[str, Any] | None:
        """Return the stored outcome."""
        return self._memory.outcomes.get(ref.job_key)

    async def store_applied_job(self, ref: JobRef, job_type: str, outcome: Mapping[str, Any]) -> None:
        """Store an outcome until the commit."""
        assert job_type == "do-it"
        self.outcomes[ref.job_key] = outcome


class Engine:
    """Takes commands, after raising what it is told to raise."""

    def __init__(self, *trouble: Exception) -> None:
        self.trouble = list(trouble)
        self.told: list[tuple[Any, ...]] = []

    async def _take(self, *command: Any) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.told.append(command)

    async def complete_job(self, job_key: int, variables: Mapping[str, Any]) -> None:
        """Take a completion."""
        await self._take("complete", job_key, dict(variables))

    async def throw_error(self, job_key: int, message: str, error_code: str, variables: Mapping[str, Any]) -> None:
        """Take a BPMN error."""
        await self._take("throw", job_key, error_code, message, dict(variables))

    async def fail_job(
        self, job_key: int, retries: int, message: str, retry_back_off_ms: int, variables: Mapping[str, Any]
    ) -> None:
        """Take a failure."""
        assert variables == {}
        await self._take("fail", job_key, retries, message, retry_back_off_ms > 0)


async def engine_id() -> str:
    return "test"


def runner(
    memory: Memory, handler: Callable[[JobInput, UnitOfWork], Awaitable[dict[str, Any]]], *, seconds: int = 5
) -> JobRunner:
    kind = JobType(type="do-it", label="する", handler=handler, timeout_seconds=seconds)
    return JobRunner(job_types={"do-it": kind}, open_unit=memory.unit, engine_id=engine_id)


def effect(unit: UnitOfWork, text: str) -> None:
    cast("Any", unit).effects.append(text)


def grpc_error(code: grpc.StatusCode) -> grpc.aio.AioRpcError:
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata())


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobrunner, "jittered_ms", lambda _seconds: 0)


async def run(made: JobRunner, delivered: Job, engine: Engine) -> None:
    await (await made.run(delivered, cast("ZeebeAdapter", engine)))


async def test_a_handler_sees_variables_headers_and_where_it_was_called_from() -> None:
    seen: list[JobInput] = []

    async def handler(given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
        seen.append(given)
        return {"done": True}

    engine = Engine()
    await run(runner(Memory(), handler), job(), engine)
    (given,) = seen
    assert (given.variables["caseId"], given.header("template")) == ("c-1", "offer")
    assert given.ref == JobRef(
        engine_id="test", job_key=7, process_instance_key=1, element_id="Task_DoIt", element_instance_key=3
    )
    assert engine.told == [("complete", 7, {"done": True})]


async def test_a_job_delivered_again_gets_its_stored_outcome_and_no_second_effect() -> None:
    memory, engine = Memory(), Engine()

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        effect(unit, "mail")
        return {"n": len(memory.effects)}

    made = runner(memory, handler)
    await run(made, job(), engine)
    await run(made, job(), engine)
    assert memory.effects == ["mail"]
    assert engine.told == [("complete", 7, {"n": 0})] * 2


async def test_a_business_error_undoes_the_effects_and_is_thrown_again_at_redelivery() -> None:
    memory, engine = Memory(), Engine()
    calls = 0

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        nonlocal calls
        calls += 1
        effect(unit, "half done")
        raise BusinessError("already-started", f"{calls}回目")

    made = runner(memory, handler)
    await run(made, job(), engine)
    await run(made, job(), engine)
    assert memory.effects == []
    assert engine.told == [("throw", 7, "already-started", "1回目", {"formError": "1回目"})] * 2


async def test_a_failed_handler_leaves_no_effect_and_no_outcome() -> None:
    memory, engine = Memory(), Engine()

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        effect(unit, "half done")
        raise PermanentError("ひな形がありません")

    await run(runner(memory, handler), job(), engine)
    assert (memory.effects, memory.outcomes) == ([], {})
    assert engine.told == [("fail", 7, 0, "ひな形がありません", False)]


async def test_a_result_that_is_no_json_leaves_no_effect() -> None:
    memory, engine = Memory(), Engine()

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        effect(unit, "mail")
        return {"when": object()}

    await run(runner(memory, handler), job(), engine)
    assert (memory.effects, memory.outcomes) == ([], {})
    assert engine.told[0][:3] == ("fail", 7, 0)


async def test_a_commit_that_conflicts_is_tried_once_more_before_a_retry_is_spent() -> None:
    memory, engine = Memory(), Engine()
    memory.fail_commits = 1

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        effect(unit, "mail")
        return {}

    made = runner(memory, handler)
    await run(made, job(), engine)
    assert (memory.effects, engine.told) == (["mail"], [("complete", 7, {})])
    memory.fail_commits = 2
    await run(made, job(8), engine)
    assert memory.effects == ["mail"]
    assert engine.told[-1][:3] == ("fail", 8, 2)


async def test_a_registry_that_is_away_costs_no_retry_and_a_job_waits_for_it() -> None:
    async def away() -> None:
        raise RetryableError("データベースに今つながりません")

    async def here() -> None:
        return

    async def handler(_given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
        raise RetryableError("データベースに今つながりません")

    async def full(_given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
        raise BusyError("ディスクに空きがありません")

    for check, work, left in ((away, handler, 1), (here, handler, 0), (here, full, 1)):
        kind = JobType(type="do-it", label="する", handler=work)
        made = JobRunner(job_types={"do-it": kind}, open_unit=Memory().unit, engine_id=engine_id, check_registry=check)
        decision = await made.decide(job(retries=1))
        assert isinstance(decision, Fail)
        assert decision.retries == left


async def test_a_handler_that_hangs_is_cut_off_and_tried_again() -> None:
    memory = Memory()

    async def handler(_given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    made = runner(memory, handler, seconds=0)
    decision = await made.decide(job())
    assert isinstance(decision, Fail)
    assert (decision.retries, memory.outcomes) == (2, {})


@pytest.mark.parametrize(
    "trouble",
    [
        ZeebeGatewayUnavailableError(grpc_error(grpc.StatusCode.UNAVAILABLE)),
        ZeebeBackPressureError(grpc_error(grpc.StatusCode.RESOURCE_EXHAUSTED)),
        UnknownGrpcStatusCodeError(grpc_error(grpc.StatusCode.UNAUTHENTICATED)),
        TimeoutError(),
    ],
)
async def test_a_completion_that_does_not_get_through_is_sent_again(trouble: Exception) -> None:
    engine = Engine(trouble, trouble)
    await run(runner(Memory(), nothing), job(), engine)
    assert engine.told == [("complete", 7, {})]


async def test_a_gateway_that_stays_away_leaves_the_outcome_to_the_redelivery() -> None:
    memory = Memory()
    away = Engine(*[ZeebeGatewayUnavailableError(grpc_error(grpc.StatusCode.UNAVAILABLE))] * 50)
    made = runner(memory, nothing)
    await run(made, job(), away)
    assert away.told == []
    back = Engine()
    await run(made, job(), back)
    assert back.told == [("complete", 7, {})]


@pytest.mark.parametrize("gone", [JobNotFoundError(7), JobAlreadyDeactivatedError(7)])
async def test_a_job_that_is_closed_already_is_fine(gone: Exception) -> None:
    engine = Engine(gone)
    await run(runner(Memory(), nothing), job(), engine)
    assert engine.told == []


async def test_a_result_that_the_engine_refuses_becomes_an_incident_instead_of_an_endless_loop() -> None:
    engine = Engine(UnknownGrpcStatusCodeError(grpc_error(grpc.StatusCode.INVALID_ARGUMENT)))
    await run(runner(Memory(), nothing), job(), engine)
    ((command, key, retries, message, paused),) = engine.told
    assert (command, key, retries, paused) == ("fail", 7, 0, False)
    assert "Task_DoIt" in message


async def test_senders_are_woken_after_a_commit_with_mails_and_only_then() -> None:
    memory = Memory()
    woken: list[tuple[set[OutboxName], list[str]]] = []

    async def handler(given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        if given.ref.job_key == 7:
            effect(unit, "mail")
        return {}

    made = JobRunner(
        job_types={"do-it": JobType(type="do-it", label="する", handler=handler)},
        open_unit=memory.unit,
        engine_id=engine_id,
        outbox_filled=lambda filled: woken.append((filled, list(memory.effects))),
    )
    for delivered in (job(7), job(7), job(8)):
        assert isinstance(await made.decide(delivered), Complete)
    assert woken == [({"mail"}, ["mail"])]


async def test_a_cancelled_handler_leaves_nothing_behind_and_tells_the_engine_nothing() -> None:
    memory, engine, started = Memory(), Engine(), asyncio.Event()

    async def handler(_given: JobInput, unit: UnitOfWork) -> dict[str, Any]:
        effect(unit, "mail")
        started.set()
        await asyncio.Event().wait()
        return {}

    task = asyncio.create_task(run(runner(memory, handler), job(), engine))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (memory.effects, memory.outcomes, engine.told) == ([], {}, [])


async def nothing(_given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
    return {}


@pytest.mark.parametrize(
    ("writes", "result", "expected"),
    [
        (("done", "formError"), {"done": True}, {"done": True, "formError": None}),
        (("formError",), {"formError": "日付が違います"}, {"formError": "日付が違います"}),
        (("done",), {"done": True}, {"done": True}),
    ],
)
async def test_what_went_well_clears_the_forms_error(
    writes: tuple[str, ...], result: dict[str, Any], expected: dict[str, Any]
) -> None:
    async def handler(_given: JobInput, _unit: UnitOfWork) -> dict[str, Any]:
        return dict(result)

    kind = JobType(type="do-it", label="する", handler=handler, writes=writes)
    memory, engine = Memory(), Engine()
    await run(JobRunner(job_types={"do-it": kind}, open_unit=memory.unit, engine_id=engine_id), job(), engine)
    assert engine.told == [("complete", 7, expected)]
