"""Cases, surveys, history and counters behind ``usecases.ports``.

``add`` writes at once: a row that breaks a rule fails at the line that made it, and rows that refer to it may follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry import outbox_tables, tables
from workers.adapters.registry.statements import next_number
from workers.domain.entities import (
    OWING,
    AnswerStatus,
    Case,
    CaseKind,
    CaseOutcome,
    HistoryEntry,
    Partner,
    Survey,
    SurveyAnswer,
    SurveyTarget,
)
from workers.errors import InputError
from workers.usecases.ports import Asked


class SqlCases:
    """Cases with their partner, offers, projects, records and steps."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, case_id: str) -> Case:
        """Return a case; raises InputError where there is none."""
        found = await self.find(case_id)
        if found is None:
            raise InputError("case", f"案件 {case_id} はありません")
        return found

    async def find(self, case_id: str) -> Case | None:
        """Return a case or None."""
        return await self._session.get(Case, case_id)

    async def partner(self, case_id: str) -> Partner | None:
        """Return a case's partner alone, None where the case has none."""
        t = tables.case.c
        found: Partner | None = await self._session.scalar(
            select(Partner).join(tables.case, t.partner_id == tables.partner.c.id).where(t.id == case_id)
        )
        return found

    async def add(self, case: Case) -> None:
        """Add a case."""
        self._session.add(case)
        await self._session.flush()

    async def all(self, *, city: str | None = None) -> list[Case]:
        """Return the cases, newest first: by day, and within it by the number that ends the id."""
        t = tables.case
        query = select(Case).order_by(t.c.opened_on.desc(), func.length(t.c.id).desc(), t.c.id.desc())
        if city is not None:
            query = query.where(t.c.city == city)
        return list(await self._session.scalars(query))

    async def of_partner(self, city: str, partner: Partner) -> list[Case]:
        """Return a city's cases with the same partner, by its number or its name, oldest first."""
        t = tables.case
        query = select(Case).where(t.c.city == city, t.c.partner_id.in_(tables.same_partner(partner)))
        return list(await self._session.scalars(query.order_by(t.c.opened_on, func.length(t.c.id), t.c.id)))

    async def of_agreement(self, agreement_id: str, *, kind: CaseKind | None = None) -> list[Case]:
        """Return an agreement's procedures, oldest first."""
        t = tables.case
        query = select(Case).where(t.c.agreement_id == agreement_id)
        query = query.order_by(t.c.opened_on, func.length(t.c.id), t.c.id)
        if kind is not None:
            query = query.where(t.c.kind == kind)
        return list(await self._session.scalars(query))

    async def procedure(self, agreement_id: str, kind: CaseKind, period: str) -> Case | None:
        """Return the one procedure of an agreement for a fiscal year or term, or None; a cancelled one is none."""
        t = tables.case
        query = select(Case).where(t.c.agreement_id == agreement_id, t.c.kind == kind, t.c.period == period)
        query = query.where(t.c.outcome.is_distinct_from(CaseOutcome.CANCELLED))
        found: Case | None = await self._session.scalar(query)
        return found

    async def collection(self, city: str, period: str) -> Case | None:
        """Return the one yearly procedure for all of a city's agreements, or None; a cancelled one is none."""
        t = tables.case
        query = select(Case).where(t.c.city == city, t.c.kind == CaseKind.ANNUAL, t.c.period == period)
        query = query.where(t.c.agreement_id.is_(None), t.c.outcome.is_distinct_from(CaseOutcome.CANCELLED))
        found: Case | None = await self._session.scalar(query)
        return found

    async def running(self, agreement_ids: Sequence[str], kind: CaseKind) -> list[Case]:
        """Return the procedures of a kind that are not closed yet, of many agreements in one go."""
        t = tables.case
        query = select(Case).where(t.c.agreement_id.in_(agreement_ids), t.c.kind == kind, t.c.closed_on.is_(None))
        return list(await self._session.scalars(query))

    async def unclaimed(self, *, limit: int) -> list[Case]:
        """Return procedures that were filed and that no process instance has claimed, newest first.

        So some that no engine will ever start do not hide the others.
        """
        t = tables.case
        filed = or_(t.c.agreement_id.is_not(None), t.c.kind == CaseKind.ANNUAL)
        query = select(Case).where(t.c.process_instance_key.is_(None), filed, t.c.closed_on.is_(None))
        return list(await self._session.scalars(query.order_by(t.c.opened_on.desc(), t.c.id).limit(limit)))


