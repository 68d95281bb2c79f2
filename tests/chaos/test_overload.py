"""Too much at once, a slow or full disk, an engine that pushes back: bounded, and well again without a hand."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import aiosqlite
import grpc
import pytest
from pyzeebe import ZeebeClient
from pyzeebe.errors import ZeebeBackPressureError

from tests.chaos.at_work import JOBS_EACH, Expired, effects, many_tasks, one_task
from tests.chaos.worker_process import WorkerProcess, worker_process
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.driver import EngineDriver
from tests.kit.proxy import Proxy
from workers.runtime.held import Held
from workers.settings import Settings
from workers.trial.happened import State

pytestmark = [
    pytest.mark.process,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(1800),
    pytest.mark.slow,
]
_JOB = "chaos-effect"
_LEASE_SECONDS = 20
_RETRY = re.compile(r'renkei_jobs_total\{outcome="fail",type="chaos-effect"\} (\S+)')
_HELD = re.compile(r"^renkei_jobs_held (\S+)", re.MULTILINE)
_MEMORY_MB = 200


async def watched(worker: WorkerProcess, driver: EngineDriver, instances: int, *, seconds: float) -> tuple[float, int]:
    """Wait until so many have ended; returns the worker's largest resident memory in megabytes and most jobs held."""
    most, most_held = 0.0, 0
    all_over = driver.reached(lambda: ended(driver) == instances, timeout=seconds, what="all instances")
    done = asyncio.create_task(all_over)
    while not done.done():
        most = max(most, worker.megabytes())
        held = _HELD.search(await asyncio.to_thread(worker.metrics))
        most_held = max(most_held, int(float(held[1])) if held else 0)
        await asyncio.wait({done}, timeout=0.2)
    await done
    return most, most_held


def failures(worker: WorkerProcess) -> int:
    """Return how many jobs the worker has failed: tries that cost the engine work."""
    found = _RETRY.search(worker.metrics())
    return int(float(found[1])) if found else 0


async def test_ten_thousand_jobs_at_once_leave_memory_and_concurrency_bounded(settings: Settings, bars: Bars) -> None:
    instances = 100 if bars.full else 3
    jobs = instances * JOBS_EACH
    with Broker(heap="1g", optimised=True) as broker:
        driver = EngineDriver(broker, timeout=120)
        own = settings.model_copy(update={"gateway_address": broker.gateway, "rest_address": broker.rest})
        await driver.deploy(many_tasks("overload-many", _JOB))
        expired = Expired(driver)
        for _ in range(instances):
            await driver.start("overload-many", {"count": JOBS_EACH, "ms": 0})
        with worker_process(own) as worker:
            worker.start()
            before = worker.megabytes()
            started = time.monotonic()
            most, held = await watched(worker, driver, instances, seconds=900)
            seconds = time.monotonic() - started
            failed = failures(worker)
            worker.stop()
        driver.api.close()
    wrong = await effects(own, jobs)
    most_held = Held(slots=settings.concurrency).capacity
    bars.add(
        "過負荷",
        f"ジョブ {jobs} 個が一度に生じる",
        figure=f"{seconds:.0f} 秒で完了、メモリ {before:.0f} → 最大 {most:.0f} MB、手元に最大 {held} 個、"
        f"失敗 {failed}、期限切れ {expired.count}" + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound=f"メモリの増えは {_MEMORY_MB} MB 以下、手元に {most_held} 個以下、失敗・期限切れ 0、処理は各 1 回",
        holds=not wrong and most - before <= _MEMORY_MB and 0 < held <= most_held and failed == expired.count == 0,
    )


async def test_a_slow_database_slows_the_work_and_breaks_nothing(
    driver: EngineDriver, settings: Settings, postgres_url: str, bars: Bars
) -> None:
    jobs, delay = (500, 0.2) if bars.full else (40, 0.1)
    await driver.deploy(many_tasks("overload-slow", _JOB))
    address, port = (
        re.subn(r"(@[^:/]+):\d+", r"\1:{port}", postgres_url)[0],
        int(re.findall(r":(\d+)/", postgres_url)[0]),
    )
    with Proxy(port) as proxy:
        slow = settings.model_copy(update={"database_url": address.format(port=proxy.port)})
        with worker_process(slow) as worker:
            worker.start()
            proxy.delay = delay
            instance = await driver.start("overload-slow", {"count": jobs, "ms": 0})
            await asyncio.sleep(2)
            proxy.cut()
            await asyncio.sleep(20 if bars.full else 3)
            proxy.open()
            await driver.completed(instance, timeout=600)
            failed = failures(worker)
            worker.stop()
    wrong = await effects(settings.model_copy(update={"database_url": postgres_url}), jobs)
    bars.add(
        "過負荷",
        f"PostgreSQL の応答が毎回 {delay * 1000:.0f} ms 遅く、途中で切れる間に {jobs} 件",
        figure=f"停滞 0、やり直し {failed} 回" + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound=f"停滞 0、処理は各 1 回、やり直しは {jobs} 回以下",
        holds=not wrong and failed <= jobs and not driver.records.open_incidents(instance),
    )


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Hold SQLite's write lock, as a backup or a stuck process does."""
    async with aiosqlite.connect(database, isolation_level=None) as connection:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.execute("ROLLBACK")


