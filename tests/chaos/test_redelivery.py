"""Every job is delivered twice by the engine, and the registry is as after a clean run (B5)."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pyzeebe import Job
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter
from sqlalchemy import BigInteger, LargeBinary, literal, select

from tests.chaos.casedesk import CASE_SECONDS, CaseDesk
from tests.chaos.homes import home_with_departments
from tests.chaos.stock import PROCESS, stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.surveying import outbox_empty
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.desk import PACKS, Office, office, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.mail import Mail
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry.columns import Moment
from workers.adapters.registry.groups import JobGroups
from workers.adapters.registry.tables import metadata
from workers.packs.scenarios import read_scenario
from workers.readers.offerfile import read_offer
from workers.runtime import supervisor
from workers.runtime.intake import Intake
from workers.runtime.jobrunner import JobRunner
from workers.scenarios.player import Player
from workers.settings import Settings
from workers.usecases.open_case import file_case
from workers.wiring import Services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(2400)]
_AT_ONCE = 50
"""Cases at work: most of a case's time is waiting for the engine to deliver a job again."""
_KEPT = ("anzen", "korei", "kosodate")
_NOT_COMPARED = {
    "applied_job",  # the engine's keys of each job; that none is there twice is its primary key's matter
    "alembic_version",  # the same program
    "deployed_definition",  # deployed once, before both runs
}
_KEYS = re.compile(r"(?<!\d)\d{15,}(?!\d)|-a\d+\b")
"""The engine's keys, and agreement ids, which are drawn in the order in which cases happen to be signed."""
_DRAWN = {
    "sha256",  # a Word file is an archive that holds the moment at which it was made
    "size",  # and is compressed with it
    "lease_owner",  # names the process
    "attempts",  # counts claims: a sender that stops gives back what it has not sent
    "message_id",  # drawn at random for each mail; the mails themselves are compared
}


@dataclass(frozen=True, kw_only=True)
class Registries:
    """Empty registries on one kind of database. ``open`` tells the address of a new one, empty for the data folder."""

    name: str
    open: Callable[[], AbstractContextManager[str]]


@pytest.fixture(name="broker", scope="module")
def _broker() -> Iterator[Broker]:
    """A broker for much work: records one by one would cost this process more than the cases themselves."""
    with Broker(heap="1g", optimised=True) as running:
        yield running


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(name="registries", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def _registries(request: pytest.FixtureRequest) -> Registries:
    if request.param == "sqlite":
        return Registries(name="SQLite", open=lambda: nullcontext(""))
    return Registries(name="PostgreSQL", open=request.getfixturevalue("postgres").database)


@pytest.mark.slow
async def test_the_registry_is_the_same_when_every_job_is_delivered_twice(
    driver: EngineDriver,
    settings: Settings,
    server: SmtpServer,
    registries: Registries,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bars: Bars,
) -> None:
    cases = 200 if bars.full else 4
    driver.timeout = CASE_SECONDS
    home = home_with_departments(tmp_path, "isesaki", 4, keep=_KEPT)
    await driver.deploy(pack_files("common", "isesaki"))

    async def run(name: str) -> tuple[dict[str, Counter[str]], Counter[str]]:
        data = tmp_path / name
        data.mkdir()
        mailing = {"data": data, "home": home, "smtp_host": HOST, "smtp_port": server.port}
        server.accepted.clear()
        with registries.open() as url:
            async with office(driver, settings.model_copy(update={**mailing, "database_url": url})) as at_work:
                await _play(at_work, cases)
                await driver.settled(timeout=120)
                await outbox_empty(at_work.services)
                return await contents(at_work.services), Counter(_letter(mail) for mail in server.accepted)

    registry, mails = await run("once")
    deliveries: Counter[int] = Counter()
    undone: Counter[bool] = Counter()
    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "Intake", partial(Intake, lease_seconds=2))
        patch.setattr(JobRunner, "run", _deaf_at_first(JobRunner.run, deliveries))
        patch.setattr(JobGroups, "_keep", _undone_at_last(JobGroups._keep, undone))
        twice_registry, twice_mails = await run("twice")
    different = [table for table in registry if registry[table] != twice_registry[table]]
    rows = sum(sum(counted.values()) for counted in registry.values())
    again = sum(count > 1 for count in deliveries.values())
    extra = sum((twice_mails - mails).values()) + sum((mails - twice_mails).values())
    bars.add(
        "B5",
        f"{cases} 件を締結まで進め、すべてのジョブ（{len(deliveries)} 個）をエンジンに 2 度配らせ、"
        f"一つおきの組を確定の前に取り消す（{registries.name}）",
        figure=f"取り消した組 {undone[True]}、確定した組 {undone[False]}、"
        f"2 度以上届いたジョブ {again}、{len(registry)} 表 {rows} 行のうち違う表 {len(different)}、"
        f"違うメール {extra}",
        bound="すべて 2 度届き、違う表 0、違うメール 0",
        holds=not different and not extra and again == len(deliveries) > 0 and min(undone[True], undone[False]) > 0,
        different={table: _differences(registry[table], twice_registry[table]) for table in different},
    )


