"""Groups of jobs on SQLite: its commits that fail, transactions that it gives up, and the mails of the same process."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.kit.jobgroups import DEADLINE, DONE, drawing, kept, process
from tests.kit.registry import Registry, registry_at
from workers.adapters.registry import groups
from workers.adapters.registry import turns as turns_module
from workers.adapters.registry.sqlite_connection import QuickConnection
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import SqlUnitOfWork

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(name="registry")
async def _registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with registry_at(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path) as registry:
        yield registry


@pytest.fixture(autouse=True)
def _time_to_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_STARTING_SECONDS", DEADLINE)  # on a busy machine some would have to wait


async def test_a_commit_that_fails_leaves_every_job_to_its_own_path(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    failures: list[Exception] = [full]
    original = QuickConnection.commit

    async def commit(self: Any) -> None:
        if failures:
            raise failures.pop()
        await original(self)

    monkeypatch.setattr(QuickConnection, "commit", commit)
    worker = process(registry)
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(worker.job(1, drawing("a")), worker.job(2, drawing("b")))
    assert (worker.told, worker.alone) == ([(2, "busy")], 2)
    assert await kept(registry) == ({"a": 1, "b": 1}, [1, 2])


async def test_a_transaction_that_sqlite_gave_up_keeps_no_outcome_without_its_effects(registry: Registry) -> None:
    """Though the job whose statement failed did not mind: what follows would be written outside any transaction."""
    tries: list[int] = []

    async def losing(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        await uow.counters.draw("b")
        tries.append(1)
        if len(tries) == 1:
            connection: Any = await uow._session.connection()
            raw = (await connection.get_raw_connection()).driver_connection
            raw._connection.execute("ROLLBACK")  # as a full disk or a read error does
        return DONE

    worker = process(registry)
    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(worker.job(1, drawing("a")), worker.job(2, losing))
    assert (worker.told, worker.alone) == ([(2, "busy")], 2)
    assert await kept(registry) == ({"a": 1, "b": 1}, [1, 2])


async def test_a_mail_in_hand_goes_before_the_next_group(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns_module, "PATIENCE_SECONDS", 3600)  # who waits for the other in a circle waits for good
    turns, order, mail_begun = Turns(), list[str](), asyncio.Event()
    units = registry.units()
    worker = process(registry, turns)

    async def first(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        await uow.counters.draw("a")
        await mail_begun.wait()
        return DONE

    async def second() -> None:
        await mail_begun.wait()
        await worker.job(2, drawing("b"))
        order.append("job")

    async def mail() -> None:
        with turns.mail():
            mail_begun.set()
            async with units() as uow:
                await uow.counters.draw("mail")
                await uow.commit()
            order.append("mail")

    async with asyncio.timeout(DEADLINE):
        await asyncio.gather(worker.job(1, first), second(), mail())
    assert order == ["mail", "job"]
