"""The broker goes away and comes back while the workers run: the same process works on (B3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.chaos.at_work import at_work, many_tasks, one_task
from tests.chaos.outages import seconds_to_work
from tests.chaos.stock import PROCESS, stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.worker_process import worker_process
from tests.kit.bars import Bars
from tests.kit.driver import EngineDriver
from tests.kit.proxy import Proxy
from tests.kit.smtp import HOST, SmtpServer
from workers.jobs.catalog import JobInput
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]
WITHIN_SECONDS = 15.0
_CONTROL_DIES = 12
"""Outages that a stock worker does not outlive: it closes its channel at its tenth connection error."""


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


async def echo(job: JobInput, _uow: UnitOfWork) -> dict[str, Any]:
    return {"echoed": job.variables["count"]}


async def ready(settings: Settings) -> tuple[int, dict[str, Any]]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.get(f"http://127.0.0.1:{settings.health_port}/readyz")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("graceful", [pytest.param(False, id="killed"), pytest.param(True, id="stopped")])
async def test_the_same_process_works_again_within_seconds_of_the_brokers_return(
    graceful: bool,  # noqa: FBT001 (a parameter of the test)
    driver: EngineDriver,
    settings: Settings,
    server: SmtpServer,
    bars: Bars,
) -> None:
    broker = driver.broker
    away = 60 if bars.full else 0
    await driver.deploy(one_task("restart-echo", "restart-echo"))
    await driver.deploy(stock_survey())
    with stock(broker.gateway, server.port) as control:
        control.start()
        async with at_work(driver, settings, restart_echo=echo):
            assert await seconds_to_work(driver, "restart-echo", within=60) < float("inf")
            assert await seconds_to_work(driver, PROCESS, within=60) < float("inf")
            assert (await ready(settings))[0] == 200
            await asyncio.to_thread(broker.stop if graceful else broker.kill)
            while_away = await ready(settings)
            await asyncio.sleep(away)
            broker.launch()
            await asyncio.to_thread(broker.wait_ready)
            seconds = await seconds_to_work(driver, "restart-echo", within=60)
            parts = ("gateway", "registry", "intake", "polling", "sender", "calls", "mail", "restored")
            all_well = {"ready": True, **dict.fromkeys(parts, "ok")}
            assert await ready(settings) == (200, all_well)
            if away:  # a blink costs the control one or two of its ten errors
                control_seconds = await seconds_to_work(driver, PROCESS, within=30)
                _add_control(
                    bars,
                    f"{'停止' if graceful else 'kill -9'}（{away} 秒）",
                    control_seconds,
                    30,
                    running=control.running,
                )
    status, report = while_away
    assert (status, report["ready"], report["registry"]) == (503, False, "ok")
    assert report["gateway"] != "ok"
    bars.add(
        "B3",
        f"ブローカーを{'止め' if graceful else ' kill -9 し'}、{away} 秒後に起動",
        figure=f"ブローカーの復帰から {seconds:.1f} 秒で処理を再開",
        bound=f"{WITHIN_SECONDS:g} 秒以内、同じプロセスのまま",
        holds=seconds <= WITHIN_SECONDS,
    )


async def test_one_outage_in_the_middle_of_work_stops_the_stock_worker_for_good_and_not_ours(
    driver: EngineDriver, settings: Settings, server: SmtpServer, bars: Bars
) -> None:
    """Each job whose end the control cannot tell is one of the ten connection errors that pyzeebe allows for life."""
    jobs, server.latency = 12, 2.0
    await driver.deploy(many_tasks("chaos-effect", "chaos-effect"))
    await driver.deploy(stock_survey())
    with Proxy(driver.broker.ports.gateway) as proxy:
        gateway = f"{HOST}:{proxy.port}"
        ours = settings.model_copy(update={"gateway_address": gateway})
        with worker_process(ours) as worker, stock(gateway, server.port) as control:
            control.start()
            worker.start()
            instance = await driver.start("chaos-effect", {"count": jobs, "ms": 500})
            await driver.start(PROCESS, {"count": jobs})
            await server.wait(lambda _: server.connections == jobs)
            proxy.cut()
            await server.wait(lambda mails: len(mails) == jobs)
            await asyncio.sleep(1)  # the control tries to tell the engine
            proxy.open()
            seconds = await seconds_to_work(driver, "chaos-effect", within=60)
            await driver.completed(instance, timeout=60)
            control_seconds = await seconds_to_work(driver, PROCESS, within=WITHIN_SECONDS)
            running = worker.running, control.running
    bars.add(
        "B3",
        f"{jobs} 件を処理している最中に、ゲートウェイへの接続を一度切る",
        figure=f"{seconds:.1f} 秒で再開し、切ったときの {jobs} 件も終えた",
        bound=f"{WITHIN_SECONDS:g} 秒以内、同じプロセスのまま",
        holds=seconds <= WITHIN_SECONDS and running[0],
    )
    _add_control(bars, "一度の切断", control_seconds, WITHIN_SECONDS, running=running[1])


def _add_control(bars: Bars, what: str, seconds: float, waited: float, *, running: bool) -> None:
    """Add the bar of a control that must have stopped for good without a word: its process lives and does nothing."""
    state = "プロセスは残っている" if running else "プロセスは終わった"
    bars.add(
        "B3 対照",
        f"{what}を受けた pyzeebe そのままのワーカー",
        figure=f"{waited:g} 秒待っても処理しない（{state}）"
        if seconds == float("inf")
        else f"{seconds:.1f} 秒で処理した",
        bound="止まったままであること",
        holds=seconds == float("inf"),
    )


@pytest.mark.slow
async def test_many_short_outages_stop_the_stock_worker_for_good_and_not_ours(
    driver: EngineDriver, settings: Settings, server: SmtpServer, bars: Bars
) -> None:
    outages = 50 if bars.full else _CONTROL_DIES + 2
    draw = bars.random("B3")
    await driver.deploy(many_tasks("chaos-effect", "chaos-effect"))
    await driver.deploy(stock_survey())
    with Proxy(driver.broker.ports.gateway) as proxy:
        gateway = f"{HOST}:{proxy.port}"
        ours = settings.model_copy(update={"gateway_address": gateway})
        with worker_process(ours) as worker, stock(gateway, server.port) as control:
            worker.start()
            control.start()
            assert await seconds_to_work(driver, PROCESS, within=60) < float("inf")
            worst = 0.0
            for number in range(outages):
                proxy.cut()
                await asyncio.sleep(draw.uniform(0.2, 1.5))
                proxy.open()
                worst = max(worst, await seconds_to_work(driver, "chaos-effect", within=60))
                # The control sleeps five seconds after an error, and what happens meanwhile is none to it.
                await asyncio.sleep(draw.uniform(5, 6) if number < _CONTROL_DIES else draw.uniform(0, 2))
            control_seconds = await seconds_to_work(driver, PROCESS, within=30)
            running = worker.running, control.running
    bars.add(
        "B3",
        f"ゲートウェイへの接続を {outages} 回、短く切る",
        figure=f"切断のたびに処理を再開、最長 {worst:.1f} 秒",
        bound=f"毎回 {WITHIN_SECONDS:g} 秒以内、同じプロセスのまま",
        holds=worst <= WITHIN_SECONDS and running[0],
    )
    _add_control(bars, f"{outages} 回の切断", control_seconds, 30, running=running[1])
