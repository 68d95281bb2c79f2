"""The mail server fails for minutes in every way: nothing is lost, nobody is bothered, then the queue drains (B4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.stock import PROCESS, stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.surveying import delivered, outbox_empty, survey_under_way
from tests.kit.bars import Bars
from tests.kit.certificates import certificate
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer, Stage
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A way in which a mail server fails."""

    name: str
    begin: Callable[[SmtpServer], object]
    end: Callable[[SmtpServer], None]


def _heal(server: SmtpServer) -> None:
    server.heal()


OUTAGES = [
    Outage(name="接続を拒む", begin=lambda server: server.refuse(), end=lambda server: server.listen()),
    Outage(name="421 を返す", begin=lambda server: server.fail(Stage.CONNECT, "421 4.3.2 busy"), end=_heal),
    Outage(name="答えない", begin=lambda server: server.fail(Stage.MAIL, "hang"), end=_heal),
    Outage(name="本文の途中で切る", begin=lambda server: server.fail(Stage.MESSAGE, "drop"), end=_heal),
    Outage(name="後で送れ（451）と言う", begin=lambda server: server.fail(Stage.RCPT, "451 4.3.0 later"), end=_heal),
]


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def settings(settings: Settings, server: SmtpServer) -> Settings:
    """Settings of a worker that mails to the test's server."""
    return settings.model_copy(update={"smtp_host": HOST, "smtp_port": server.port})


@pytest.mark.slow
@pytest.mark.parametrize("outage", OUTAGES, ids=lambda outage: outage.name)
async def test_a_survey_goes_out_when_the_mail_server_is_back(
    outage: Outage, driver: EngineDriver, settings: Settings, server: SmtpServer, bars: Bars
) -> None:
    away = 120 if bars.full else 5
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        outage.begin(server)
        city = at_work.services.packs.city("isesaki")
        instance = await survey_under_way(driver, city)
        await driver.settled()
        await asyncio.sleep(away)
        kept = len(server.accepted)
        outage.end(server)
        started = time.monotonic()
        await outbox_empty(at_work.services)
        seconds = time.monotonic() - started
        result = await delivered(at_work.services, server)
    incidents = len(driver.records.open_incidents(instance))
    assert kept == 0
    assert result.wanted == sum(department.surveyed for department in city.departments)
    bars.add(
        "B4",
        f"メールサーバーが {away} 秒、{outage.name}",
        figure=f"{result.figure}、停滞 {incidents}、復旧から {seconds:.0f} 秒で送り終えた",
        bound="欠け・未送信・停滞 0、300 秒以内",
        holds=(result.lost, result.unsent, result.altered, incidents) == (0, 0, 0, 0) and seconds <= 300,
    )


@pytest.mark.slow
async def test_a_survey_goes_out_when_the_certificate_is_mended(
    driver: EngineDriver, settings: Settings, bars: Bars, tmp_path: Path
) -> None:
    away = 120 if bars.full else 5
    await driver.deploy(pack_files("common", "isesaki"))
    with SmtpServer(tls=certificate(tmp_path, good=False)[0]) as wrong:
        port = wrong.port
        strict = settings.model_copy(update={"smtp_tls": "starttls", "smtp_port": port})
        async with office(driver, strict) as at_work:
            city = at_work.services.packs.city("isesaki")
            instance = await survey_under_way(driver, city)
            await driver.settled()
            await asyncio.sleep(away)
            waiting = (await at_work.services.mails.depth_and_age()).waiting
            assert wrong.accepted == []
        incidents = len(driver.records.open_incidents(instance))
    with SmtpServer() as mended:
        async with office(driver, settings.model_copy(update={"smtp_port": mended.port})) as at_work:
            await outbox_empty(at_work.services)
            result = await delivered(at_work.services, mended)
    assert result.wanted == sum(department.surveyed for department in city.departments)
    bars.add(
        "B4",
        f"メールサーバーの証明書が {away} 秒、正しくない。設定を直してワーカーを起動し直す",
        figure=f"その間 {waiting} 通が待った。{result.figure}、停滞 {incidents}",
        bound="欠け・未送信・停滞 0",
        holds=(result.lost, result.unsent, result.altered, incidents) == (0, 0, 0, 0),
    )


@pytest.mark.slow
async def test_the_stock_worker_that_mails_itself_needs_a_person(
    driver: EngineDriver, server: SmtpServer, bars: Bars
) -> None:
    await driver.deploy(stock_survey())
    server.refuse()
    instance = await driver.start(PROCESS, {"count": 20})
    with stock(driver.broker.gateway, server.port) as control:
        control.start()
        await driver.records.wait(lambda: len(driver.records.open_incidents(instance)) > 0, timeout=60)
        await asyncio.sleep(10)
        server.listen()
        await asyncio.sleep(15)
    incidents = len(driver.records.open_incidents(instance))
    bars.add(
        "B4 対照",
        "接続を拒むメールサーバーに、pyzeebe そのまま・直接送信で 20 通",
        figure=f"復旧の 15 秒後も {incidents} 件が停滞し、{len(server.accepted)} 通だけ届いた",
        bound="停滞が起きること",
        holds=incidents > 0,
    )
