"""Meetings and excluded periods, behind ``usecases.ports``."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry import meeting_tables
from workers.domain.meetings import ExcludedPeriod, Meeting
from workers.domain.text import shown
from workers.errors import InputError


class SqlMeetings:
    """Meetings with the periods that were confirmed at them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, meeting: Meeting) -> None:
        """Add a meeting."""
        self._session.add(meeting)
        await self._session.flush()

    async def get(self, meeting_id: str) -> Meeting:
        """Return a meeting; raises InputError where there is none."""
        found = await self._session.get(Meeting, meeting_id)
        if found is None:
            raise InputError("会議", f"{shown(meeting_id)} の会議は登録されていません")
        return found

    async def of_case(self, case_id: str) -> list[Meeting]:
        """Return a case's meetings by number."""
        t = meeting_tables.meeting
        return list(await self._session.scalars(select(Meeting).where(t.c.case_id == case_id).order_by(t.c.number)))

    async def of_agreement(self, agreement_id: str) -> list[Meeting]:
        """Return an agreement's meetings in the order of their beginning; those without a date come last."""
        t = meeting_tables.meeting
        query = select(Meeting).where(t.c.agreement_id == agreement_id)
        return list(await self._session.scalars(query.order_by(t.c.starts_at.is_(None), t.c.starts_at, t.c.id)))

    async def excluded(self, agreement_id: str) -> list[ExcludedPeriod]:
        """Return the confirmed periods of an agreement (D-8), by their first day."""
        t = meeting_tables.excluded_period
        query = select(ExcludedPeriod).where(t.c.agreement_id == agreement_id).order_by(t.c.first, t.c.id)
        return list(await self._session.scalars(query))