class SqlSurveys:
    """Surveys with their targets and answers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, survey_id: str, *, lock: bool = False) -> Survey:
        """Return a survey; raises InputError where there is none.

        With ``lock`` the row is held to the end of the transaction and everything is read anew, after this
        transaction's own changes were written: an answer and the closing come one after the other. SQLite's
        transactions exclude each other anyway.
        """
        query = select(Survey).where(tables.survey.c.id == survey_id)
        if lock:
            query = query.with_for_update(of=tables.survey).execution_options(populate_existing=True)
        found: Survey | None = await self._session.scalar(query)
        if found is None:
            raise InputError("survey", f"照会 {survey_id} はありません")
        return found

    async def asked(self, survey_id: str, department: str, *, lock: bool = False) -> Asked:
        """Return one department of a survey, with ``lock`` as ``get``; raises InputError where it was not asked."""
        s, t = tables.survey, tables.survey_target
        query = select(s.c.case_id, s.c.due_on, s.c.closed_at, SurveyTarget).join(t, t.c.survey_id == s.c.id)
        query = query.where(s.c.id == survey_id, t.c.department == department)
        if lock:
            # A statement of its own: the next one then sees what was committed while this one waited.
            await self._session.execute(select(s.c.id).where(s.c.id == survey_id).with_for_update())
            query = query.execution_options(populate_existing=True)
        row = (await self._session.execute(query)).first()
        if row is None:
            raise InputError("課", f"{department} には照会 {survey_id} をしていません")
        return Asked(case_id=row[0], due_on=row[1], closed_at=row[2], target=row[3])

    async def valid_answer(self, survey_id: str, department: str) -> SurveyAnswer | None:
        """Return the answer of a department that counts."""
        t = tables.survey_answer
        query = select(SurveyAnswer).where(t.c.survey_id == survey_id, t.c.department == department)
        found: SurveyAnswer | None = await self._session.scalar(query.where(t.c.status == AnswerStatus.VALID))
        return found

    async def add_answer(self, survey_id: str, answer: SurveyAnswer) -> None:
        """Add an answer to a survey."""
        cast("Any", answer).survey_id = survey_id  # the mapping's; an answer as such knows no survey
        self._session.add(answer)
        await self._session.flush()

    async def is_owed(self, survey_id: str) -> bool:
        """Return whether a department still owes an answer or a correction."""
        t = tables.survey_target
        query = select(t.c.id).where(t.c.survey_id == survey_id, t.c.status.in_(OWING)).limit(1)
        return await self._session.scalar(query) is not None

    async def of_case(self, case_id: str) -> list[Survey]:
        """Return a case's surveys by round."""
        t = tables.survey
        query = select(Survey).where(t.c.case_id == case_id).order_by(t.c.round, t.c.opened_at, t.c.id)
        return list(await self._session.scalars(query))

    async def add(self, survey: Survey) -> None:
        """Add a survey."""
        self._session.add(survey)
        await self._session.flush()


_NOTE = insert(tables.history)


class SqlHistory:
    """Who did what; there is no way to change or remove an entry."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, entry: HistoryEntry) -> None:
        """Append an entry."""
        if entry.act is None:  # the partners' pages write hundreds at once
            values = {"case_id": entry.case_id, "at": entry.at, "actor": entry.actor, "what": entry.what}
            await self._session.execute(_NOTE, values)
            return
        self._session.add(entry)
        await self._session.flush()

    async def of_case(self, case_id: str) -> list[HistoryEntry]:
        """Return a case's entries, oldest first."""
        t = tables.history
        query = select(HistoryEntry).where(t.c.case_id == case_id).order_by(t.c.at, t.c.id)
        return list(await self._session.scalars(query))


class SqlCounters:
    """Counters in the database: a number belongs to whoever commits, and comes back only when nobody did."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def draw(self, name: str) -> int:
        """Return the next number of a counter, from 1. Others who draw from it wait until this transaction ends."""
        return await next_number(self._session, outbox_tables.counter, name)

    async def draw_block(self, name: str, count: int) -> int:
        """Draw ``count`` numbers at once and return the last of them; with 0 the last one drawn so far."""
        return await next_number(self._session, outbox_tables.counter, name, count)
