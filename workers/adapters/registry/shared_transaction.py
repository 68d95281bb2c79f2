"""One transaction of SQLite for all units that wait at the same moment: each has a savepoint, all have one commit.

SQLite writes one transaction after the other and syncs the disk for each: that, and changing threads for it, took as
long as a job's own work. A unit that fails undoes only itself. Nobody learns an outcome before it is on the disk: a
unit's block ends when the commit has happened, with BusyError when it has not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.adapters.registry.faults import MESSAGE, passing_faults_retryable
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork, committing
from workers.errors import BusyError

_SECONDS = 0.01
"""After so long no further unit joins: the senders wait for the connection, too."""


def opening(
    engine: AsyncEngine, make: MakeUnit, turns: Turns | None = None
) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
    """Return what opens units that commit at the end of their block: together on SQLite, each by itself elsewhere.

    ``turns``: those of the mails that use the same connection.
    """
    if engine.dialect.name != "sqlite":
        return committing(make)
    return SharedTransactions(engine, make, turns or Turns()).unit


class _Shared:
    """An open transaction. ``done``: the commit's result."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.closes = time.monotonic() + _SECONDS
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(lambda done: done.exception())  # units that were cancelled do not ask
        sync: Any = connection.sync_connection
        self._driver = sync.connection.driver_connection

    @property
    def alive(self) -> bool:
        """Whether SQLite still has it: a full disk or a read error undoes a transaction as a whole."""
        return bool(self._driver.in_transaction)

    async def commit(self) -> None:
        """Make it lasting; raises BusyError when that failed."""
        if not self.alive:
            raise BusyError(MESSAGE)  # sqlite3 would commit nothing without a word
        with passing_faults_retryable():
            await self.connection.commit()


class SharedTransactions:
    """Opens units that share transactions; they run one after the other, which SQLite's are anyway."""

    def __init__(self, engine: AsyncEngine, make: MakeUnit, turns: Turns) -> None:
        self._engine = engine
        self._make = make
        self._turns = turns
        self._open: _Shared | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a unit that commits at the end of its block; an exception undoes it, and leaves when the rest lasts."""
        async with self._turns.job(self._make_way):
            shared = await self._joined()
            failure: Exception | None = None
            try:
                async with self._make(shared.connection) as uow:
                    yield uow
                    await uow.commit()
            except Exception as error:  # noqa: BLE001 (raised again below)
                failure = error
        # A failure waits, too: it may rest on what another unit has done, and that may yet come to nothing.
        await asyncio.shield(shared.done)
        if failure is not None:
            raise failure

    async def _joined(self) -> _Shared:
        if self._open is not None and (time.monotonic() > self._open.closes or not self._open.alive):
            await self._make_way()
        if self._open is None:
            with passing_faults_retryable():
                connection = await self._engine.connect()
                try:
                    await connection.begin()
                except BaseException:
                    await asyncio.shield(self._task(connection.close()))
                    raise
            self._open = _Shared(connection)
            self._task(self._close_in_turn(self._open))
        return self._open

    async def _close_in_turn(self, shared: _Shared) -> None:
        # Its turn comes after the units that wait already; those that come later find another transaction.
        async with self._turns.job(self._make_way):
            if self._open is shared:
                await self._close(shared)

    async def _make_way(self) -> None:
        if self._open is not None:
            await asyncio.shield(self._task(self._close(self._open)))

    async def _close(self, shared: _Shared) -> None:
        self._open = None
        try:
            await shared.commit()
        except Exception as error:  # noqa: BLE001 (the units raise it)
            shared.done.set_exception(error)
            await shared.connection.invalidate()  # whatever state it is in, nobody gets it again
        else:
            shared.done.set_result(None)
        finally:
            await shared.connection.close()

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task
