"""Five hundred names and addresses go through everything that fails; none turns up where operators look (B9)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.chaos.casedesk import CASE_SECONDS, CaseDesk
from tests.chaos.stock import PROCESS, stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.surveying import outbox_empty
from tests.chaos.worker_process import WorkerProcess, worker_process
from tests.kit.bars import Bars
from tests.kit.desk import PACKS, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer, Stage
from workers.packs.scenarios import Scenario, read_scenario
from workers.readers.offerfile import read_offer
from workers.readers.offerinput import OfferInput, PartnerInput
from workers.scenarios.player import Player
from workers.settings import Settings
from workers.trial.driver import IncidentRaised
from workers.wiring import services

pytestmark = [
    pytest.mark.process,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(1800),
    pytest.mark.slow,
]
_AT_ONCE = 10


def partner(number: int) -> PartnerInput:
    """Return a partner whose every value is found nowhere else."""
    return PartnerInput(
        name=f"株式会社金糸雀商店{number:04}",
        representative=f"代表取締役 金糸雀 大吉{number:04}",
        contact=f"金糸雀 花子{number:04}",
        email=f"canary-{number:04}@kanariya{number:04}.example",
        phone=f"0270-77-{number:04}",
        address=f"群馬県伊勢崎市金糸雀町{number:04}番地",
    )


def canaries(number: int) -> set[str]:
    """Return what must not turn up of a partner: its values, and the parts of names and addresses."""
    given = partner(number)
    values = {str(getattr(given, field.name)) for field in fields(given)} - {""}
    return values | {f"大吉{number:04}", f"花子{number:04}", f"canary-{number:04}", f"kanariya{number:04}"}


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


async def test_no_name_or_address_reaches_logs_incidents_or_metrics(
    driver: EngineDriver, settings: Settings, server: SmtpServer, bars: Bars
) -> None:
    cases = 50 if bars.full else 4
    driver.timeout = CASE_SECONDS
    own = settings.model_copy(update={"smtp_host": HOST, "smtp_port": server.port, "log_level": "DEBUG"})
    for number in range(cases):
        address = partner(number).email
        if number % 3 == 0:
            server.fail(Stage.RCPT, f"550 5.1.1 <{address}> unknown", recipient=address)
        if number % 3 == 1:
            server.fail(Stage.RCPT, f"451 4.3.0 <{address}> later", recipient=address, times=2)
    await driver.deploy(pack_files("common", "isesaki"))
    with worker_process(own) as worker:
        worker.start(CHAOS_EXPLODE="4")
        async with services(own, clock=driver.clock) as built:
            city = built.packs.city("isesaki")
            folder = PACKS / "isesaki" / "scenarios"
            scenario = read_scenario(folder / "signed.toml")
            offer = read_offer(folder / scenario.input, city, driver.clock.today())
            room = asyncio.Semaphore(_AT_ONCE)
            passed: set[int] = set()

            async def one(number: int) -> None:
                async with room:
                    if await _play(driver, scenario, replace(offer, partner=partner(number))):
                        passed.add(number)

            async with asyncio.TaskGroup() as group:
                for number in range(cases):
                    group.create_task(one(number))
            await driver.incident()
            await outbox_empty(built)
            retries = sum(mail.attempts > 1 for mail in await built.mails.list())
            async with built.open_unit() as uow:
                kept = {case.partner.name for case in await uow.cases.all() if case.partner}
        seen = _what_operators_see(worker, driver)
        worker.stop()
    assert kept >= {partner(number).name for number in passed}, "what is looked for was there to leak"
    assert len(passed) >= cases / 2  # the others have failed at a step of theirs, with all that it was given
    wanted = set().union(*(canaries(number) for number in range(cases)))
    found = {place: sorted(canary for canary in wanted if canary in text) for place, text in seen.items()}
    count = sum(map(len, found.values()))
    incidents = len(driver.records.incidents)
    bars.add(
        "B9",
        f"氏名・住所など {len(wanted)} 種を持つ {cases} 件。DEBUG、処理の 1/4 が失敗、"
        "その 1/3 は最後まで失敗、メールの 2/3 が拒まれる",
        figure=f"記録 {len(seen['log'])} 字、停滞 {incidents} 件、メールのやり直し {retries} 通の中に {count} 件",
        bound="記録・停滞・指標の中に 0 件（停滞は起こしている）",
        holds=count == 0 and incidents > 0 and retries > 0 and len(seen["log"]) > 1000,
        found={place: names[:10] for place, names in found.items()},
    )


async def test_the_stock_worker_tells_names_and_addresses(
    driver: EngineDriver, server: SmtpServer, tmp_path: Path, bars: Bars
) -> None:
    cases = 50 if bars.full else 4
    await driver.deploy(stock_survey())
    log = tmp_path / "stock.log"
    with stock(driver.broker.gateway, server.port, log=log) as control:
        control.start(CHAOS_LOG="DEBUG")
        for number in range(cases):
            given = partner(number)
            if number % 3 == 0:
                server.fail(Stage.RCPT, f"550 5.1.1 <{given.email}> unknown", recipient=given.email)
            instance = await driver.start(PROCESS, {"count": 1, "email": given.email, "contact": given.contact})
            await (driver.incident(instance) if number % 3 == 0 else driver.completed(instance, timeout=60))
    seen = {"記録": log.read_text(encoding="utf-8"), "停滞": _incidents(driver)}
    told = {place: sum(partner(number).email in text for number in range(cases)) for place, text in seen.items()}
    bars.add(
        "B9 対照",
        f"同じ担当者とメールアドレスの {cases} 件を、pyzeebe そのまま・直接送信で。宛先の 1/3 が拒まれる",
        figure="、".join(f"{place}に出たアドレス {count}" for place, count in told.items()),
        bound="記録にも停滞にも出ること（B9 を満たさない）",
        holds=all(told.values()),
    )


async def _play(driver: EngineDriver, scenario: Scenario, offer: OfferInput) -> bool:
    """Go as far as the offer, True, or to the incident of a job that fails at every try."""
    desk = CaseDesk(driver)
    player = Player(scenario, offer, desk, {})
    await player.start("isesaki-signing")
    try:
        await player.play(scenario.steps[0])
        await driver.task("Task_CheckRequirements", instance=desk.instance)
    except IncidentRaised:
        return False
    return True


def _what_operators_see(worker: WorkerProcess, driver: EngineDriver) -> dict[str, str]:
    """Return the texts of logs, incidents and metrics, without JSON's escapes."""
    lines = []
    for line in worker.log().splitlines():
        try:
            lines.append(json.dumps(json.loads(line), ensure_ascii=False))
        except ValueError:
            lines.append(line)
    return {
        "log": "\n".join(lines),
        "incidents": _incidents(driver),
        "metrics": worker.metrics(),
    }


def _incidents(driver: EngineDriver) -> str:
    return "\n".join(incident.message for incident in driver.records.incidents.values())
