"""Jobs on a real broker: bounded concurrency, leases, what is given back, the drain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
from pyzeebe import Job, ZeebeWorker
from pyzeebe.errors import JobNotFoundError
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from tests.chaos.at_work import Expired, at_work, many_tasks, one_task
from tests.kit.bars import Bars
from tests.kit.driver import EngineDriver
from workers.adapters.camunda.gateway import open_channel
from workers.jobs.catalog import JobInput
from workers.runtime import metrics
from workers.runtime.drain import beside
from workers.runtime.held import Gateway, Held
from workers.runtime.intake import Intake, RunJob
from workers.settings import Settings
from workers.trial.happened import JobState
from workers.trial.records import Record
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


class Peak:
    """How many handlers ran at the same moment, at most."""

    def __init__(self) -> None:
        self.most = self._running = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a handler for the time of the block."""
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            yield
        finally:
            self._running -= 1


async def test_no_more_jobs_run_than_there_are_slots_and_the_rest_stays_in_the_broker(
    driver: EngineDriver, settings: Settings, bars: Bars
) -> None:
    """1,000 jobs at once: half of them wait for the first poll, half come by the stream."""
    peak, most_held = Peak(), 0

    async def work(job: Job, adapter: ZeebeAdapter) -> None:
        nonlocal most_held
        with peak.one_more():
            most_held = max(most_held, len(taking.held.jobs))
            await adapter.complete_job(job.key, {})

    await driver.deploy(many_tasks("intake-bound", "intake-bound"))
    waiting = await driver.start("intake-bound", {"count": 500})
    async with intake(settings, "intake-bound", work, held=Held(slots=16)) as taking:
        streamed = await driver.start("intake-bound", {"count": 500})
        for instance in (waiting, streamed):
            await driver.completed(instance, timeout=120)
    assert most_held <= 2 * taking.held.capacity  # the stream may fill the room that a waiting poll has asked for
    bars.add(
        "並行の上限",
        "枠 16 のワーカーに 1000 件（半分は滞留、半分はストリームで届く）",
        figure=f"同時に動いた処理 最大 {peak.most}",
        bound="ちょうど 16（枠を使い切り、超えない）",
        holds=peak.most == 16,
    )


async def test_the_stock_streams_start_more_jobs_than_they_may(
    driver: EngineDriver, settings: Settings, bars: Bars
) -> None:
    peak = Peak()
    async with open_channel(settings) as channel:
        worker = ZeebeWorker(channel, stream_enabled=True)

        @worker.task(task_type="intake-stock", max_running_jobs=4)  # type: ignore[arg-type]  # as in bench/peers
        async def work() -> None:
            with peak.one_more():
                await asyncio.sleep(0.2)

        await driver.deploy(many_tasks("intake-stock", "intake-stock"))
        async with beside(worker.work()):
            # The first instance is polled or streamed; by its end the stream is open for the second.
            await driver.completed(await driver.start("intake-stock", {"count": 1}))
            await driver.completed(await driver.start("intake-stock", {"count": 200}), timeout=120)
    bars.add(
        "並行の上限 対照",
        "max_running_jobs=4 の pyzeebe のストリームに 200 件",
        figure=f"同時に動いた処理 最大 {peak.most}",
        bound="4 を超えること",
        holds=peak.most > 4,
    )


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
        # A stop asks the engine for seconds only: on a busy machine a few jobs come by the end of their leases.
        await driver.completed(instance, timeout=120)


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
