"""Units that share a transaction of SQLite: one commit for all, each undone by itself, no outcome before the disk."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.registry import Registry, registry_at
from workers.adapters.registry import shared_transaction
from workers.adapters.registry import turns as turns_module
from workers.adapters.registry.shared_transaction import opening
from workers.adapters.registry.sqlite_connection import QuickConnection
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.errors import BusyError

pytestmark = pytest.mark.asyncio

Open = Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]
DEADLINE = 60


@pytest_asyncio.fixture(name="registry")
async def _registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with registry_at(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path) as registry:
        yield registry


@pytest.fixture(name="commits")
def _commits(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    """What each commit came to; an exception that is put in beforehand is raised instead of the next commit."""
    commits: list[Exception | None] = []
    planned: list[Exception] = []
    original = QuickConnection.commit

    async def commit(self: Any) -> None:
        if planned:
            commits.append(planned.pop())
            raise commits[-1] or AssertionError
        await original(self)
        commits.append(None)

    monkeypatch.setattr(QuickConnection, "commit", commit)
    monkeypatch.setattr(QuickConnection, "planned", planned, raising=False)
    return commits


def on_disk(registry: Registry) -> dict[str, int]:
    """Return the counters as another process sees them."""
    other = sqlite3.connect(registry.url.removeprefix("sqlite:///"))
    try:
        return dict(other.execute("SELECT name, value FROM counter").fetchall())
    finally:
        other.close()


async def draw(open_unit: Open, name: str, *, failure: Exception | None = None) -> None:
    async with open_unit() as uow:
        await uow.counters.draw(name)
        if failure is not None:
            raise failure


async def test_units_that_wait_together_have_one_commit_and_end_after_it(
    registry: Registry, commits: list[Exception | None]
) -> None:
    open_unit = registry.open_units()
    seen = []

    async def one() -> None:
        await draw(open_unit, "a")
        seen.append((len(commits), on_disk(registry)["a"]))

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(*(one() for _ in range(5)))
    assert on_disk(registry) == {"a": 5}
    assert 1 <= len(commits) < 5
    assert all(commits_before and value for commits_before, value in seen)


async def test_a_unit_that_fails_undoes_only_itself(registry: Registry) -> None:
    open_unit = registry.open_units()
    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(
            draw(open_unit, "a"),
            draw(open_unit, "b", failure=ValueError("b")),
            draw(open_unit, "c"),
            return_exceptions=True,
        )
    assert [type(result) for result in results] == [type(None), ValueError, type(None)]
    assert on_disk(registry) == {"a": 1, "c": 1}


async def test_a_commit_that_fails_fails_every_unit_even_one_that_had_failed_by_itself(
    registry: Registry, commits: list[Exception | None]
) -> None:
    open_unit = registry.open_units()
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    QuickConnection.planned.append(full)  # type: ignore[attr-defined] # the fixture's
    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(
            draw(open_unit, "a"), draw(open_unit, "b", failure=ValueError("b")), return_exceptions=True
        )
        assert [type(result) for result in results] == [BusyError, BusyError]
        assert on_disk(registry) == {}
        await draw(open_unit, "a")
    assert commits == [full, None]
    assert on_disk(registry) == {"a": 1}


async def test_a_transaction_that_sqlite_gave_up_fails_every_unit_in_it(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_transaction, "_SECONDS", DEADLINE)  # on a busy machine the first would leave alone
    open_unit = registry.open_units()
    engine = registry.engines[0]

    async def lose() -> None:
        async with open_unit() as uow:
            await uow.counters.draw("b")
            connection: Any = await uow._session.connection()
            raw = (await connection.get_raw_connection()).driver_connection
            raw._connection.execute("ROLLBACK")  # as a full disk or a read error does
            raise ValueError("b")

    async with asyncio.timeout(DEADLINE):
        results = await asyncio.gather(draw(open_unit, "a"), lose(), draw(open_unit, "c"), return_exceptions=True)
        assert [type(result) for result in results[:2]] == [BusyError, BusyError]
        await draw(open_unit, "d")
    assert on_disk(registry) == ({"d": 1} if results[2] else {"c": 1, "d": 1})
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined] # of its queue pool


async def test_units_that_are_cancelled_leave_the_others_alone(registry: Registry) -> None:
    open_unit = registry.open_units()
    async with asyncio.timeout(DEADLINE):
        for steps in range(40):
            doomed = asyncio.create_task(draw(open_unit, "doomed"))
            kept = asyncio.create_task(draw(open_unit, "kept"))
            for _ in range(steps):
                await asyncio.sleep(0)
            doomed.cancel()
            await asyncio.wait({doomed})
            await kept
            assert on_disk(registry)["kept"] == steps + 1


async def test_a_mail_in_hand_gets_the_connection_from_an_open_transaction(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "PATIENCE_SECONDS", 3600)  # who waits for the other in a circle waits for good
    units, turns, order = registry.units(), Turns(), list[str]()
    open_unit = opening(registry.engines[0], units, turns)
    mail_begun = asyncio.Event()

    async def first() -> None:
        async with open_unit() as uow:
            await uow.counters.draw("a")
            await mail_begun.wait()

    async def second() -> None:
        await draw(open_unit, "b")
        order.append("job")

    async def mail() -> None:
        with turns.mail():
            mail_begun.set()
            async with units() as uow:
                await uow.counters.draw("mail")
                await uow.commit()
            order.append("mail")

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(first(), second(), mail())
    assert order == ["mail", "job"]
