"""The soak: cases through the whole spine at a steady pace, for as long as ``MINUTES`` says (``make soak``)."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from statistics import median, quantiles

import grpc
import psutil
import pytest
from pyzeebe import ZeebeClient

from tests.bench.backlog import told
from tests.bench.cases import Office
from tests.bench.peer import Kind, Peer
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.desk import pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry.queue import QueueStatus
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(6 * 3600)]
_CASES_AN_HOUR = 2000
_CITY = "isesaki"
_LAST_SECONDS = 600.0
_SAMPLE_SECONDS = 1.0


async def sampled(pid: int, found: list[int]) -> None:
    """Note the worker's resident memory every second."""
    process = psutil.Process(pid)
    while True:
        found.append(process.memory_info().rss)
        await asyncio.sleep(_SAMPLE_SECONDS)


def growth(samples: list[int]) -> float:
    """Return the growth from the second tenth of the time, when all is loaded, to the last tenth."""
    tenth = max(len(samples) // 10, 1)
    return median(samples[-tenth:]) / median(samples[tenth : 2 * tenth]) - 1


def test_growth_compares_the_second_tenth_with_the_last() -> None:
    assert growth([50] * 10 + [100] * 80 + [105] * 10) == pytest.approx(0.05)


@pytest.mark.asyncio
async def test_cases_at_a_steady_pace_leave_memory_and_mails_as_they_were(tmp_path: Path, bars: Bars) -> None:
    minutes = float(os.environ.get("MINUTES") or (3 if bars.full else 0.5))
    cases = max(round(_CASES_AN_HOUR * minutes / 60), 3)
    with Broker(heap="1g", optimised=True) as broker, SmtpServer() as server:
        settings = Settings(data=tmp_path, gateway_address=broker.gateway, rest_address=broker.rest)
        driver = EngineDriver(broker)
        await driver.deploy(pack_files("common", _CITY))
        env = {
            "RENKEI_DATA": str(tmp_path),
            "RENKEI_REST_ADDRESS": broker.rest,
            "RENKEI_HEALTH_PORT": str(broker.ports.health),
            "RENKEI_SMTP_HOST": HOST,
            "RENKEI_SMTP_PORT": str(server.port),
        }
        command = (sys.executable, "-m", "tests.bench.peers.survey_worker")
        async with services(settings) as built, grpc.aio.insecure_channel(broker.gateway) as channel:
            office = Office(
                broker.rest, ZeebeClient(channel, max_connection_retries=-1), built.packs.city(_CITY), "signed"
            )
            broker._receiver.sink = office.take
            with Peer(Kind(name="renkei", argv=lambda: command, env=env), broker.gateway) as worker:
                worker.open("all")
                samples: list[int] = []
                sampling = asyncio.create_task(sampled(worker.pid, samples))
                await steady(office, server, cases, seconds=minutes * 60)
                sampling.cancel()
                worker.close()
            mails = await built.mails.list()
        await office.close()
        driver.api.close()
    waits = [(mail.sent_at - mail.queued_at).total_seconds() for mail in mails if mail.sent_at]
    p95 = quantiles(waits, n=100)[94]
    unsent = sum(mail.status is not QueueStatus.SENT for mail in mails)
    done = f"{minutes:g} 分に {cases} 件（伊勢崎市、申出から締結まで）、メール {len(mails)} 通"
    more = growth(samples)
    bars.add(
        "連続運転",
        f"{done}、ワーカーの常駐メモリーの伸び",
        figure=f"{more:+.1%}（{median(samples) / 2**20:.0f} MiB 前後）",
        bound="10 % 以下",
        holds=more <= 0.1,
        samples=samples[:: max(len(samples) // 120, 1)],
    )
    bars.add("連続運転", "登録から受理までの時間の p95", figure=f"{p95:.2f} 秒", bound="5 秒以下", holds=p95 <= 5)
    bars.add(
        "連続運転",
        "終わった案件、インシデント、届かなかったメール",
        figure=f"{office.completed} 件、{len(office.incidents)} 件、{unsent} 通",
        bound=f"{cases} 件、0 件、0 通",
        holds=(office.completed, len(office.incidents), unsent) == (cases, 0, 0),
        incidents=office.incidents[:10],
    )


async def steady(office: Office, server: SmtpServer, cases: int, *, seconds: float) -> None:
    """Start cases at equal distances and wait until all are over."""
    started = time.monotonic()
    running: list[asyncio.Task[None]] = []
    for number in range(cases):
        await asyncio.sleep(max(started + number * seconds / cases - time.monotonic(), 0))
        running.append(asyncio.create_task(office.run_case()))
        if number % 50 == 0:
            server.accepted.clear()
            told(f"soak: {number} cases started, {office.completed} over, {len(office.incidents)} incidents")
    _, late = await asyncio.wait(running, timeout=_LAST_SECONDS)
    for task in late:
        task.cancel()
