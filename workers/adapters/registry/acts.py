"""What people did, behind ``usecases.ports``."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry import tables
from workers.domain.acts import Act


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
