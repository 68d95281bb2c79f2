"""What people did, behind ``usecases.ports``."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from workers.adapters.registry import tables
from workers.adapters.registry.database import READ_ONLY
from workers.adapters.registry.faults import passing_faults_retryable
from workers.domain.acts import Act, ActStatus


class SqlActs:
    """Completions of user tasks; all of an act but what is known of its person stays as it was written."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, act: Act) -> None:
        """Add an act; it has its number afterwards."""
        self._session.add(act)
        await self._session.flush()

    async def find(self, act_id: int) -> Act | None:
        """Return an act or None."""
        return await self._session.get(Act, act_id)

    async def without_case(self, engine_id: str, process_instance_key: int) -> list[Act]:
        """Return an instance's acts from before its case existed, oldest first."""
        t = tables.act
        query = select(Act).where(t.c.process_instance_key == process_instance_key, t.c.engine_id == engine_id)
        return list(await self._session.scalars(query.where(t.c.case_id.is_(None)).order_by(t.c.id)))

    async def claim(self, now: datetime, *, until: datetime, limit: int) -> list[Act]:
        """Return acts whose person is to be looked up; no other worker gets them before ``until`` (real time)."""
        t = tables.act
        due = select(t.c.id).where(t.c.look_at <= now).order_by(t.c.look_at).limit(limit)
        mine = update(t).where(t.c.id.in_(due), t.c.look_at <= now).values(look_at=until).returning(t.c.id)
        numbers = list(await self._session.scalars(mine.execution_options(synchronize_session=False)))
        found = select(Act).where(t.c.id.in_(numbers)).order_by(t.c.element_instance_key)
        return list(await self._session.scalars(found.execution_options(populate_existing=True)))

    async def known_tasks(self, process_instance_keys: Collection[int]) -> set[int]:
        """Return the user tasks of process instances whose acts are known."""
        t = tables.act
        query = select(t.c.task_key).where(t.c.process_instance_key.in_(process_instance_keys))
        return {key for key in await self._session.scalars(query) if key is not None}


@dataclass(frozen=True, kw_only=True)
class OpenActs:
    """What is not known of who did it. ``waiting``: still looked up; the others are so for good."""

    waiting: int
    oldest: datetime | None
    unassigned: int
    unknown: int


async def open_acts(engine: AsyncEngine) -> OpenActs:
    """Return how many acts have no person yet, or none for good; reads only, raises RetryableError."""
    t = tables.act
    asked = select(t.c.status, func.count(), func.min(t.c.queued_at)).group_by(t.c.status)
    without = [status for status in ActStatus if status is not ActStatus.FOUND]
    query = asked.where(t.c.status.in_(without), or_(t.c.status == ActStatus.PENDING, t.c.element_id != ""))
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            rows = {status: (count, at) for status, count, at in await connection.execute(query)}
    count, oldest = rows.get(ActStatus.PENDING, (0, None))
    return OpenActs(
        waiting=count,
        oldest=oldest,
        unassigned=rows.get(ActStatus.UNASSIGNED, (0,))[0],
        unknown=rows.get(ActStatus.UNKNOWN, (0,))[0],
    )


async def next_look(engine: AsyncEngine) -> datetime | None:
    """Return when the next person is to be looked up; reads only, raises RetryableError."""
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            moment: datetime | None = await connection.scalar(select(func.min(tables.act.c.look_at)))
            return moment
