"""Drafts of mails to partners: the table and the repository behind ``usecases.ports`` (ALL-2)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.columns import (
    Json,
    Moment,
    key_column,
    parent_column,
    text_column,
    text_enum,
    version_column,
)
from workers.adapters.registry.tables import metadata
from workers.domain.mails import DraftState, MailDraft
from workers.errors import PermanentError

mail_draft = Table(
    "mail_draft",
    metadata,
    key_column(),
    Column("business_key", String, nullable=False, unique=True),
    parent_column("case_id", "case.id", String),
    text_column("city"),
    text_column("template"),
    text_column("recipient_name"),
    text_column("recipient"),
    text_column("subject"),
    text_column("body"),
    Column("documents", Json(), nullable=False),
    Column("review", Boolean, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("state", text_enum(DraftState), nullable=False),
    Column("edited", Boolean, nullable=False),
    text_column("reason"),
    Column("ended_at", Moment),
    version_column(),
    Index(None, "case_id"),
)


class SqlMailDrafts:
    """Drafts of the cases' mails; a business key has one."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, draft: MailDraft) -> None:
        """Keep a draft; it has its id afterwards."""
        self._session.add(draft)
        await self._session.flush()

    async def get(self, draft_id: int) -> MailDraft:
        """Return a draft; raises PermanentError where there is none."""
        found = await self._session.get(MailDraft, draft_id)
        if found is None:
            raise PermanentError(f"メールの下書き {draft_id} が台帳にありません")
        return found

    async def of_key(self, business_key: str) -> MailDraft | None:
        """Return the draft of a business key."""
        query = select(MailDraft).where(mail_draft.c.business_key == business_key)
        found: MailDraft | None = await self._session.scalar(query)
        return found

    async def of_case(self, case_id: str) -> list[MailDraft]:
        """Return a case's drafts, oldest first."""
        query = select(MailDraft).where(mail_draft.c.case_id == case_id).order_by(mail_draft.c.id)
        return list(await self._session.scalars(query))
