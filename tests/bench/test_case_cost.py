"""The CPU that a worker takes for a case, from the offer to the signature, beside the build that committed each job."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import grpc
import psutil
import pytest
from pyzeebe import ZeebeClient

from tests.bench.backlog import ratios, spread, told
from tests.bench.builds import BEFORE_GROUPS, built, worker_of
from tests.bench.cases import Office
from tests.bench.peer import Kind, Peer
from tests.bench.test_soak import steady
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.desk import pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
_CITY = "isesaki"
_APART_SECONDS = 2.0


@pytest.mark.asyncio
async def test_a_case_costs_little_cpu(tmp_path: Path, bars: Bars) -> None:
    cases, rounds = (20, 5) if bars.full else (2, 1)
    before = built(tmp_path / "before", BEFORE_GROUPS)
    spent: tuple[list[float], list[float]] = ([], [])
    with Broker(heap="1g", optimised=True) as broker, SmtpServer() as server:
        driver = EngineDriver(broker)
        await driver.deploy(pack_files("common", _CITY))
        for number in range(rounds):
            for which in (0, 1) if number % 2 else (1, 0):
                data = tmp_path / f"{number}{which}"
                taken = await _cost(broker, server, data, (before, None)[which], cases)
                told(f"case, {('before', 'now')[which]}: {taken:.2f} s of CPU")
                spent[which].append(taken)
        driver.api.close()
    found = ratios(spent[1], spent[0])
    bars.add(
        "案件",
        "伊勢崎市の案件 1 件（申出から締結まで）にワーカーが使う CPU、一つずつ確定していた版に対する比",
        figure=f"{spread(found, ' 倍', 2)}、いま {spread(spent[1], ' 秒', 2)}、前の版 {spread(spent[0], ' 秒', 2)}",
        bound="0.6 倍以下",
        holds=median(found) <= 0.6,
    )


async def _cost(broker: Broker, server: SmtpServer, data: Path, build: Path | None, cases: int) -> float:
    """Return the CPU seconds of a worker by case; what it takes to start is not counted."""
    settings = Settings(data=data, gateway_address=broker.gateway, rest_address=broker.rest)
    command, env = worker_of(build, "tests.bench.peers.survey_worker")
    env |= {
        "RENKEI_DATA": str(data),
        "RENKEI_REST_ADDRESS": broker.rest,
        "RENKEI_HEALTH_PORT": str(broker.ports.health),
        "RENKEI_SMTP_HOST": HOST,
        "RENKEI_SMTP_PORT": str(server.port),
    }
    async with services(settings) as made, grpc.aio.insecure_channel(broker.gateway) as channel:
        client = ZeebeClient(channel, max_connection_retries=-1)
        office = Office(broker.rest, client, made.packs.city(_CITY), "signed")
        broker._receiver.sink = office.take
        try:
            with Peer(Kind(name="renkei", argv=lambda: command, env=env), broker.gateway) as worker:
                worker.open("all")
                process = psutil.Process(worker.pid)
                before = process.cpu_times()
                await steady(office, server, cases, seconds=cases * _APART_SECONDS)
                after = process.cpu_times()
                worker.close()
        finally:
            await office.close()
    assert office.completed == cases
    return (after.user + after.system - before.user - before.system) / cases
