"""Jobs on a real broker: bounded concurrency, leases, failures and their fates, drain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from pyzeebe import Job
from pyzeebe.errors import JobNotFoundError
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from tests.chaos.at_work import Expired, at_work, many_tasks, one_task
from tests.kit.driver import EngineDriver
from tests.kit.model import JobState
from tests.kit.records import Record
from workers.adapters.camunda.gateway import open_channel
from workers.errors import BusinessError, PermanentError, RetryableError
from workers.jobs.catalog import JobInput
from workers.runtime import jobrunner, metrics, outcomes
from workers.runtime.held import Gateway, Held
from workers.runtime.intake import LEASE_SECONDS, Intake, RunJob
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


def given_back() -> float:
    return metrics.REGISTRY.get_sample_value("renkei_jobs_given_back_total") or 0


@asynccontextmanager
async def intake(settings: Settings, job_type: str, run: RunJob, **options: Any) -> AsyncIterator[Intake]:
    """Take jobs without registry and supervisor."""
    async with open_channel(settings) as channel, open_channel(settings, streams=True) as streams:
        taking = Intake(channel, streams, name="test", job_types={job_type: ()}, run=run, gateway=Gateway(), **options)
        work = asyncio.create_task(taking.work())
        leases = asyncio.create_task(taking.extend_leases())
        try:
            yield taking
        finally:
            leases.cancel()
            taking.close()
            await work
            await taking.drain(seconds=5)


async def test_no_more_jobs_run_than_there_are_slots_and_the_rest_stays_in_the_broker(
    driver: EngineDriver, settings: Settings
) -> None:
    """1,000 jobs at once: half of them wait for the first poll, half come by the stream."""
    running = most = most_held = 0

    async def work(job: Job, adapter: ZeebeAdapter) -> None:
        nonlocal running, most, most_held
        running += 1
        most, most_held = max(most, running), max(most_held, len(taking.held.jobs))
        try:
            await adapter.complete_job(job.key, {})
        finally:
            running -= 1

    await driver.deploy(many_tasks("intake-bound", "intake-bound"))
    waiting = await driver.start("intake-bound", {"count": 500})
    async with intake(settings, "intake-bound", work, held=Held(slots=16)) as taking:
        streamed = await driver.start("intake-bound", {"count": 500})
        for instance in (waiting, streamed):
            await driver.completed(instance, timeout=120)
    assert most == 16
    assert most_held <= 2 * taking.held.capacity  # the stream may fill the room that a waiting poll has asked for


@pytest.mark.slow
async def test_jobs_that_nobody_reads_yet_stay_in_the_broker(driver: EngineDriver, settings: Settings) -> None:
    """Else their leases run out in the connection's buffers, and they are delivered again."""
    with_worker: set[int] = set()
    created: set[int] = set()

    def look(record: Record) -> None:
        kind = (record["valueType"], record["intent"])
        if kind == ("JOB_BATCH", "ACTIVATED"):
            with_worker.update(record["value"]["jobKeys"])
        elif kind == ("JOB", "YIELDED"):
            with_worker.discard(record["key"])
        elif kind == ("JOB", "CREATED"):
            created.add(record["key"])

    go_on = asyncio.Event()

    async def work(job: Job, adapter: ZeebeAdapter) -> None:
        await go_on.wait()
        await adapter.complete_job(job.key, {})

    await driver.deploy(many_tasks("intake-unread", "intake-unread"))
    async with intake(settings, "intake-unread", work, held=Held(slots=1)):
        driver.records.subscribe(look)
        instance = await driver.start("intake-unread", {"count": 1000})
        await driver.reached(lambda: len(created) == 1000, timeout=60, what="1,000 jobs")
        await driver.reached(lambda: len(with_worker) < 600, timeout=15, what="jobs that are given back")
        assert with_worker
        go_on.set()
    await asyncio.to_thread(driver.api.cancel, instance)


async def test_jobs_that_come_faster_than_they_are_done_go_back_to_the_engine(
    driver: EngineDriver, settings: Settings
) -> None:
    """Else their leases run out in the connection's buffers, again and again."""
    expired = Expired(driver)

    async def work(job: Job, adapter: ZeebeAdapter) -> None:
        await asyncio.sleep(0.15)
        with suppress(JobNotFoundError):  # it was delivered twice
            await adapter.complete_job(job.key, {})

    await driver.deploy(many_tasks("intake-slow", "intake-slow"))
    async with intake(settings, "intake-slow", work, held=Held(slots=1), lease_seconds=4):
        instance = await driver.start("intake-slow", {"count": 50})
        await driver.completed(instance, timeout=120)
    assert expired.count == 0


async def test_a_worker_that_stops_gives_back_what_it_has_not_read(driver: EngineDriver, settings: Settings) -> None:
    expired = Expired(driver)
    busy = asyncio.Event()

    async def stuck(job: Job, adapter: ZeebeAdapter) -> None:
        busy.set()
        await asyncio.sleep(1)
        await adapter.fail_job(job.key, job.retries, "", 0, {})

    async def work(job: Job, adapter: ZeebeAdapter) -> None:
        await adapter.complete_job(job.key, {})

    await driver.deploy(many_tasks("intake-stops", "intake-stops"))
    async with intake(settings, "intake-stops", stuck, held=Held(slots=1)):
        instance = await driver.start("intake-stops", {"count": 100})
        async with asyncio.timeout(30):
            await busy.wait()
        before = given_back()
    assert given_back() > before
    async with intake(settings, "intake-stops", work, held=Held(slots=16)):
        await driver.completed(instance, timeout=LEASE_SECONDS)
    assert expired.count == 0


