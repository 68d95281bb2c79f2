"""kill -9 of the worker process in the middle of a survey's notices: none is lost, at most one double per kill (B1).

And exactly where it hurts (B2): between a commit and the engine's knowledge, between the server's 250 and the mark.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.chaos.homes import home_with_departments
from tests.chaos.stock import PROCESS, stock
from tests.chaos.stock import survey as stock_survey
from tests.chaos.surveying import delivered, outbox_empty, reach, survey_under_way
from tests.chaos.worker_process import WorkerProcess, worker_process
from tests.kit.bars import Bars
from tests.kit.desk import pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry.outbox_tables import applied_job
from workers.settings import Settings
from workers.trial.happened import State
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer(latency=0.05) as server:
        yield server


@pytest.fixture
def settings(settings: Settings, server: SmtpServer) -> Settings:
    """Settings of a worker that mails to the test's server."""
    return settings.model_copy(update={"smtp_host": HOST, "smtp_port": server.port})


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.slow])])
def on_database(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """The settings, with the registry on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return settings
    return settings.model_copy(update={"database_url": request.getfixturevalue("postgres_url")})


@pytest.fixture(name="worker")
def _worker(on_database: Settings) -> Iterator[WorkerProcess]:
    with worker_process(on_database) as process:
        yield process


def database(settings: Settings) -> str:
    return "PostgreSQL" if settings.database_url else "SQLite"


async def test_every_department_gets_its_notice_when_the_workers_are_killed(
    driver: EngineDriver, on_database: Settings, server: SmtpServer, bars: Bars, tmp_path: Path
) -> None:
    count, kills = (500, 20) if bars.full else (20, 2)
    draw = bars.random("B1")
    home = home_with_departments(tmp_path, "isesaki", count)
    settings = on_database.model_copy(update={"home": home})
    await driver.deploy(pack_files("common", "isesaki"))
    with worker_process(settings) as worker:
        async with services(settings, clock=driver.clock) as built:
            worker.start()
            instance = await survey_under_way(driver, built.packs.city("isesaki"))

            def notified() -> int:
                return driver.records.completed("Task_NotifyDepartment", instance=instance)

            await reach(lambda: notified() >= 3, "three notices enqueued")
            for number in range(kills):
                worker.kill()
                if number == 0:
                    assert notified() < count, "the kill came too late to be in the middle of the jobs"
                goal = min(len(server.accepted) + draw.randint(1, max(2, count // kills // 2)), count)
                worker.start(ready=False)
                await reach(partial(accepted, server, goal), "some progress")
                await asyncio.sleep(draw.uniform(0, 0.2))
            await reach(lambda: notified() == count, "all departments' jobs")
            await outbox_empty(built)
            result = await delivered(built, server)
        code, seconds = worker.stop()
    incidents = len(driver.records.open_incidents(instance))
    bars.add(
        "B1",
        f"{count} 課への照会の途中で、処理と送信のワーカーを {kills} 回 kill -9（{database(settings)}）",
        figure=f"{result.figure}、停滞 {incidents}",
        bound=f"欠け・未送信・停滞 0、重なり {kills} 以下で同じ内容",
        holds=(result.wanted, result.lost, result.unsent, result.altered, incidents) == (count, 0, 0, 0, 0)
        and result.doubles <= kills,
    )
    assert result.wanted == count
    assert (code, seconds < 10) == (0, True)


def accepted(server: SmtpServer, number: int) -> bool:
    """Tell whether the server has accepted so many mails."""
    return len(server.accepted) >= number


@pytest.mark.slow
async def test_the_stock_worker_in_its_place_mails_twice_under_different_message_ids(
    driver: EngineDriver, server: SmtpServer, bars: Bars
) -> None:
    count, kills = (500, 20) if bars.full else (40, 2)
    draw = bars.random("B1")
    await driver.deploy(stock_survey())
    instance = await driver.start(PROCESS, {"count": count})
    with stock(driver.broker.gateway, server.port) as control:
        control.start()
        for _ in range(kills):
            goal = len(server.accepted) + draw.randint(1, max(2, count // kills // 2))
            await reach(partial(accepted, server, min(goal, count - 1)), "some progress")
            control.kill()
            control.start()
        await driver.reached(
            lambda: (
                driver.records.instances[instance].state is State.COMPLETED or driver.records.open_incidents(instance)
            ),
            timeout=400,
            what="the control's survey",
        )
    copies = Counter(mail.recipients[0] for mail in server.accepted)
    ids = {mail.message_id for mail in server.accepted}
    doubles = sum(copies.values()) - len(copies)
    bars.add(
        "B1 対照",
        f"同じことを pyzeebe そのまま・直接送信で（{count} 通、kill -9 {kills} 回）",
        figure=f"欠け {count - len(copies)}、重なり {doubles}、うち Message-ID の違うもの {len(ids) - len(copies)}",
        bound="B1 を満たさないこと",
        holds=len(copies) < count or doubles > kills or len(ids) > len(copies),
    )


@pytest.mark.parametrize(
    "point",
    [
        "before-complete",
        pytest.param("before-commit", marks=pytest.mark.slow),
        pytest.param("after-250", marks=pytest.mark.slow),
    ],
)
async def test_a_crash_at_the_worst_moment_costs_at_most_one_double_mail(
    point: str, driver: EngineDriver, on_database: Settings, server: SmtpServer, worker: WorkerProcess, bars: Bars
) -> None:
    await driver.deploy(pack_files("common", "isesaki"))
    nth = bars.random(f"B2/{point}").randint(2, 12)
    async with services(on_database, clock=driver.clock) as built:
        worker.start()
        city = built.packs.city("isesaki")
        count = sum(department.surveyed for department in city.departments)
        task = asyncio.create_task(survey_under_way(driver, city))
        await driver.task("Task_SubmitOffer")
        worker.stop()  # the crash shall hit the process that does the rest
        worker.start(CHAOS_CRASH=f"{point}:{nth + 2}")
        await reach(lambda: not worker.running, "the crash", seconds=60)
        worker.start()
        instance = await task
        await reach(
            lambda: driver.records.completed("Task_NotifyDepartment", instance=instance) == count, "all notices"
        )
        await outbox_empty(built)
        result = await delivered(built, server)
        others = len(await built.mails.list()) - result.wanted
        async with built.engine.connect() as connection:
            jobs = (await connection.scalar(select(func.count()).select_from(applied_job))) or 0
    closed = sum(
        job.state.name == "CLOSED"
        for job in driver.records.jobs.values()
        if job.process_instance_key in driver.records.tree(instance)
    )
    all_doubles = len(server.accepted) - others - result.wanted
    expected = 1 if point == "after-250" else 0
    assert result.wanted == count
    bars.add(
        "B2",
        f"{point} の {nth} 回目で kill -9（{database(on_database)}）",
        figure=f"重なったメール {all_doubles}、重なった処理 {jobs - closed}、{result.figure}",
        bound=f"重なったメール {expected}（同じ内容）、重なった処理 0、欠け 0",
        holds=(all_doubles, result.lost, result.altered, result.unsent, jobs) == (expected, 0, 0, 0, closed),
    )
    worker.stop()


@pytest.mark.slow
async def test_the_stock_worker_mails_again_after_a_crash_before_the_completion(
    driver: EngineDriver, server: SmtpServer, bars: Bars
) -> None:
    await driver.deploy(stock_survey())
    instance = await driver.start(PROCESS, {"count": 5})
    with stock(driver.broker.gateway, server.port) as control:
        control.start(CHAOS_CRASH="before-complete:3")
        await reach(lambda: not control.running, "the crash", seconds=60)
        control.start()
        await driver.completed(instance, timeout=120)
    again = [mail.message_id for mail in server.of("d3@city.example.jp")]
    bars.add(
        "B2 対照",
        "pyzeebe そのまま・直接送信で、送信と完了の間に kill -9",
        figure=f"同じ宛先に {len(again)} 通、Message-ID {len(set(again))} 種",
        bound="2 通以上、Message-ID が違うこと（B2 を満たさない）",
        holds=len(set(again)) > 1,
    )


async def test_the_log_of_a_worker_process_is_json_and_names_nobody(
    driver: EngineDriver, on_database: Settings, server: SmtpServer, worker: WorkerProcess
) -> None:
    await driver.deploy(pack_files("common", "isesaki"))
    async with services(on_database, clock=driver.clock) as built:
        worker.start()
        city = built.packs.city("isesaki")
        await survey_under_way(driver, city)
        await reach(lambda: len(server.accepted) >= 5, "five mails")
        async with built.open_unit() as uow:
            (case,) = await uow.cases.all()
    worker.stop()
    assert case.partner is not None
    lines = [json.loads(line) for line in worker.log().splitlines()]
    assert {line["event"] for line in lines} >= {"mail sent"}
    for secret in (case.partner.name, case.partner.contact, case.partner.email, city.departments[0].email, "@"):
        assert secret not in worker.log()
