"""SQLite's connection: what cannot wait runs without a change of threads, what can wait stops nobody."""

from __future__ import annotations

import ast
import asyncio
import inspect
import sqlite3
import threading
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import text

from tests.kit.registry import registry_at
from workers.adapters.registry import sqlite_connection
from workers.adapters.registry.database import create_engine
from workers.adapters.registry.unit_of_work import committing, opening

pytestmark = pytest.mark.asyncio


async def test_statements_of_a_transaction_run_in_the_loops_thread_and_the_commit_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[str] = []
    original: Any = aiosqlite.Connection._execute

    async def noting(self: Any, fn: Any, *args: Any, **kwargs: Any) -> Any:
        queued.append(threading.current_thread().name)
        return await original(self, fn, *args, **kwargs)

    engine = create_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
    monkeypatch.setattr(aiosqlite.Connection, "_execute", noting)
    async with engine.begin() as connection:
        for number in range(10):
            await connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": number})
        assert queued == []
        assert (await connection.execute(text("SELECT count(*) FROM t"))).scalar() == 10
    assert len(queued) == 1  # the commit
    await engine.dispose()


async def test_waiting_for_another_process_leaves_the_loop_free(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (1)"))

    writing = asyncio.create_task(write())
    for _ in range(20):
        await asyncio.sleep(0.01)  # the loop turns while the writer waits
    assert not writing.done()
    other.execute("COMMIT")
    async with asyncio.timeout(10):
        await writing
    assert other.execute("SELECT count(*) FROM t").fetchone() == (1,)
    other.close()
    await engine.dispose()


@pytest.mark.parametrize(("shared", "at_most"), [(True, 3), (False, 20)])
async def test_a_sender_waits_for_few_jobs_not_for_all_that_queue(
    shared: bool,  # noqa: FBT001 (a parameter of the test)
    at_most: int,
    tmp_path: Path,
) -> None:
    finished, first = 0, asyncio.Event()

    async def job() -> None:
        nonlocal finished
        async with unit() as uow:
            await uow.counters.draw("jobs")
            await asyncio.sleep(0.01)
        finished += 1
        first.set()

    async with registry_at(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path) as registry:
        units = registry.units()
        unit = opening(registry.engines[0], units) if shared else committing(units)
        jobs = [asyncio.create_task(job()) for _ in range(20)]
        await first.wait()
        before = finished
        async with units() as sender:
            await sender.counters.draw("mails")
            await sender.commit()
        waited_for = finished - before
        await asyncio.gather(*jobs)
    assert waited_for <= at_most
    assert shared or waited_for > 10  # the reason for the turns


async def test_a_transaction_that_is_cancelled_leaves_a_connection_that_works(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE t (a)"))

    async def write(number: int) -> None:
        async with engine.begin() as connection:
            await connection.execute(text("INSERT INTO t VALUES (:a)"), {"a": number})

    for number in range(30):
        task = asyncio.create_task(write(number))
        for _ in range(number % 6):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task}, timeout=10)
    await write(99)
    async with engine.connect() as connection:
        found = list((await connection.execute(text("SELECT a FROM t"))).scalars())
    assert found.count(99) == 1
    assert len(set(found)) == len(found)
    await engine.dispose()


async def test_the_private_members_of_aiosqlite_are_those_that_the_pinned_release_is_for() -> None:
    tree = ast.parse(inspect.getsource(sqlite_connection))
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    private = {name for name in used - own if name.startswith("_") and not name.startswith("__")}
    assert private == set(sqlite_connection.PRIVATE)
    assert all(name in dir(aiosqlite.Connection) or name in _set_by_init() for name in private)


def _set_by_init() -> set[str]:
    return set(vars(aiosqlite.Connection(lambda: sqlite3.connect(":memory:"), iter_chunk_size=64)))
