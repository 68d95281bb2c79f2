"""Jobs by the runner on a registry: which join a group, what a redelivery gets, what waits for whom."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.jobgroups import DEADLINE, Process, kept, process
from tests.kit.jobs import job
from tests.kit.registry import Registry, registry_at
from workers.adapters.registry import groups
from workers.errors import BusinessError
from workers.jobs.catalog import Handler, JobInput, JobType
from workers.runtime.jobrunner import JobRunner
from workers.runtime.outcomes import Complete, Decision, Throw
from workers.usecases.ports import UnitOfWork

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def _time_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_STARTING_SECONDS", DEADLINE)  # on a busy machine some would have to wait


@pytest_asyncio.fixture(name="registry")
async def _registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with registry_at(database_url, tmp_path) as registry:
        yield registry


async def engine_id() -> str:
    return "test"


def runner(worker: Process, **handlers: tuple[Handler, bool]) -> JobRunner:
    """Return a runner of a process; the handlers by type, each with whether it is short."""
    types = {
        name: JobType(type=name, label=name, handler=handler, short=short, timeout_seconds=DEADLINE)
        for name, (handler, short) in handlers.items()
    }
    return JobRunner(job_types=types, open_unit=worker.registry.open_units(), engine_id=engine_id, groups=worker.groups)


async def decided(made: JobRunner, type_: str, keys: Iterable[int]) -> list[Decision]:
    return await asyncio.gather(*(made.decide(replace(job(key), type=type_)) for key in keys))


async def test_a_worker_that_dies_between_the_commit_and_its_report_leaves_the_outcomes_to_the_redelivery(
    registry: Registry,
) -> None:
    runs: list[int] = []

    async def draw(given: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        runs.append(given.ref.job_key)
        return {"number": await uow.counters.draw("a")}

    first, second = process(registry), process(registry)
    async with asyncio.timeout(DEADLINE):
        before = await decided(runner(first, draw=(draw, True)), "draw", (1, 2, 3))  # and the engine hears nothing
        after = await decided(runner(second, draw=(draw, True)), "draw", (1, 2, 3))
    assert (first.told, second.told) == ([(3, "")], [])
    assert before == after == [Complete(variables={"number": number}) for number in (1, 2, 3)]
    assert sorted(runs) == [1, 2, 3]


async def test_an_input_error_is_thrown_and_kept_and_its_neighbours_are_completed(registry: Registry) -> None:
    async def draw(given: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        await uow.counters.draw("a")
        if given.ref.job_key == 2:
            raise BusinessError("no-partner", "相手方がありません")
        return {}

    worker = process(registry)
    made = runner(worker, draw=(draw, True))
    async with asyncio.timeout(DEADLINE):
        decisions = await decided(made, "draw", (1, 2, 3))
        again = await decided(made, "draw", (2,))
    assert worker.told == [(3, "business")]
    assert decisions == [Complete(), Throw(code="no-partner", message="相手方がありません"), Complete()]
    assert again == [decisions[1]]
    assert await kept(registry) == ({"a": 2}, [1, 2, 3])


async def test_a_type_that_is_not_short_joins_no_group(registry: Registry) -> None:
    async def draw(_given: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        return {"number": await uow.counters.draw("a")}

    worker = process(registry)
    async with asyncio.timeout(DEADLINE):
        decisions = await decided(runner(worker, draw=(draw, False)), "draw", (1, 2))
    assert worker.told == []
    assert all(isinstance(decision, Complete) for decision in decisions)
    assert await kept(registry) == ({"a": 2}, [1, 2])


@pytest.mark.postgres
async def test_a_slow_type_holds_no_short_job(postgres_url: str, tmp_path: Path) -> None:
    """On PostgreSQL: SQLite has one writer."""
    done = asyncio.Event()

    async def slow(_given: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        await uow.counters.draw("slow")
        await done.wait()
        return {}

    async def short(_given: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        return {"number": await uow.counters.draw("short")}

    async with registry_at(postgres_url, tmp_path) as registry, asyncio.timeout(DEADLINE):
        worker = process(registry)
        made = runner(worker, slow=(slow, False), short=(short, True))
        slow_jobs = asyncio.create_task(decided(made, "slow", (1, 2)))
        await decided(made, "short", (3, 4, 5))
        assert not slow_jobs.done()
        done.set()
        await slow_jobs
        assert worker.told == [(3, "")]
        assert await kept(registry) == ({"slow": 2, "short": 3}, [1, 2, 3, 4, 5])
