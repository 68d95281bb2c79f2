"""Groups of short jobs: one look-up, one write, one commit; whatever is amiss undoes all, and each then runs alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit.jobgroups import DEADLINE, DONE, Process, drawing, kept, process
from tests.kit.registry import Registry, registry_at, some_job, some_mail
from workers.adapters.registry import database, groups
from workers.adapters.registry.groups import JobGroups
from workers.adapters.registry.groupseats import Applied
from workers.adapters.registry.outbox_tables import applied_job
from workers.adapters.registry.unit_of_work import SqlUnitOfWork, committing
from workers.errors import BusinessError, InputError, InputErrors

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(name="registry")
async def _registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with registry_at(database_url, tmp_path) as registry:
        yield registry


@pytest.fixture(autouse=True)
def _time_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_STARTING_SECONDS", DEADLINE)  # on a busy machine some would have to wait


@pytest.fixture(name="worker")
def _worker(registry: Registry) -> Process:
    return process(registry)


async def test_jobs_that_wait_together_are_looked_up_drawn_kept_and_committed_once(
    registry: Registry, worker: Process
) -> None:
    async with asyncio.timeout(DEADLINE):
        outcomes = await asyncio.gather(*(worker.job(key, drawing(f"c{key % 3}")) for key in range(1, 10)))
    assert worker.told == [(9, "")]
    assert await kept(registry) == ({"c0": 3, "c1": 3, "c2": 3}, list(range(1, 10)))
    assert sorted(outcome["number"] for outcome in outcomes) == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [words for words in worker.statements if not words.startswith("BEGIN")] == [
        "SELECT job_key, process_instance_key,",
        "INSERT INTO counter",
        "INSERT INTO applied_job",
    ]
    assert worker.alone == 0


async def test_what_a_job_keeps_is_the_same_in_a_group_and_alone(registry: Registry, worker: Process) -> None:
    async def alone(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        if not isinstance(uow.counters, type(plain.counters)):
            raise InputError("a", "b")
        return DONE

    plain = registry.units()()
    async with asyncio.timeout(DEADLINE):
        await worker.job(1, drawing("a"))
        await worker.job(2, alone)
    async with registry.engines[0].connect() as connection:
        first, second = (await connection.execute(select(applied_job).order_by(applied_job.c.job_key))).all()
    assert worker.told == [(1, ""), (1, "business")]
    assert (first.outcome, second.outcome) == ({**DONE, "number": 1}, DONE)
    same = ("engine_id", "process_instance_key", "element_instance_key", "job_type")
    assert [getattr(first, name) for name in same] == [getattr(second, name) for name in same]
    assert abs((first.applied_at - second.applied_at).total_seconds()) < 366 * 86400


async def test_nobody_learns_an_outcome_before_the_commit(registry: Registry, worker: Process) -> None:
    on_disk: list[list[int]] = []

    async def one(key: int) -> None:
        await worker.job(key, drawing("a"))
        on_disk.append((await kept(registry))[1])

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(one(key) for key in (1, 2, 3)))
    assert on_disk == [[1, 2, 3]] * 3


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (BusinessError("no-partner", "ない"), "business"),
        (InputErrors([InputError("名称", "空です")]), "business"),
        (ValueError("x"), "error"),
    ],
)
async def test_a_job_that_fails_undoes_the_group_and_every_job_runs_again_alone(
    failure: Exception, reason: str, registry: Registry, worker: Process
) -> None:
    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(
            worker.job(1, drawing("a")),
            worker.job(2, drawing("b", failure=failure)),
            worker.job(3, drawing("c")),
            return_exceptions=True,
        )
    assert [isinstance(result, Exception) for result in results] == [False, True, False]
    assert results[1] is failure
    assert worker.told == [(3, reason)]
    assert worker.alone == 3
    assert await kept(registry) == ({"a": 1, "c": 1}, [1, 3])


async def test_jobs_that_had_no_turn_before_the_failure_go_into_the_next_group(
    registry: Registry, worker: Process
) -> None:
    async def failing(_uow: SqlUnitOfWork) -> Mapping[str, Any]:
        raise ValueError("x")

    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(
            *(worker.job(key, failing if key == 2 else drawing("a")) for key in range(1, 6)), return_exceptions=True
        )
    assert [isinstance(result, ValueError) for result in results] == [False, True, False, False, False]
    assert worker.told == [(2, "error"), (3, "")]
    assert await kept(registry) == ({"a": 4}, [1, 3, 4, 5])


async def test_a_key_that_another_delivery_kept_meanwhile_undoes_the_group(registry: Registry, worker: Process) -> None:
    sooner = committing(registry.units())

    async def overtaken(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        async with sooner() as other:
            if await other.applied_job(some_job(2)) is None:
                await other.store_applied_job(some_job(2), "do-it", DONE)
        await uow.counters.draw("b")
        return DONE

    if registry.url.startswith("sqlite"):
        pytest.skip("SQLite has one writer: nobody is faster within a group's transaction")
    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(
            worker.job(1, drawing("a")), worker.job(2, overtaken), worker.job(3, drawing("a")), return_exceptions=True
        )
    assert worker.told == [(3, "taken")]
    assert [type(result).__name__ for result in results] == ["dict", "RetryableError", "dict"]
    assert await kept(registry) == ({"a": 2}, [1, 2, 3])


async def test_a_job_that_is_known_gets_its_outcome_and_the_others_go_on(registry: Registry, worker: Process) -> None:
    seen: list[int] = []
    async with asyncio.timeout(DEADLINE):
        await worker.job(2, drawing("a", seen=seen))
        again = await asyncio.gather(*(worker.job(key, drawing("a", seen=seen)) for key in (1, 2, 3)))
    assert again[1] == {**DONE, "number": 1}
    assert sorted(seen) == [1, 2, 3]
    assert worker.told == [(1, ""), (2, "")]
    assert await kept(registry) == ({"a": 3}, [1, 2, 3])


async def test_one_job_delivered_twice_into_a_group_has_its_effect_once(registry: Registry, worker: Process) -> None:
    async with asyncio.timeout(DEADLINE):
        first, second = await asyncio.gather(
            worker.groups.apply(some_job(1), "do-it", drawing("a")),
            worker.groups.apply(some_job(1), "do-it", drawing("a")),
        )
        third = await worker.groups.apply(some_job(1), "do-it", drawing("a"))
    assert isinstance(first, Applied)
    assert second is None
    assert third is not None
    assert (first.again, third.again, third.outcome) == (False, True, first.outcome)
    assert await kept(registry) == ({"a": 1}, [1])


async def test_a_key_of_another_life_of_the_engine_is_left_to_the_usual_path(
    registry: Registry, worker: Process
) -> None:
    wiped = replace(some_job(1), element_instance_key=9)
    async with asyncio.timeout(DEADLINE):
        await worker.job(1, drawing("a"))
        answers = await asyncio.gather(
            worker.groups.apply(wiped, "do-it", drawing("a")), worker.groups.apply(some_job(2), "do-it", drawing("a"))
        )
    assert [answer is None for answer in answers] == [True, False]
    assert await kept(registry) == ({"a": 2}, [1, 2])


async def test_a_cancelled_job_keeps_nothing_and_the_others_all_end(registry: Registry, worker: Process) -> None:
    """Cancelled in the line, in its turn, while it waits for its number or for the commit: wherever it stands then."""
    async with asyncio.timeout(DEADLINE):
        for steps in range(40):
            keys = [steps * 3 + place for place in range(3)]
            tasks = [asyncio.create_task(worker.job(key, drawing(f"c{key}"))) for key in keys]
            for _ in range(steps):
                await asyncio.sleep(0)
            tasks[1].cancel()
            await asyncio.wait(tasks)
            counters, there = await kept(registry)
            assert [counters.get(f"c{keys[place]}") for place in (0, 2)] == [1, 1]
            assert (keys[1] in there) == (f"c{keys[1]}" in counters)
            assert {keys[0], keys[2]} <= set(there)
    assert sum(engine.pool.checkedout() for engine in registry.engines) == 0  # type: ignore[attr-defined]  # queue pools
    assert {reason for _size, reason in worker.told} == {"", "cancelled"}


async def test_a_job_cancelled_in_its_turn_undoes_the_group(registry: Registry, worker: Process) -> None:
    begun = asyncio.Event()

    async def waiting(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        await uow.counters.draw("b")
        begun.set()
        await asyncio.Event().wait()
        return DONE

    async with asyncio.timeout(DEADLINE):
        first = asyncio.create_task(worker.job(1, drawing("a")))
        doomed = asyncio.create_task(worker.job(2, waiting))
        await begun.wait()
        doomed.cancel()
        await asyncio.wait({first, doomed})
    assert doomed.cancelled()
    assert worker.told == [(2, "cancelled")]
    assert await kept(registry) == ({"a": 1}, [1])


async def test_a_job_that_turns_out_slow_does_not_hold_the_others(
    registry: Registry, worker: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "_TURN_SECONDS", 0.05)
    tries: list[int] = []

    async def slow(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        tries.append(1)
        await uow.counters.draw("b")
        if len(tries) == 1:
            await asyncio.Event().wait()
        return DONE

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(worker.job(1, drawing("a")), worker.job(2, slow))
    assert worker.told == [(2, "slow")]
    assert await kept(registry) == ({"a": 1, "b": 1}, [1, 2])


async def test_a_counter_out_of_turn_undoes_the_group(registry: Registry, worker: Process) -> None:
    async def late(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        for name in ("b", "a"):
            await uow.counters.draw(name)
        return DONE

    async with asyncio.timeout(DEADLINE):
        await worker.job(1, late)
    assert worker.told == [(1, "order")]
    assert await kept(registry) == ({"a": 1, "b": 1}, [1])


async def test_concurrent_groups_on_eight_counters_never_deadlock(registry: Registry) -> None:
    """Processes whose jobs draw from eight counters in all orders: with locks taken as they come, they deadlock."""
    processes = [process(registry) for _ in range(4)]
    async with asyncio.timeout(DEADLINE):
        for turn in range(3):
            await asyncio.gather(
                *(
                    worker.job(1 + turn * 200 + number * 4 + place, drawing(f"c{(number * 5 + place * 3) % 8}"))
                    for number in range(50)
                    for place, worker in enumerate(processes)
                )
            )
    counters, keys = await kept(registry)
    assert sum(counters.values()) == len(keys) == 600
    assert [words for worker in processes for words in worker.faults if "deadlock" in words] == []
    drawn = [names for worker in processes for names in worker.drawn]
    assert max(len(names) for names in drawn) == 8
    assert [names for names in drawn if names != sorted(names)] == []


async def test_senders_learn_of_the_mails_of_each_job(worker: Process) -> None:
    async def mailing(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        await uow.outbox.mail(some_mail())
        return DONE

    async with asyncio.timeout(DEADLINE):
        applied = await asyncio.gather(
            worker.groups.apply(some_job(1), "do-it", mailing), worker.groups.apply(some_job(2), "do-it", drawing("a"))
        )
    assert [job.outbox_used for job in applied if job is not None] == [{"mail"}, set()]


async def test_a_registry_that_is_away_leaves_every_job_to_the_usual_path(tmp_path: Path) -> None:
    async with registry_at(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path) as registry:
        make = registry.units()
        away = database.create_engine("postgresql://nobody@127.0.0.1:1/none", pool_size=1)
        registry.engines.append(away)
        told: list[tuple[int, str]] = []
        groups = JobGroups(away, make, told=lambda size, reason: told.append((size, reason)))
        async with asyncio.timeout(DEADLINE):
            assert await groups.apply(some_job(1), "do-it", drawing("a")) is None
        assert told == [(1, "busy")]
