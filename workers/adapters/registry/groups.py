"""Short jobs that wait at the same moment share one transaction: looked up once, kept once, committed once.

There are no savepoints. Whatever is not as it should be (a handler that fails, a counter out of turn, a job that is
cancelled, an outcome that another delivery kept meanwhile) undoes the whole group, and each of its jobs runs again
alone, on the usual path, which knows what to do with it. So a handler may run twice; what it did the first time was
never committed. Nobody learns an outcome before the group's commit.

The jobs run one after the other, each in its own task: the group gives them turns. A handler whose first step is to
draw a number waits there for the others, and the numbers of all are drawn by one statement, in the order of the
counters' names: two groups then wait for each other in one direction only, and hold a counter for a moment.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from functools import partial
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.adapters.registry.faults import MESSAGE, passing_faults_retryable
from workers.adapters.registry.groupseats import Applied, CounterOutOfTurnError, Group, GroupCounters, Seat, UndoneError
from workers.adapters.registry.groupstatements import Done, find_many, next_numbers, store_many
from workers.adapters.registry.outbox import RealTime, utc_now
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork
from workers.errors import BusinessError, BusyError, InputErrors
from workers.usecases.ports import JobRef

MOST: Final = 32
"""Jobs of a group at most."""

LOCK_MS: Final = 500
"""How long a group waits for a lock, in milliseconds: whom it waits for may wait for one of its own."""

_STARTING_SECONDS: Final = 0.05
"""After so much CPU no further job begins in a group: mails wait for SQLite's connection, others for its locks."""

_TURN_SECONDS: Final = 2.0
"""A job that takes longer is not short, whatever the catalogue says."""

Work = Callable[[SqlUnitOfWork], Awaitable[Mapping[str, Any]]]
"""Does a job's work in a unit and returns its outcome (JSON); may be called again with another unit."""


class _TakenError(Exception):
    """Another delivery kept an outcome of the group first."""


