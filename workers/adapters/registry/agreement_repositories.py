"""Agreements and what is done under them, behind ``usecases.ports``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Subquery, func, insert, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from workers.adapters.registry import agreement_tables, tables
from workers.adapters.registry.database import READ_ONLY
from workers.adapters.registry.faults import passing_faults_retryable
from workers.domain.activityyears import concerns
from workers.domain.agreements import Activity, Agreement, Notice
from workers.domain.entities import Partner
from workers.domain.fiscal import last_day
from workers.domain.text import shown
from workers.errors import InputError


class SqlAgreements:
    """Agreements with their terms."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, agreement: Agreement) -> None:
        """Add an agreement."""
        self._session.add(agreement)
        await self._session.flush()

    async def get(self, agreement_id: str, *, lock: bool = False) -> Agreement:
        """Return an agreement; raises InputError where there is none.

        With ``lock`` the row is held to the end of the transaction and read anew, so that a decision on a renewal and a
        notice come one after the other.
        """
        if lock:
            query = select(Agreement).where(agreement_tables.agreement.c.id == agreement_id)
            query = query.with_for_update(of=agreement_tables.agreement).execution_options(populate_existing=True)
            found: Agreement | None = await self._session.scalar(query)
        else:
            found = await self._session.get(Agreement, agreement_id)
        if found is None:
            raise InputError("協定番号", f"{shown(agreement_id)} の協定は登録されていません")
        return found

    async def of_case(self, case_id: str) -> Agreement | None:
        """Return the agreement that a case led to."""
        query = select(Agreement).where(agreement_tables.agreement.c.case_id == case_id)
        found: Agreement | None = await self._session.scalar(query)
        return found

    async def of_partner(self, city: str, partner: Partner) -> list[Agreement]:
        """Return a city's agreements with the same partner, by its number or its name, oldest first."""
        t = agreement_tables.agreement
        query = select(Agreement).where(t.c.city == city, t.c.partner_id.in_(tables.same_partner(partner)))
        return list(await self._session.scalars(query.order_by(t.c.signed_on, t.c.id)))

    async def in_force(self, on: date, *, city: str | None = None) -> list[Agreement]:
        """Return the agreements whose term covers a day, first and last day included (ASA-7), oldest first."""
        return await self.in_force_between(on, on, city=city)

    async def in_force_between(self, first: date, last: date, *, city: str | None = None) -> list[Agreement]:
        """Return the agreements that were in force on some day from ``first`` to ``last`` (ASA-8), oldest first."""
        t, term = agreement_tables.agreement, agreement_tables.agreement_term
        covered = select(term.c.agreement_id).where(
            term.c.starts_on <= last, term.c.expires_on >= first, term.c.reversed_on.is_(None)
        )
        not_ended = or_(t.c.ended_on.is_(None), t.c.ended_on >= first)
        query = select(Agreement).where(t.c.id.in_(covered), not_ended).order_by(t.c.signed_on, t.c.id)
        if city is not None:
            query = query.where(t.c.city == city)
        return list(await self._session.scalars(query))

    async def due(self, on: date, *, after: str = "", limit: int) -> list[str]:
        """Return ids, in order and greater than ``after``, of agreements with a term, a cycle or a question due."""
        found = _due(on, after)
        return list(await self._session.scalars(select(found.c.id).order_by(found.c.id).limit(limit)))

    async def bring_questions_forward(self, city: str, opening: date) -> None:
        """Let no agreement of a city wait longer for the question about its contacts than until a day."""
        t = agreement_tables.agreement
        later = (t.c.city == city) & (t.c.contacts_due_on > opening)
        await self._session.execute(update(t).where(later).values(contacts_due_on=opening))

    async def add_notice(self, notice: Notice) -> None:
        """Add a notice of non-renewal."""
        self._session.add(notice)
        await self._session.flush()

    async def notices(self, agreement_id: str) -> list[Notice]:
        """Return an agreement's notices in the order of their entry."""
        t = agreement_tables.notice
        return list(
            await self._session.scalars(select(Notice).where(t.c.agreement_id == agreement_id).order_by(t.c.id))
        )


def _due(on: date, after: str = "") -> Subquery:
    t, term = agreement_tables.agreement, agreement_tables.agreement_term
    terms = select(term.c.agreement_id.label("id")).where(term.c.due_on <= on, term.c.agreement_id > after)
    cycles = select(t.c.id).where(t.c.cycle_due_on <= on, t.c.id > after)
    questions = select(t.c.id).where(t.c.contacts_due_on <= on, t.c.id > after)
    return union(terms, cycles, questions).subquery()


async def due_count(engine: AsyncEngine, on: date) -> int:
    """Return how many agreements have a term, a cycle or a question due by a day; reads only, raises RetryableError."""
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            return (await connection.execute(select(func.count()).select_from(_due(on)))).scalar_one()


class SqlSweeps:
    """Runs of the renewal watch."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def last_day(self) -> date | None:
        """Return the newest business date that was swept to its end."""
        found: date | None = await self._session.scalar(select(func.max(agreement_tables.sweep_run.c.on_day)))
        return found

    async def add(self, on: date, at: datetime, report: Mapping[str, Any]) -> None:
        """Record a completed run."""
        row = {"on_day": on, "completed_at": at, "report": dict(report)}
        await self._session.execute(insert(agreement_tables.sweep_run), row)


class SqlActivities:
    """What is done under agreements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, activity: Activity) -> None:
        """Add an activity."""
        self._session.add(activity)
        await self._session.flush()

    async def of_agreement(self, agreement_id: str, *, fiscal_year: int | None = None) -> list[Activity]:
        """Return an agreement's activities by fiscal year and in the order of their entry."""
        t = agreement_tables.activity
        query = select(Activity).where(t.c.agreement_id == agreement_id).order_by(t.c.fiscal_year, t.c.id)
        if fiscal_year is not None:
            query = query.where(t.c.fiscal_year == fiscal_year)
        return list(await self._session.scalars(query))

    async def of_city(self, city: str, *, fiscal_year: int) -> list[Activity]:
        """Return what concerns a fiscal year, in the order of the agreements' signing and of their entry."""
        t, of = agreement_tables.activity, agreement_tables.agreement
        begun = or_(t.c.fiscal_year <= fiscal_year, t.c.starts_on <= last_day(fiscal_year))
        query = (
            select(Activity)
            .join(of, of.c.id == t.c.agreement_id)
            .where(of.c.city == city, begun)
            .order_by(of.c.signed_on, of.c.id, t.c.id)
        )
        return [entry for entry in await self._session.scalars(query) if concerns(entry, fiscal_year)]

    async def of_case(self, case_id: str) -> list[Activity]:
        """Return the activities that a case agreed or reported, in the order of their entry."""
        t = agreement_tables.activity
        return list(await self._session.scalars(select(Activity).where(t.c.case_id == case_id).order_by(t.c.id)))
