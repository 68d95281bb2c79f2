"""SIGTERM under load, and several worker processes on one registry and one engine."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from functools import partial

import pytest

from tests.chaos.at_work import JOBS_EACH, Expired, effects, many_tasks
from tests.chaos.stock import PROCESS as STOCK_PROCESS
from tests.chaos.stock import stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.worker_process import WorkerProcess, worker_process
from tests.kit.bars import Bars
from tests.kit.driver import EngineDriver
from tests.kit.smtp import SmtpServer
from workers.settings import Settings
from workers.trial.broker import free_ports

pytestmark = [
    pytest.mark.process,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(900),
    pytest.mark.slow,
]
_JOB = "chaos-effect"
_PROCESS = "scale-many"


def done(driver: EngineDriver, instances: list[int]) -> int:
    """Return how many of the instances' jobs are completed."""
    return sum(driver.records.completed("Task_Work", instance=instance) for instance in instances)


def _goes_on(driver: EngineDriver, instances: list[int], before: int) -> bool:
    return done(driver, instances) > before + 5


async def test_a_stop_under_load_takes_less_than_ten_seconds_and_no_job_is_delivered_again(
    driver: EngineDriver, settings: Settings, bars: Bars
) -> None:
    stops, jobs = (10, 30 * JOBS_EACH) if bars.full else (2, 3 * JOBS_EACH)
    draw = bars.random("stop")
    await driver.deploy(many_tasks(_PROCESS, _JOB))
    expired = Expired(driver)
    instances = [await driver.start(_PROCESS, {"count": JOBS_EACH, "ms": 20}) for _ in range(jobs // JOBS_EACH)]
    longest = 0.0
    codes: set[int] = set()
    with worker_process(settings) as worker:
        for _ in range(stops):
            worker.start()
            before = done(driver, instances)
            await driver.reached(partial(_goes_on, driver, instances, before), timeout=60)
            await asyncio.sleep(draw.uniform(0, 0.5))
            code, seconds = await asyncio.to_thread(worker.stop)
            longest, codes = max(longest, seconds), codes | {code}
        assert done(driver, instances) < jobs, "the stops came too late to be under load"
        worker.start()
        for instance in instances:
            await driver.completed(instance, timeout=600)
        again = _redelivered(worker)
        worker.stop()
    wrong = await effects(settings, jobs)
    bars.add(
        "停止",
        f"{jobs} 件を処理している最中に SIGTERM を {stops} 回",
        figure=f"最長 {longest:.1f} 秒、終了コード {sorted(codes)}、期限切れの配り直し {expired.count}、"
        f"処理済みの配り直し {again}" + (f"、{wrong}" if wrong else ""),
        bound="10 秒以内、終了コード 0、配り直し 0",
        holds=longest <= 10 and codes == {0} and not wrong and expired.count == again == 0,
    )


async def test_a_stop_of_the_stock_worker_leaves_jobs_to_run_out(driver: EngineDriver, bars: Bars) -> None:
    jobs = 100
    await driver.deploy(stock_survey())
    expired = Expired(driver)
    with SmtpServer(latency=3) as server, stock(driver.broker.gateway, server.port) as control:
        control.start()
        await driver.start(STOCK_PROCESS, {"count": jobs})
        await server.wait(lambda _: server.connections >= 5)
        control.stop()  # before the first mail is taken: the handlers are at work
        await driver.reached(lambda: expired.count, timeout=30, what="leases of the stopped worker that run out")
    bars.add(
        "停止 対照",
        f"{jobs} 件を処理している最中の pyzeebe そのままのワーカーに SIGTERM",
        figure=f"期限切れの配り直し {expired.count}",
        bound="配り直しが起きること",
        holds=expired.count > 0,
    )


def _redelivered(worker: WorkerProcess) -> int:
    line = next((x for x in worker.metrics().splitlines() if x.startswith("renkei_jobs_redelivered_total{")), "0 0")
    return int(float(line.rsplit(" ", 1)[1]))


async def test_more_worker_processes_do_more_and_nothing_twice(
    driver: EngineDriver, settings: Settings, postgres_url: str, bars: Bars
) -> None:
    jobs = (12 if bars.full else 2) * JOBS_EACH
    await driver.deploy(many_tasks(_PROCESS, _JOB))
    own = settings.model_copy(update={"database_url": postgres_url, "concurrency": 4})
    rates: dict[int, float] = {}
    expired = Expired(driver)
    for processes in (1, 2, 4):
        with ExitStack() as stack:
            for number in range(processes):
                port = free_ports().health
                one = own.model_copy(update={"health_port": port})
                worker = stack.enter_context(worker_process(one, name=f"worker-{number}"))
                worker.start()
            started = time.monotonic()
            instances = [
                await driver.start(_PROCESS, {"count": JOBS_EACH, "ms": 300}) for _ in range(jobs // JOBS_EACH)
            ]
            for instance in instances:
                await driver.completed(instance, timeout=600)
            rates[processes] = jobs / (time.monotonic() - started)
    wrong = await effects(own, 3 * jobs)
    bars.add(
        "並列",
        f"1 件に 0.3 秒かかる {jobs} 件を、1・2・4 個のワーカー（同時 4 件ずつ）で。PostgreSQL は共用",
        figure="毎秒 "
        + "、".join(f"{count} 個で {rate:.1f} 件" for count, rate in rates.items())
        + f"、期限切れ {expired.count}"
        + (f"、{wrong}" if wrong else "、処理は各 1 回"),
        bound="2 個で 1 個の 1.7 倍以上、期限切れ 0、処理は各 1 回",
        holds=not wrong and rates[2] >= 1.7 * rates[1] and expired.count == 0,
    )