class JobGroups:
    """Puts short jobs into groups, one after the other: while one is committed, the next one's jobs gather."""

    def __init__(
        self,
        engine: AsyncEngine,
        make: MakeUnit,
        *,
        turns: Turns | None = None,
        now: RealTime = utc_now,
        told: Callable[[int, str], None] = lambda _size, _reason: None,
    ) -> None:
        """Create the groups of a process.

        Args:
            engine: On PostgreSQL one with a connection of the groups' own, which waits for locks shortly.
            make: Makes a job's unit on the group's connection.
            turns: Those of the mails that use the same connection.
            now: Real time.
            told: Called at a group's end with its jobs, and with the reason where it was undone.
        """
        self._engine = engine
        self._make = make
        self._at_work = False
        self._turns = turns
        self._now = now
        self._told = told
        self._waiting: deque[Seat] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def apply(self, ref: JobRef, job_type: str, work: Work) -> Applied | None:
        """Do a job's work in a group; returns when it is committed. None: nothing was kept, the job has to run alone.

        Raises nothing but the caller's own cancellation, which undoes the group as long as that is possible.
        """
        seat = Seat(ref, job_type)
        self._waiting.append(seat)
        self._start()
        try:
            group = await seat.begins
            if group is not None:
                await self._work(seat, group, work)
                seat.pause()
            return await seat.ends
        except asyncio.CancelledError:
            given = seat.begins.result() if seat.begins.done() and not seat.begins.cancelled() else None
            if given is not None:
                given.fail("cancelled")
            seat.settle(None)
            seat.pause()
            raise

    async def _work(self, seat: Seat, group: Group, work: Work) -> None:
        """Work in the group's transaction; what fails there fails the group."""
        try:
            async with asyncio.timeout(_TURN_SECONDS), self._make(group.connection) as uow:
                uow.counters = GroupCounters(uow, seat, group)
                seat.outcome = await work(uow)
                group.check()
                await uow.commit()
                seat.outbox_used = uow.outbox_used
        except Exception as error:  # noqa: BLE001 (whatever it is, the job meets it again alone)
            group.fail(_reason(error))

    def _start(self) -> None:
        if self._waiting and not self._at_work:
            self._at_work = True
            task = asyncio.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # those that become ready in the same round of the loop join
            async with self._turn():
                seats = self._next()
                if seats:
                    await self._together(seats)
        finally:
            self._at_work = False
            self._start()

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._turns is None else self._turns.job()

    def _next(self) -> list[Seat]:
        """Take the jobs that wait, of one engine and without those that were cancelled."""
        seats: list[Seat] = []
        while self._waiting and len(seats) < MOST:
            seat = self._waiting[0]
            if seats and seat.ref.engine_id != seats[0].ref.engine_id:
                break
            self._waiting.popleft()
            if not seat.ends.done():
                seats.append(seat)
        return seats

    async def _together(self, seats: list[Seat]) -> None:
        """Do the work of these jobs in one transaction, or tell each to run alone."""
        group: Group | None = None
        reason = ""
        try:
            with passing_faults_retryable():
                async with self._engine.connect() as connection:
                    await connection.begin()
                    group = Group(connection)
                    seats = await self._unknown(connection, seats)
                    seats = await self._begun(group, seats)
                    await self._draw(group, seats)
                    if seats:
                        await self._keep(group, seats)
        except Exception as error:  # noqa: BLE001 (each job meets it again alone)
            reason = (group.failed if group else "") or _reason(error)
        for seat in seats:
            kept = not reason and seat.outcome is not None
            seat.settle(Applied(outcome=seat.outcome or {}, outbox_used=seat.outbox_used) if kept else None)
        if seats:
            self._told(len(seats), reason)

    async def _unknown(self, connection: AsyncConnection, seats: list[Seat]) -> list[Seat]:
        """Answer the jobs whose outcome is known, and return the others."""
        known = await find_many(connection, [seat.ref for seat in seats])
        new: dict[int, Seat] = {}
        for seat in seats:
            found = known.get(seat.ref.job_key)
            if found is not None:
                # A key of another life of the engine is for the usual path to tell.
                seat.settle(Applied(outcome=found.outcome, again=True) if found.is_of(seat.ref) else None)
            elif new.setdefault(seat.ref.job_key, seat) is not seat:
                seat.settle(None)  # delivered twice into one group: alone it finds the outcome of the other
        return list(new.values())

    async def _begun(self, group: Group, seats: list[Seat]) -> list[Seat]:
        """Give each job its turn and return those that had it; the others go into another group, first in the line."""
        closes = time.thread_time() + _STARTING_SECONDS
        begun: list[Seat] = []
        for place, seat in enumerate(seats):
            if group.failed or time.thread_time() > closes:
                self._waiting.extendleft(reversed(seats[place:]))
                break
            if not seat.begins.done():  # else cancelled while it waited
                begun.append(seat)
                await seat.turn(partial(seat.begins.set_result, group))
        return begun

    async def _draw(self, group: Group, seats: list[Seat]) -> None:
        """Draw the numbers for which jobs wait, and let these go on."""
        group.check()
        waiting = [(seat, *seat.wants) for seat in seats if seat.wants is not None]
        if not waiting:
            return
        wanted: dict[str, int] = {}
        for name, count in sorted((name, count) for _seat, name, count in waiting):
            wanted[name] = wanted.get(name, 0) + count
        group.hold(list(wanted))
        drawn = await next_numbers(group.connection, wanted)
        last = {name: drawn[name] - count for name, count in wanted.items()}
        for seat, name, count in waiting:
            group.check()
            last[name] += count
            if seat.number.done():
                group.fail("cancelled")  # while it waited; its own task has not come to say so yet
                raise UndoneError
            await seat.turn(partial(seat.number.set_result, last[name]))
        group.check()

    async def _keep(self, group: Group, seats: list[Seat]) -> None:
        group.check()
        done = [Done(ref=seat.ref, job_type=seat.job_type, outcome=seat.outcome or {}) for seat in seats]
        if not _is_open(group.connection):
            raise BusyError(MESSAGE)
        if await store_many(group.connection, done, self._now()) < len(done):
            raise _TakenError
        group.check()
        group.committing = True
        try:
            await group.connection.commit()
        except BaseException:
            await group.connection.invalidate()  # whatever state it is in, nobody gets it again
            raise


def _is_open(connection: AsyncConnection) -> bool:
    """Return whether the database still has the transaction: a full disk may undo SQLite's, without a word later."""
    if connection.dialect.name != "sqlite":
        return True  # the next statement meets an error
    sync = connection.sync_connection
    driver: Any = sync.connection.driver_connection if sync is not None else None
    return bool(driver.in_transaction)


def _reason(error: Exception) -> str:
    """Return the metric's word for why a group was undone."""
    if isinstance(error, BusyError):
        return "busy"
    if isinstance(error, BusinessError | InputErrors):
        return "business"
    if isinstance(error, TimeoutError):
        return "slow"
    if isinstance(error, _TakenError):
        return "taken"
    if isinstance(error, CounterOutOfTurnError):
        return "order"
    return "error"
