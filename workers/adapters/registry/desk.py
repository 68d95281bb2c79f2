"""The desk's sessions, drafts and notes: the tables and the repository behind ``usecases.ports``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table, UniqueConstraint, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.mutable import MutableDict

from workers.adapters.registry import tables
from workers.adapters.registry.columns import Json, Moment, key_column, parent_column, text_column
from workers.adapters.registry.tables import metadata
from workers.domain.desk import CaseHead, DeskSession, FormDraft, StaffNote

_AT_ONCE = 500

desk_session = Table(
    "desk_session",
    metadata,
    Column("id_hash", String, primary_key=True),
    text_column("user"),
    text_column("name"),
    Column("groups", Json()),
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("filters", MutableDict.as_mutable(Json()), nullable=False),
    Index(None, "seen_at"),
)

desk_person = Table(
    "desk_person",
    metadata,
    Column("user", String, primary_key=True),
    text_column("name"),
)

form_draft = Table(
    "form_draft",
    metadata,
    key_column(),
    Column("task_key", BigInteger, nullable=False),
    text_column("user"),
    Column("values", Json(), nullable=False),
    Column("saved_at", Moment, nullable=False),
    UniqueConstraint("task_key", "user"),
)

staff_note = Table(
    "staff_note",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    text_column("user"),
    text_column("writer"),
    text_column("text"),
    Column("at", Moment, nullable=False),
    Index(None, "case_id"),
)


class SqlDesk:
    """What the desk keeps."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add_session(self, session: DeskSession) -> None:
        """Keep a sign-in, and what the person is called."""
        self._session.add(session)
        known = await self._session.get(PersonName, session.user)
        if known is None:
            self._session.add(PersonName(session.user, session.name))
        else:
            known.name = session.name
        await self._session.flush()

    async def session(self, id_hash: str) -> DeskSession | None:
        """Return a sign-in or None."""
        return await self._session.get(DeskSession, id_hash)

    async def end_session(self, id_hash: str) -> None:
        """Forget a sign-in."""
        await self._session.execute(delete(DeskSession).where(desk_session.c.id_hash == id_hash))

    async def end_sessions(self, *, seen_before: datetime) -> None:
        """Forget every sign-in that was used last before a moment."""
        await self._session.execute(delete(DeskSession).where(desk_session.c.seen_at < seen_before))

    async def names(self) -> dict[str, str]:
        """Return what those who have ever signed in are called, by user."""
        return {row.user: row.name for row in await self._session.execute(select(desk_person))}

    async def draft(self, task_key: int, user: str) -> FormDraft | None:
        """Return what a person has typed into a task's form, or None."""
        t = form_draft.c
        found: FormDraft | None = await self._session.scalar(
            select(FormDraft).where(t.task_key == task_key, t.user == user)
        )
        return found

    async def add_draft(self, draft: FormDraft) -> None:
        """Keep a draft where the person has none for the task yet."""
        self._session.add(draft)
        await self._session.flush()

    async def drop_drafts(self, task_key: int) -> None:
        """Forget everybody's drafts of a task that is done."""
        await self._session.execute(delete(FormDraft).where(form_draft.c.task_key == task_key))

    async def add_note(self, note: StaffNote) -> None:
        """Keep a note; it has its id afterwards."""
        self._session.add(note)
        await self._session.flush()

    async def notes(self, case_id: str) -> list[StaffNote]:
        """Return a case's notes, newest first."""
        t = staff_note.c
        query = select(StaffNote).where(t.case_id == case_id).order_by(t.id.desc())
        return list(await self._session.scalars(query))

    async def surveyed(self, case_id: str) -> set[str]:
        """Return the codes of the departments that a case's surveys asked."""
        asked = tables.survey_target.join(tables.survey)
        query = select(tables.survey_target.c.department).select_from(asked).where(tables.survey.c.case_id == case_id)
        return set(await self._session.scalars(query.distinct()))

    async def case_ids(self, city: str, *, departments: Collection[str] | None, limit: int) -> list[str]:
        """Return a city's cases, newest first; with ``departments`` those that one of them answers or carries out."""
        t = tables.case.c
        query = select(t.id).where(t.city == city).order_by(t.opened_on.desc(), t.id.desc()).limit(limit)
        if departments is not None:
            asked = select(tables.survey.c.case_id).select_from(tables.survey_target.join(tables.survey))
            asked = asked.where(tables.survey_target.c.department.in_(departments))
            carried = select(tables.project.c.case_id).where(tables.project.c.department.in_(departments))
            query = query.where(t.id.in_(asked) | t.id.in_(carried))
        return list(await self._session.scalars(query))

    async def heads(self, case_ids: Collection[str]) -> dict[str, CaseHead]:
        """Return what lists show of cases, by id; those that the registry does not have are missing."""
        t = tables.case.c
        found: dict[str, CaseHead] = {}
        wanted = sorted(case_ids)
        for first in range(0, len(wanted), _AT_ONCE):
            rows = await self._session.execute(
                select(t.id, t.city, t.process_id, tables.partner.c.name, t.outcome)
                .select_from(tables.case.outerjoin(tables.partner))
                .where(t.id.in_(wanted[first : first + _AT_ONCE]))
            )
            found |= {
                row.id: CaseHead(
                    id=row.id,
                    city=row.city,
                    process_id=row.process_id,
                    partner=row.name or "",
                    is_open=row.outcome is None,
                )
                for row in rows
            }
        return found


class PersonName:
    """What a user is called."""

    def __init__(self, user: str, name: str) -> None:
        self.user = user
        self.name = name
