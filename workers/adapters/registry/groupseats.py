"""A job's place in a group, the group's open transaction, and the counters as a job sees them there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from workers.adapters.registry.outbox import OutboxName
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.usecases.ports import JobRef


@dataclass(frozen=True, kw_only=True)
class Applied:
    """A job whose outcome is committed. ``again``: it was so before; ``outbox_used``: where the job added rows."""

    outcome: Mapping[str, Any]
    again: bool = False
    outbox_used: set[OutboxName] = field(default_factory=set)


class UndoneError(Exception):
    """A job's group was undone while the job waited in it. No RenkeiError: no handler has an answer to it."""


class CounterOutOfTurnError(Exception):
    """A job wants a number of a counter that comes before one whose row the group holds."""


class Seat:
    """A job's place in a group. Its own task and the group's hand each other the turn."""

    def __init__(self, ref: JobRef, job_type: str) -> None:
        loop = asyncio.get_running_loop()
        self.ref, self.job_type = ref, job_type
        self.begins: asyncio.Future[Group | None] = loop.create_future()
        self.ends: asyncio.Future[Applied | None] = loop.create_future()
        self.wants: tuple[str, int] | None = None
        self.number: asyncio.Future[int] = loop.create_future()
        self.outcome: Mapping[str, Any] | None = None
        self.outbox_used: set[OutboxName] = set()
        self._pauses: asyncio.Future[None] | None = None

    def settle(self, applied: Applied | None) -> None:
        """Tell the job what became of it; None: it has to run alone."""
        if not self.ends.done():
            self.ends.set_result(applied)
        if not self.begins.done():
            self.begins.set_result(None)
        if self.wants is not None and not self.number.done():
            self.number.set_exception(UndoneError)

    async def turn(self, go: Callable[[], None]) -> None:
        """Let the job go on until it waits for a number or has come to its end."""
        self._pauses = asyncio.get_running_loop().create_future()
        go()
        await self._pauses

    def pause(self) -> None:
        """Give the turn back."""
        if self._pauses is not None and not self._pauses.done():
            self._pauses.set_result(None)


class Group:
    """An open transaction of several jobs. ``failed``: why it has to be undone."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.failed = ""
        self.committing = False
        self._last_counter = ""
        self._held: set[str] = set()

    def fail(self, reason: str) -> None:
        """Have the group undone; too late once its commit has begun."""
        if not self.committing:
            self.failed = self.failed or reason

    def check(self) -> None:
        """Raise UndoneError where the group has failed."""
        if self.failed:
            raise UndoneError

    def hold(self, names: Sequence[str]) -> None:
        """Note that the rows of these counters, in order, are locked from now on; raises where one is out of turn."""
        for name in names:
            if name not in self._held and name < self._last_counter:
                raise CounterOutOfTurnError
            self._held.add(name)
            self._last_counter = max(self._last_counter, name)


class GroupCounters:
    """A job's counters within a group: the first step of a job waits for the others' numbers."""

    def __init__(self, uow: SqlUnitOfWork, seat: Seat, group: Group) -> None:
        self._uow, self._seat, self._group = uow, seat, group
        self._plain = uow.counters

    async def draw(self, name: str) -> int:
        """Return the next number of a counter, see ``SqlCounters.draw``."""
        return await self.draw_block(name, 1)

    async def draw_block(self, name: str, count: int) -> int:
        """Draw ``count`` numbers at once, see ``SqlCounters.draw_block``."""
        seat = self._seat
        if self._uow.is_untouched and seat.wants is None:
            # It has read nothing yet: that others go first is as if it had come later.
            seat.wants = (name, count)
            seat.pause()
            return await seat.number
        self._group.hold([name])
        return await self._plain.draw_block(name, count)