@pytest.mark.slow
async def test_the_stock_worker_mails_again_what_is_delivered_again(
    driver: EngineDriver, server: SmtpServer, bars: Bars
) -> None:
    jobs = 200 if bars.full else 10
    await driver.deploy(stock_survey())
    instance = await driver.start(PROCESS, {"count": jobs})
    with stock(driver.broker.gateway, server.port) as control:
        control.start(CHAOS_DEAF="1")
        await driver.completed(instance, timeout=CASE_SECONDS)
    copies = Counter(mail.recipients[0] for mail in server.accepted)
    again = sum(count > 1 for count in copies.values())
    bars.add(
        "B5 対照",
        f"pyzeebe そのまま・直接送信で、すべてのジョブ（{jobs} 個）をエンジンに 2 度配らせる",
        figure=f"2 通以上届いた宛先 {again}",
        bound="B5 を満たさないこと",
        holds=again > 0,
    )


def _deaf_at_first(run: Any, deliveries: Counter[int]) -> Any:
    async def deaf(self: JobRunner, job: Job, adapter: ZeebeAdapter) -> Any:
        """Do the work of the first delivery but tell the engine nothing: it delivers the job again."""
        deliveries[job.key] += 1
        if deliveries[job.key] == 1:
            await self.decide(job)
            return None
        return await run(self, job, adapter)

    return deaf


def _undone_at_last(keep: Any, undone: Counter[bool]) -> Any:
    async def keeping(self: JobGroups, group: Any, seats: Any) -> None:
        """Undo every other group when all of its handlers have run: each of them then runs a second time."""
        undo = undone[True] <= undone[False]
        undone[undo] += 1
        if undo:
            raise ValueError("undone by the test")
        await keep(self, group, seats)

    return keeping


async def _play(at_work: Office, cases: int) -> None:
    """Drive cases to their signature, several at once; their ids are drawn in order."""
    services = at_work.services
    city = services.packs.city("isesaki")
    folder = PACKS / "isesaki" / "scenarios"
    scenario = read_scenario(folder / "signed.toml")
    assert scenario.steps[0].offer
    offer = read_offer(folder / scenario.input, city, at_work.driver.clock.today())
    room = asyncio.Semaphore(_AT_ONCE)
    ids = []
    for _ in range(cases):
        async with services.open_unit() as uow:
            ids.append((await file_case(uow, city, offer)).id)

    async def one(case_id: str) -> None:
        async with room:
            desk = CaseDesk(at_work.driver)
            player = Player(scenario, offer, desk, {d.code: d.group for d in city.departments})
            await player.start(city.signing_process, case_id)
            for step in scenario.steps[1:]:  # the filed case has its offer
                await player.play(step)
            await at_work.driver.completed(desk.instance, timeout=CASE_SECONDS)

    async with asyncio.TaskGroup() as group:
        for case_id in ids:
            group.create_task(one(case_id))


async def contents(services: Services) -> dict[str, Counter[str]]:
    """Return every table's rows without what differs between any two runs: moments, keys, numbers of rows."""
    found = {}
    async with services.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name in _NOT_COMPARED:
                continue
            columns = [
                column
                for column in table.c
                if not isinstance(column.type, Moment | LargeBinary)
                and not (isinstance(column.type, BigInteger) and (column.primary_key or column.foreign_keys))
                and not (column.primary_key and column.autoincrement is True)
                and column.name not in _DRAWN
            ]
            # Of a table of keys and moments alone the rows are counted.
            rows = (await connection.execute(select(literal(1), *columns).select_from(table))).all()
            found[table.name] = Counter(_KEYS.sub("KEY", repr(tuple(row))) for row in rows)
    return found


def _letter(mail: Mail) -> str:
    return repr((mail.recipients, mail.subject, _KEYS.sub("KEY", mail.text)))


def _differences(first: Counter[str], second: Counter[str]) -> list[str]:
    return [*(f"- {row}" for row in first - second), *(f"+ {row}" for row in second - first)][:20]
