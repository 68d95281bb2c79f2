"""Transactions that meet each other, on SQLite and on PostgreSQL. Engines of their own stand for processes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.kit.registry import MORNING, registry_at, some_case, some_job, some_mail, some_survey
from workers.adapters.registry import database
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import AnswerStatus, HistoryEntry, SurveyAnswer, TargetStatus
from workers.errors import PermanentError, RetryableError

pytestmark = pytest.mark.asyncio

Units = Callable[[], SqlUnitOfWork]
DEADLINE = 60


def answer(department: str, status: AnswerStatus) -> SurveyAnswer:
    return SurveyAnswer(
        department=department,
        status=status,
        concerned=True,
        person="x",
        contact="x",
        on_behalf=False,
        late=False,
        answered_at=MORNING,
        job="test/1",
    )


async def test_numbers_drawn_in_parallel_are_all_different_and_without_gaps(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:

        async def draw(units: Units) -> int:
            async with units() as uow:
                number = await uow.counters.draw("case:sakura:2026")
                await uow.commit()
                return number

        processes = [registry.units() for _ in range(4)]
        async with asyncio.timeout(DEADLINE):
            drawn = await asyncio.gather(*(draw(processes[number % 4]) for number in range(20)))
        assert sorted(drawn) == list(range(1, 21))


async def test_a_number_that_nobody_kept_is_drawn_again_and_counters_are_apart(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units = registry.units()
        async with units() as uow:
            assert await uow.counters.draw("a") == 1
        async with units() as uow:
            assert [await uow.counters.draw(name) for name in ("a", "a", "b")] == [1, 2, 1]


async def test_an_answer_comes_before_the_closing_or_after_it_never_beside_it(
    database_url: str, tmp_path: Path
) -> None:
    """What the closing counted is what counts: no answer slips in as valid afterwards (ALL-1)."""
    departments = [f"dept-{number}" for number in range(12)]
    async with registry_at(database_url, tmp_path) as registry:
        processes = [registry.units() for _ in range(3)]
        async with processes[0]() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(some_survey(departments=departments))
            await uow.commit()

        async def send_in(units: Units, department: str) -> None:
            async with units() as uow:
                asked = await uow.surveys.asked("sakura-2026-1-s1", department, lock=True)
                await asyncio.sleep(0)  # gives the others a chance to come in between
                status = AnswerStatus.AFTER_CLOSING if asked.closed_at else AnswerStatus.VALID
                await uow.surveys.add_answer("sakura-2026-1-s1", answer(department, status))
                await uow.commit()

        async def close(units: Units) -> None:
            async with units() as uow:
                survey = await uow.surveys.get("sakura-2026-1-s1", lock=True)
                await asyncio.sleep(0)
                survey.closed_at = MORNING
                survey.extensions = len(survey.answers)  # stands for the tally that the closing makes
                await uow.commit()

        first, second = departments[:6], departments[6:]
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(
                *(send_in(processes[number % 3], code) for number, code in enumerate(first)),
                close(processes[0]),
                *(send_in(processes[number % 3], code) for number, code in enumerate(second)),
            )
        async with processes[0]() as uow:
            survey = await uow.surveys.get("sakura-2026-1-s1")
        valid = [a for a in survey.answers if a.status is AnswerStatus.VALID]
        assert len(survey.answers) == 12
        assert survey.extensions == len(valid)


async def test_who_waits_for_a_locked_survey_sees_what_the_holder_committed(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        holder, waiter = registry.units(), registry.units()
        async with holder() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(some_survey())
            await uow.commit()

        async def look_at_all() -> tuple[bool, int, TargetStatus]:
            async with waiter() as uow:
                survey = await uow.surveys.get("sakura-2026-1-s1", lock=True)
                return survey.closed_at is not None, len(survey.answers), survey.targets[0].status

        async def look_at_one() -> tuple[bool, int, TargetStatus]:
            async with waiter() as uow:
                asked = await uow.surveys.asked("sakura-2026-1-s1", department, lock=True)
                answered = await uow.surveys.valid_answer("sakura-2026-1-s1", department)
                return asked.closed_at is not None, int(answered is not None), asked.target.status

        async with holder() as uow:
            survey = await uow.surveys.get("sakura-2026-1-s1", lock=True)
            department = survey.targets[0].department
            looking = [asyncio.create_task(look()) for look in (look_at_all, look_at_one)]
            done, _ = await asyncio.wait(looking, timeout=0.3)
            assert not done, "the lock did not hold"
            survey.answers.append(answer(department, AnswerStatus.VALID))
            survey.targets[0].status = TargetStatus.ANSWERED
            survey.closed_at = MORNING
            await uow.commit()
        async with asyncio.timeout(DEADLINE):
            assert await asyncio.gather(*looking) == [(True, 1, TargetStatus.ANSWERED)] * 2


async def test_locking_a_survey_that_was_read_before_shows_what_others_committed_since(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        one, other = registry.units(), registry.units()
        async with one() as uow:
            await uow.cases.add(some_case())
            await uow.surveys.add(some_survey())
            await uow.commit()
        async with one() as uow:
            read = await uow.surveys.get("sakura-2026-1-s1")
            await uow.commit()  # or SQLite would let nobody else in
            async with other() as faster:
                survey = await faster.surveys.get("sakura-2026-1-s1", lock=True)
                survey.answers.append(answer("welfare", AnswerStatus.VALID))
                survey.targets[0].status = TargetStatus.ANSWERED
                survey.closed_at = MORNING
                await faster.commit()
            assert await uow.surveys.get("sakura-2026-1-s1", lock=True) is read
            assert (read.closed_at, len(read.answers), read.targets[0].status) == (MORNING, 1, TargetStatus.ANSWERED)


async def test_a_business_key_is_accepted_from_one_of_many_that_enqueue_it_at_once(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:

        async def enqueue(units: Units) -> tuple[bool, bool]:
            async with units() as uow:
                mail = await uow.outbox.mail(some_mail("same"))
                call = await uow.outbox.engine_call(business_key="same", kind="publish-message", payload={})
                await uow.commit()
                return mail, call

        processes = [registry.units() for _ in range(4)]
        async with asyncio.timeout(DEADLINE):
            accepted = await asyncio.gather(*(enqueue(processes[number % 4]) for number in range(12)))
        assert sorted(accepted) == [(False, False)] * 11 + [(True, True)]


async def test_a_job_delivered_many_times_at_once_has_its_effect_once(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        processes = [registry.open_units() for _ in range(4)]
        async with processes[0]() as uow:
            await uow.cases.add(some_case())

        async def deliver(number: int) -> str:
            try:
                async with processes[number % 4]() as unit:
                    if await unit.applied_job(some_job()) is not None:
                        return "stored"
                    entry = HistoryEntry(case_id="sakura-2026-1", at=MORNING, actor="x", what=f"配達{number}")
                    await unit.history.add(entry)
                    await unit.store_applied_job(some_job(), "record-offer", {"kind": "completed", "variables": {}})
            except RetryableError:
                return "again"
            return "effect"

        async with asyncio.timeout(DEADLINE):
            outcomes = await asyncio.gather(*(deliver(number) for number in range(12)))
        assert outcomes.count("effect") == 1
        async with processes[0]() as uow:
            assert len(await uow.history.of_case("sakura-2026-1")) == 1


async def test_an_applied_job_gives_its_outcome_back_and_a_wiped_engine_is_noticed(
    database_url: str, tmp_path: Path
) -> None:
    outcome = {"kind": "error", "code": "input-error", "message": "申出書: 目的がありません"}
    async with registry_at(database_url, tmp_path) as registry:
        unit = registry.open_units()
        async with unit() as uow:
            assert await uow.applied_job(some_job()) is None
            await uow.store_applied_job(some_job(), "record-offer", outcome)
        async with unit() as uow:
            assert await uow.applied_job(some_job()) == outcome
            with pytest.raises(PermanentError, match="RENKEI_ENGINE_ID"):
                await uow.applied_job(some_job(element_instance_key=7))
            with pytest.raises(RetryableError):
                await uow.store_applied_job(some_job(), "record-offer", outcome)


async def test_a_lost_connection_is_a_passing_fault_and_the_next_transaction_works(
    database_url: str, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no connection to lose")
    async with registry_at(database_url, tmp_path) as registry:
        units, killer = registry.units(), registry.sessions()

        async def work() -> None:
            async with units() as uow:
                await uow.cases.add(some_case())
                async with killer.begin() as session:
                    await session.execute(
                        text(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                        )
                    )
                await uow.cases.all()

        with pytest.raises(RetryableError):
            await work()
        async with units() as uow:
            assert await uow.cases.all() == []


async def test_a_database_that_stays_locked_is_a_passing_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    async with registry_at(f"sqlite:///{tmp_path / 'registry.sqlite3'}", tmp_path) as registry:
        units = registry.units()
        other = sqlite3.connect(tmp_path / "registry.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")

        async def work() -> None:
            async with units() as uow:
                await uow.counters.draw("a")

        with pytest.raises(RetryableError):
            await work()
        other.execute("ROLLBACK")
        other.close()
        async with units() as uow:
            assert await uow.counters.draw("a") == 1


async def test_transactions_that_block_each_other_for_good_end_with_one_tried_again(
    database_url: str, tmp_path: Path
) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        processes = [registry.units(), registry.units()]
        met = asyncio.Barrier(2)

        async def cross(units: Units, first: str, then: str) -> str:
            try:
                async with units() as uow:
                    await uow.counters.draw(first)
                    if not database_url.startswith("sqlite"):
                        await met.wait()  # each holds what the other wants next
                    await uow.counters.draw(then)
                    await uow.commit()
            except RetryableError:
                return "again"
            return "done"

        async with asyncio.timeout(DEADLINE):
            ends = await asyncio.gather(cross(processes[0], "a", "b"), cross(processes[1], "b", "a"))
        assert sorted(ends) == (["done", "done"] if database_url.startswith("sqlite") else ["again", "done"])


async def test_a_cancelled_job_leaves_neither_effect_nor_lock(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry:
        units, other = registry.units(), registry.units()
        begun = asyncio.Event()

        async def work() -> None:
            async with units() as uow:
                await uow.counters.draw("a")
                begun.set()
                await asyncio.Event().wait()

        for _ in range(3):
            begun.clear()
            task = asyncio.create_task(work())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        async with asyncio.timeout(10), other() as uow:
            assert await uow.counters.draw("a") == 1
        async with asyncio.timeout(10), units() as uow:
            assert await uow.counters.draw("a") == 1
