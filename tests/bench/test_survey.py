"""P3: a survey of many departments, until every notice is accepted by the mail server and every task is open."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.bench.backlog import ratios, spread, told
from tests.bench.builds import BEFORE_GROUPS, built, worker_of
from tests.bench.peer import Kind, Peer
from tests.kit.bars import Bars
from tests.kit.broker import Broker
from tests.kit.desk import PACKS, ROOT, BrokerDesk, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer
from workers.packs.scenarios import read_scenario
from workers.readers.offerfile import read_offer
from workers.scenarios.player import Player
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600), pytest.mark.asyncio(loop_scope="module")]
_TYPE = "notify-department"
_DOMAIN = "bench.example"
_SECONDS = 300.0


@pytest.fixture(scope="module", name="broker")
def _broker() -> Iterator[Broker]:
    with Broker(heap="1g", optimised=True) as running:
        yield running


@pytest.fixture(name="driver")
def _driver(broker: Broker) -> Iterator[EngineDriver]:
    driver = EngineDriver(broker)
    yield driver
    driver.api.close()


def home(folder: Path, departments: int) -> Path:
    """Make a home whose 伊勢崎市 asks so many departments."""
    shutil.copytree(PACKS, folder / "bpmn")
    (folder / "templates").symlink_to(ROOT / "templates")
    path = folder / "bpmn" / "isesaki" / "departments.csv"
    lines = [line.replace(",yes", ",no") for line in path.read_text(encoding="utf-8").splitlines()]
    for number in range(departments):
        code = f"bench{number:04}"
        lines.append(f"{code},計測部,第{number}課,isesaki-{code},{code}@{_DOMAIN},yes")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


class Survey:
    """One survey with a registry, a mail server and workers of its own."""

    def __init__(self, driver: EngineDriver, folder: Path, departments: int) -> None:
        self.driver, self.departments = driver, departments
        self.home = home(folder / "home", departments)
        self.settings = Settings(
            home=self.home,
            data=folder / "data",
            gateway_address=driver.broker.gateway,
            rest_address=driver.broker.rest,
            health_port=driver.broker.ports.health,
        )
        self.desk = BrokerDesk(driver)

    def accepted(self, server: SmtpServer) -> int:
        """Return how many notices the mail server has accepted."""
        return sum(mail.recipients[0].endswith(_DOMAIN) for mail in list(server.accepted))

    def open_tasks(self) -> int:
        """Return how many departments' tasks are open."""
        with self.driver.records.snapshot():
            return len(self.driver.records.open_tasks("Task_AnswerSurvey", instance=self.desk.instance))

    def worker(self, server: SmtpServer, build: Path | None = None) -> Kind:
        """Return renkei's worker, of a build of the past or of today."""
        command, before = worker_of(build, "tests.bench.peers.survey_worker")
        env = {
            **before,
            "RENKEI_HOME": str(self.home),
            "RENKEI_DATA": str(self.settings.data),
            "RENKEI_REST_ADDRESS": self.settings.rest,
            "RENKEI_HEALTH_PORT": str(self.settings.health_port),
            "RENKEI_SMTP_HOST": HOST,
            "RENKEI_SMTP_PORT": str(server.port),
        }
        return Kind(name="renkei", argv=lambda: command, env=env)

    async def ask(self) -> float:
        """Bring a case to its survey and order it; returns the moment of the order."""
        async with services(self.settings, clock=self.driver.clock) as built:
            city = built.packs.city("isesaki")
            self.driver.served = set(built.job_types)
        folder = PACKS / "isesaki" / "scenarios"
        scenario = read_scenario(folder / "signed.toml")
        offer = read_offer(folder / scenario.input, city, self.driver.clock.today())
        player = Player(scenario, offer, self.desk, {})
        await player.start(city.signing_process)
        for step in scenario.steps[:2]:
            await player.play(step)
        plan = scenario.steps[2].task
        await self.driver.task(plan, instance=self.desk.instance)
        await self.driver.settled()
        started = time.monotonic()
        await self.driver.complete(plan, {}, instance=self.desk.instance)
        return started

    async def until_asked(self, server: SmtpServer) -> float:
        """Return the seconds from the order to the last notice and the last task."""
        started = await self.ask()
        while self.accepted(server) < self.departments or self.open_tasks() < self.departments:
            if time.monotonic() - started > _SECONDS:
                raise TimeoutError(f"{self.accepted(server)} notices, {self.open_tasks()} tasks")
            await asyncio.sleep(0.1)
        assert self.accepted(server) == self.departments
        return time.monotonic() - started


