"""The outboxes' exit: a sender claims rows under a lease, and says what became of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Table, and_, case, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.sql.dml import ReturningUpdate

from workers.adapters.registry.database import READ_ONLY
from workers.adapters.registry.faults import passing_faults_retryable
from workers.adapters.registry.outbox import RealTime, utc_now
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.restored_tables import is_held


@dataclass(frozen=True, kw_only=True)
class QueuedItem:
    """What both outboxes share. Moments are real time; ``attempts`` counts the claims, the present one included."""

    id: int
    business_key: str
    kind: str
    status: QueueStatus
    attempts: int
    next_attempt_at: datetime
    lease_owner: str | None
    lease_until: datetime | None
    last_error: str
    queued_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How much waits: rows queued or being sent, and the age of the oldest in seconds (0 when none waits)."""

    waiting: int
    oldest_seconds: float


NO_LEASE: dict[str, Any] = {"lease_owner": None, "lease_until": None}

Item = TypeVar("Item", bound=QueuedItem)


class LeaseQueue(Generic[Item]):
    """Rows that one sender at a time works on; a lease that runs out makes the row claimable again.

    Every method is a transaction of its own and raises RetryableError for a passing fault of the database.
    """

    _table: ClassVar[Table]
    _item: type[Item]
    _heavy: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, sessions: async_sessionmaker[AsyncSession], *, now: RealTime = utc_now) -> None:
        self._sessions = sessions
        self._now = now

    async def claim(self, owner: str, limit: int, lease_seconds: float) -> list[Item]:
        """Return up to ``limit`` rows that are due, longest due first, leased to ``owner`` for ``lease_seconds``.

        Nobody else gets them meanwhile: rows that another claim holds are skipped (PostgreSQL) or waited for (SQLite).
        """
        async with self._transaction() as session:
            rows = (await session.execute(self._claiming(owner, limit, lease_seconds))).all()
        return sorted((self._made(row) for row in rows), key=lambda item: (item.next_attempt_at, item.id))

    async def extend(self, owner: str, lease_seconds: float) -> int:
        """Prolong all leases of an owner that still hold; returns how many."""
        t, now = self._table, self._now()
        held = and_(t.c.status == QueueStatus.SENDING, t.c.lease_owner == owner, t.c.lease_until > now)
        return await self._change(held, lease_until=now + timedelta(seconds=lease_seconds))

    async def release(self, owner: str) -> int:
        """Give back what an owner did not get to (it shuts down): due at once, the claim not counted as an attempt."""
        t = self._table
        held = and_(t.c.status == QueueStatus.SENDING, t.c.lease_owner == owner)
        return await self._change(held, status=QueueStatus.QUEUED, attempts=t.c.attempts - 1, **NO_LEASE)

    async def retry(self, item_id: int, error: str, next_attempt_at: datetime, *, owner: str | None = None) -> bool:
        """Put a row back until ``next_attempt_at``; False when it is no longer being sent (by ``owner``)."""
        return await self._settle(
            item_id, owner, status=QueueStatus.QUEUED, last_error=error, next_attempt_at=next_attempt_at
        )

    async def requeue(self, item_id: int, *, deadline_at: datetime | None = None) -> bool:
        """Try a failed or bounced row again, at once; ``deadline_at`` replaces a mail's deadline."""
        t = self._table
        ended = and_(t.c.id == item_id, t.c.status.in_([QueueStatus.FAILED, QueueStatus.BOUNCED]))
        values: dict[str, Any] = {"status": QueueStatus.QUEUED, "next_attempt_at": self._now()}
        if deadline_at is not None:
            values["deadline_at"] = deadline_at
        return await self._change(ended, **values) > 0

    async def next_due(self) -> datetime | None:
        """Return when there is something to claim; a moment that has passed: now; None: nothing waits, or all does.

        After a restore all waits until it is confirmed.
        """
        t = self._table
        moment = case((t.c.status == QueueStatus.QUEUED, t.c.next_attempt_at), else_=t.c.lease_until)
        async with self._reading() as session:
            due: datetime | None = await session.scalar(
                select(func.min(moment, type_=moment.type)).where(self._open(), ~is_held())
            )
        return due

    async def depth_and_age(self) -> Depth:
        """Return how many rows wait and how old the oldest is."""
        t = self._table
        query = select(func.count(), func.min(t.c.queued_at, type_=t.c.queued_at.type)).where(self._open())
        async with self._reading() as session:
            waiting, oldest = (await session.execute(query)).one()
        return Depth(waiting=waiting, oldest_seconds=(self._now() - oldest).total_seconds() if oldest else 0.0)

    async def counts(self) -> dict[QueueStatus, int]:
        """Return how many rows stand where."""
        t = self._table
        async with self._reading() as session:
            rows = await session.execute(select(t.c.status, func.count().label("rows")).group_by(t.c.status))
            return {row.status: row.rows for row in rows}

    async def get(self, item_id: int) -> Item | None:
        """Return a whole row, or None."""
        async with self._reading() as session:
            row = (await session.execute(select(self._table).where(self._table.c.id == item_id))).first()
        return None if row is None else self._made(row)

    async def _list(self, *wanted: ColumnElement[bool], limit: int | None) -> list[Item]:
        """Return rows without their heavy columns, oldest first; with a limit the newest of them."""
        t = self._table
        columns = [column for column in t.c if column.name not in self._heavy]
        async with self._reading() as session:
            rows = await session.execute(select(*columns).where(*wanted).order_by(t.c.id.desc()).limit(limit))
            return [self._made(row) for row in rows][::-1]

    def _claiming(self, owner: str, limit: int, lease_seconds: float) -> ReturningUpdate[Any]:
        t, now = self._table, self._now()
        due = select(t.c.id).where(self._due(now)).order_by(t.c.next_attempt_at, t.c.id).limit(limit)
        chosen = due.with_for_update(skip_locked=True).cte("due")
        return (
            update(t)
            .where(t.c.id.in_(select(chosen.c.id)))
            .values(
                status=QueueStatus.SENDING,
                attempts=t.c.attempts + 1,
                lease_owner=owner,
                lease_until=now + timedelta(seconds=lease_seconds),
            )
            .returning(*t.c)
        )

    def _due(self, now: datetime) -> ColumnElement[bool]:
        t = self._table
        due = or_(
            and_(t.c.status == QueueStatus.QUEUED, t.c.next_attempt_at <= now),
            and_(t.c.status == QueueStatus.SENDING, t.c.lease_until <= now),
        )
        return and_(due, ~is_held())

    def _open(self) -> ColumnElement[bool]:
        return self._table.c.status.in_([QueueStatus.QUEUED, QueueStatus.SENDING])

    async def _settle(self, item_id: int, owner: str | None, **values: object) -> bool:
        """End the claim of a row, unless it has passed to somebody else."""
        async with self._transaction() as session:
            return await self._settle_in(session, item_id, owner, **values)

    async def _settle_in(self, session: AsyncSession, item_id: int, owner: str | None, **values: object) -> bool:
        t = self._table
        held = and_(t.c.id == item_id, t.c.status == QueueStatus.SENDING)
        if owner is not None:
            held = and_(held, t.c.lease_owner == owner)
        changed = await session.execute(update(t).where(held).values(**values, **NO_LEASE).returning(t.c.id))
        return changed.first() is not None

    async def _change(self, which: ColumnElement[bool], **values: object) -> int:
        t = self._table
        async with self._transaction() as session:
            return len((await session.execute(update(t).where(which).values(**values).returning(t.c.id))).all())

    def _made(self, row: Row[Any]) -> Item:
        known = {f.name for f in fields(self._item)}
        return self._item(**{name: value for name, value in row._mapping.items() if name in known})  # noqa: SLF001 (documented name)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        with passing_faults_retryable():
            async with self._sessions.begin() as session:
                yield session

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        with passing_faults_retryable():
            async with self._sessions() as session:
                await session.connection(execution_options=READ_ONLY)
                yield session