async def test_a_slot_is_free_again_while_the_engine_is_told(driver: EngineDriver, settings: Settings) -> None:
    all_told = asyncio.Event()
    told: list[int] = []

    async def work(job: Job, adapter: ZeebeAdapter) -> Coroutine[Any, Any, None]:
        async def tell() -> None:
            told.append(job.key)
            if len(told) == 3:
                all_told.set()
            await all_told.wait()
            await adapter.complete_job(job.key, {})

        return tell()

    await driver.deploy(one_task("intake-tell", "intake-tell"))
    async with intake(settings, "intake-tell", work, held=Held(slots=1)):
        for instance in [await driver.start("intake-tell") for _ in range(3)]:
            await driver.completed(instance)


async def test_a_job_that_outlives_its_lease_is_not_delivered_twice(driver: EngineDriver, settings: Settings) -> None:
    await driver.deploy(one_task("intake-lease", "intake-lease"))
    runs: list[int] = []

    async def slow(job: Job, adapter: ZeebeAdapter) -> None:
        runs.append(job.key)
        await asyncio.sleep(5)
        await adapter.complete_job(job.key, {})

    async with intake(settings, "intake-lease", slow, held=Held(slots=1), lease_seconds=2):
        instances = [await driver.start("intake-lease") for _ in range(2)]  # the second one waits in the queue
        for instance in instances:
            await driver.completed(instance, timeout=30)
    assert len(runs) == 2
    assert len(set(runs)) == 2


async def test_a_business_error_takes_the_path_that_the_diagram_draws(driver: EngineDriver, settings: Settings) -> None:
    async def refuse(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        raise BusinessError("refused", "期限の日付ではありません")

    await driver.deploy(one_task("intake-error", "intake-error"))
    async with at_work(driver, settings, intake_error=refuse):
        instance = await driver.start("intake-error")
        await driver.completed(instance)
    assert driver.records.passed("Given_Up", instance=instance)


async def test_a_permanent_error_is_an_incident_with_its_words_and_goes_on_when_it_is_resolved(
    driver: EngineDriver, settings: Settings
) -> None:
    broken = True

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        if broken:
            raise PermanentError("ひな形 offer がありません")
        return {}

    await driver.deploy(one_task("intake-permanent", "intake-permanent"))
    async with at_work(driver, settings, intake_permanent=work):
        instance = await driver.start("intake-permanent")
        incident = await driver.incident(instance)
        assert incident.message == "ひな形 offer がありません"
        broken = False
        await driver.resolve(incident)
        await driver.completed(instance)


async def test_an_unknown_exception_is_retried_after_a_pause_and_its_text_stays_out_of_the_engine(
    driver: EngineDriver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_BACK_OFF_BASE_SECONDS", 0.4)
    attempts: list[float] = []

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        attempts.append(time.monotonic())
        raise KeyError("山田太郎")

    await driver.deploy(one_task("intake-unknown", "intake-unknown", retries=2))
    async with at_work(driver, settings, intake_unknown=work):
        instance = await driver.start("intake-unknown")
        incident = await driver.incident(instance)
    assert "予期しない誤り" in incident.message
    assert "山田" not in incident.message
    assert len(attempts) == 2
    assert attempts[1] - attempts[0] >= 0.2


async def test_a_passing_fault_is_tried_until_it_has_passed(
    driver: EngineDriver, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "_BACK_OFF_BASE_SECONDS", 0.2)
    monkeypatch.setattr(jobrunner, "_SECOND_TRY_SECONDS", 0.01)
    attempts = 0

    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise RetryableError("混み合っています")
        return {}

    await driver.deploy(one_task("intake-passing", "intake-passing"))
    async with at_work(driver, settings, intake_passing=work):
        await driver.completed(await driver.start("intake-passing"))
    assert attempts == 4


async def test_an_integer_that_the_engine_cannot_take_becomes_an_incident(
    driver: EngineDriver, settings: Settings
) -> None:
    async def work(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        return {"huge": 2**70}

    await driver.deploy(one_task("intake-huge", "intake-huge"))
    async with at_work(driver, settings, intake_huge=work):
        incident = await driver.incident(await driver.start("intake-huge"))
    assert "エンジンが受け付けませんでした" in incident.message


async def test_a_stopping_worker_finishes_what_runs_gives_back_what_waits_and_leaves_in_time(
    driver: EngineDriver, settings: Settings
) -> None:
    begun = asyncio.Event()

    async def slow(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        begun.set()
        await asyncio.sleep(2)
        return {}

    async def quick(_job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
        return {}

    await driver.deploy(one_task("intake-drain", "intake-drain"))
    one = settings.model_copy(update={"concurrency": 1})
    async with at_work(driver, one, intake_drain=slow) as worker:
        instances = [await driver.start("intake-drain") for _ in range(3)]
        await begun.wait()
        started = time.monotonic()
        worker.stop.set()
        async with asyncio.timeout(20):
            await worker.task
        seconds = time.monotonic() - started
        assert seconds < 10

        def finished() -> set[int]:
            with driver.records.snapshot():
                closed = [job for job in driver.records.jobs.values() if job.state is JobState.CLOSED]
            return {job.process_instance_key for job in closed} & set(instances)

        await driver.reached(lambda: finished() or None, what="the record of the job that ran")
        assert len(finished()) == 1
    started = time.monotonic()
    async with at_work(driver, settings, intake_drain=quick):
        for instance in instances:
            await driver.completed(instance)
    assert time.monotonic() - started < 15  # given back: nobody waited for a lease of 20 s to run out