async def by_renkei(driver: EngineDriver, folder: Path, departments: int, build: Path | None = None) -> float:
    """Return the seconds that renkei's worker takes, of a build of the past or of today."""
    survey = Survey(driver, folder, departments)
    with SmtpServer() as server, Peer(survey.worker(server, build), driver.broker.gateway) as worker:
        worker.open("all")
        seconds = await survey.until_asked(server)
        worker.close()
    driver.cancel_all()
    told(f"P3 renkei{' before' if build else ''}, {departments}: {seconds:.1f} s")
    return seconds


async def by_stock(driver: EngineDriver, folder: Path, departments: int, *, seconds: float) -> float:
    """Return the notices per second that stock pyzeebe sends, seen for so long at most."""
    survey = Survey(driver, folder, departments)
    with SmtpServer() as server, Peer(survey.worker(server), driver.broker.gateway) as worker:
        command = (sys.executable, "-m", "tests.bench.peers.stock_notices", str(server.port))
        with Peer(Kind(name="stock", argv=lambda: command), driver.broker.gateway) as stock:
            worker.open(_TYPE)
            stock.open(_TYPE)
            started = await survey.ask()
            while survey.accepted(server) < departments and time.monotonic() - started < seconds:  # noqa: ASYNC110 (mails come in another thread)
                await asyncio.sleep(0.1)
            rate = survey.accepted(server) / (time.monotonic() - started)
            stock.close()
            worker.close()
    driver.cancel_all()
    told(f"P3 stock, {departments}: {rate:.1f} notices/s")
    return rate


async def test_a_survey_of_a_thousand_departments_is_out_in_seconds(
    driver: EngineDriver, tmp_path: Path, bars: Bars
) -> None:
    few, many, rounds, stock_seconds = (100, 1000, 5, 30.0) if bars.full else (20, 60, 1, 10.0)
    await driver.deploy(pack_files("common", "isesaki"))
    before = built(tmp_path / "before", BEFORE_GROUPS)
    short, long, past, stock = list[float](), list[float](), list[float](), list[float]()
    for number in range(rounds):
        short.append(await by_renkei(driver, tmp_path / f"few{number}", few))
        for which in (0, 1) if number % 2 else (1, 0):
            taken = await by_renkei(driver, tmp_path / f"many{number}{which}", many, (before, None)[which])
            (past, long)[which].append(taken)
        stock.append(await by_stock(driver, tmp_path / f"stock{number}", many, seconds=stock_seconds))
    found = ratios([many / seconds for seconds in long], stock)
    bars.add(
        "P3",
        f"{many} 課への照会、通知の受理とタスクの作成まで、renkei÷そのままの pyzeebe（1 通ごとに接続）",
        figure=f"{spread(found, ' 倍', 1)}、renkei {spread(long, ' 秒', 1)}、相手 {spread(stock, ' 通/秒', 1)}",
        bound="5 倍以上",
        holds=median(found) >= 5,
    )
    faster = ratios(past, long)
    bars.add(
        "P3",
        f"{many} 課への照会、全体、一つずつ確定していた版÷いまの版",
        figure=f"{spread(faster, ' 倍', 2)}、前の版 {spread(past, ' 秒', 1)}",
        bound="1.6 倍以上",
        holds=median(faster) >= 1.6,
    )
    growth = [(more / many) / (less / few) for more, less in zip(long, short, strict=True)]
    bars.add(
        "P3",
        f"課が {few} から {many} に増えたときの、1 課あたりの時間の比",
        figure=f"{spread(growth, ' 倍', 2)}、{few} 課 {spread(short, ' 秒', 1)}",
        bound="1.2 倍以下",
        holds=median(growth) <= 1.2,
    )