async def test_a_locked_database_is_waited_for(driver: EngineDriver, settings: Settings, bars: Bars) -> None:
    jobs, seconds = (200, 100) if bars.full else (20, 35)  # a transaction waits 30 s before it gives up
    await driver.deploy(many_tasks("overload-locked", _JOB))
    with worker_process(settings) as worker:
        worker.start()
        async with locked(settings.data / "registry.sqlite3"):
            instance = await driver.start("overload-locked", {"count": jobs, "ms": 0})
            await asyncio.sleep(seconds)
        await driver.completed(instance, timeout=300)
        failed = failures(worker)
        worker.stop()
    wrong = await effects(settings, jobs)
    bars.add(
        "過負荷",
        f"SQLite が {seconds} 秒ほかのプログラムにふさがれている間に {jobs} 件",
        figure=f"停滞 0、やり直し {failed} 回" + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound=f"停滞 0、処理は各 1 回、やり直しは {jobs} 回以下",
        holds=not wrong and failed <= jobs and not driver.records.open_incidents(instance),
    )


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Yield a disk of 8 MB."""
    disk = folder / "disk"
    disk.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], check=False).returncode
    ):
        pytest.skip("小さなディスクを作れません（mount の権限がありません）")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


async def test_a_full_disk_stops_the_work_until_there_is_room(
    driver: EngineDriver, settings: Settings, tmp_path: Path, bars: Bars
) -> None:
    jobs, seconds = (300, 90) if bars.full else (30, 15)
    await driver.deploy(many_tasks("overload-full", _JOB))
    with small_disk(tmp_path) as disk:
        own = settings.model_copy(update={"data": disk})
        with worker_process(own) as worker:
            worker.start()
            ballast = disk / "ballast"
            with ballast.open("wb", buffering=0) as file, suppress(OSError):
                while file.write(b"0" * 4096):
                    pass
            instance = await driver.start("overload-full", {"count": jobs, "ms": 0})
            await asyncio.sleep(seconds)
            assert not driver.records.passed("Done", instance=instance)
            ballast.unlink()
            started = time.monotonic()
            await driver.completed(instance, timeout=120)
            recovery = time.monotonic() - started
            failed = failures(worker)
            worker.stop()
        wrong = await effects(own, jobs)
    bars.add(
        "過負荷",
        f"データベースとログのディスクが {seconds} 秒いっぱいの間に {jobs} 件",
        figure=f"停滞 0、空きができて {recovery:.0f} 秒で完了、やり直し {failed} 回"
        + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound="停滞 0、60 秒以内、処理は各 1 回",
        holds=not wrong and recovery <= 60 and not driver.records.open_incidents(instance),
    )


async def test_the_engines_back_pressure_is_waited_out(settings: Settings, bars: Bars) -> None:
    jobs = 2_000 if bars.full else 200
    tight = {"ZEEBE_BROKER_BACKPRESSURE_ALGORITHM": "fixed", "ZEEBE_BROKER_BACKPRESSURE_FIXED_LIMIT": "3"}
    with Broker(env=tight) as broker:
        driver = EngineDriver(broker, timeout=120)
        expired = Expired(driver)
        own = settings.model_copy(update={"gateway_address": broker.gateway, "rest_address": broker.rest})
        await driver.deploy(one_task("overload-pressed", _JOB))
        with worker_process(own) as worker:
            worker.start()
            refused = await flood(broker, jobs)
            await driver.reached(lambda: ended(driver) == jobs, timeout=600, what="all instances")
            failed = failures(worker)
            worker.stop()
        driver.api.close()
    wrong = await effects(own, jobs)
    bars.add(
        "過負荷",
        f"エンジンが押し返す（back-pressure）中で {jobs} 件を始める",
        figure=f"エンジンの拒否 {refused} 回、失敗 {failed}、期限切れ {expired.count}"
        + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound="拒否が起き、失敗 0、処理は各 1 回",
        holds=not wrong and refused > 0 and failed == 0,
    )


def ended(driver: EngineDriver) -> int:
    """Return how many instances are completed."""
    return sum(instance.state is State.COMPLETED for instance in driver.records.instances.values())


async def flood(broker: Broker, count: int) -> int:
    """Start instances as fast as the engine lets us; returns how often it refused."""
    refused, left = 0, count
    async with grpc.aio.insecure_channel(broker.gateway) as channel:
        client = ZeebeClient(channel, max_connection_retries=-1)

        async def starter() -> None:
            nonlocal refused, left
            while left > 0:
                left -= 1
                while True:
                    try:
                        await client.run_process("overload-pressed", {"ms": 0})
                        break
                    except ZeebeBackPressureError:
                        refused += 1
                        await asyncio.sleep(0.05)

        await asyncio.gather(*(starter() for _ in range(20)))
    return refused
