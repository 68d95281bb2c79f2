"""The outbox's entrance: mails and engine calls are written with the effect that causes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.policy import SMTP
from typing import Any, Literal

from sqlalchemy import ColumnElement, String, Table, bindparam, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.files import FileStore
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.restored_tables import is_doubtful
from workers.adapters.registry.statements import insert_once
from workers.domain.mails import WrittenMail
from workers.usecases.ports import Cities, Clock, Documents, KeptMail, MailRequest, RenderedMail, Renderers

OutboxName = Literal["mail", "engine-call"]

RealTime = Callable[[], datetime]
"""Returns the present moment, aware. Leases, back-off and deadlines use it, never the business clock."""


def utc_now() -> datetime:
    """Return the real present moment in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What every unit of work shares.

    ``mail_deadline``: a mail not sent by then is given up. ``now``: real time. ``pages_url``: where partners reach
    their pages.
    """

    clock: Clock
    cities: Cities
    renderers: Renderers
    files: FileStore
    now: RealTime = utc_now
    mail_deadline: timedelta = timedelta(hours=72)
    pages_url: str = ""


_KNOWN_MAIL = select(outbox_tables.mail.c.id).where(outbox_tables.mail.c.business_key == bindparam("business_key"))


class SqlOutbox:
    """Writes outbox rows. A business key is accepted once, for good."""

    def __init__(self, session: AsyncSession, documents: Documents, parts: Parts) -> None:
        self._session = session
        self._documents = documents
        self._parts = parts
        self.used: set[OutboxName] = set()
        """Where rows were added: the senders of this process are woken then."""

    async def mail(self, request: MailRequest) -> bool:
        """Render and enqueue a mail; False when its business key was enqueued before, which renders nothing."""
        if await self._session.scalar(_KNOWN_MAIL, {"business_key": request.business_key}) is not None:
            return False
        attachments = [(d.name, d.media_type, await self._documents.read(d)) for d in request.attachments]
        rendered = self._parts.renderers.mails.render(request, attachments)
        return await self._enqueue_mail(
            rendered,
            status=await self._status(request.case_id),
            business_key=request.business_key,
            kind=request.kind,
            case_id=request.case_id,
            city=request.city,
            recipient=request.recipient,
        )

    async def kept(self, mail_id: int) -> KeptMail | None:
        """Return a mail by its number."""
        return await self._kept(outbox_tables.mail.c.id == mail_id)

    async def read(self, mail_id: int) -> bytes:
        """Return a mail's bytes; empty where there is none."""
        return (
            await self._session.scalar(select(outbox_tables.mail.c.raw).where(outbox_tables.mail.c.id == mail_id))
            or b""
        )

    async def with_message_id(self, message_id: str) -> KeptMail | None:
        """Return a mail by its Message-ID."""
        return await self._kept(outbox_tables.mail.c.message_id == message_id)

    async def returned(self, mail_id: int, reason: str) -> bool:
        """Mark a mail that was sent as one that did not arrive; False for any other."""
        t = outbox_tables.mail
        sent = update(t).where(t.c.id == mail_id, t.c.status == QueueStatus.SENT)
        changed = await self._session.execute(
            sent.values(status=QueueStatus.BOUNCED, last_error=reason).returning(t.c.id)
        )
        return changed.first() is not None

    async def _kept(self, wanted: ColumnElement[bool]) -> KeptMail | None:
        row = (await self._session.execute(select(outbox_tables.mail).where(wanted))).one_or_none()
        if row is None:
            return None
        return KeptMail(
            id=row.id,
            message_id=row.message_id,
            business_key=row.business_key,
            case_id=row.case_id,
            city=row.city,
            kind=row.kind,
            recipient=row.recipient,
            subject=str(BytesHeaderParser(policy=SMTP).parsebytes(row.raw)["Subject"]),
            error=row.last_error,
            bounced=row.status is QueueStatus.BOUNCED,
        )

    async def send_again(self, mail_id: int, *, recipient: str, business_key: str) -> bool:
        """Enqueue the text and documents of an earlier mail for an address; False when the key was known already."""
        t = outbox_tables.mail
        row = (await self._session.execute(select(t).where(t.c.id == mail_id))).one()
        rendered = self._parts.renderers.mails.readdress(row.raw, recipient)
        return await self._enqueue_mail(
            rendered,
            business_key=business_key,
            kind=row.kind,
            case_id=row.case_id,
            city=row.city,
            recipient=recipient,
        )

    async def _status(self, case_id: str) -> QueueStatus:
        """Return where a new mail stands: one that may have been sent before a restore waits for a person (ALL-18)."""
        doubtful = await self._session.scalar(select(is_doubtful(case_id, self._parts.now())))
        return QueueStatus.HELD if doubtful else QueueStatus.QUEUED

    async def _enqueue_mail(
        self, rendered: RenderedMail, *, status: QueueStatus = QueueStatus.QUEUED, **facts: str
    ) -> bool:
        self.used.add("mail")
        return await enqueue(
            self._session,
            outbox_tables.mail,
            self._parts.now(),
            message_id=rendered.message_id,
            raw=rendered.raw,
            dated_at=self._parts.clock.now(),
            deadline_at=self._parts.now() + self._parts.mail_deadline,
            smtp_reply="",
            status=status,
            **facts,
        )

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return subject and body of a mail that is not sent yet; raises PermanentError for a bad template."""
        return self._parts.renderers.mails.compose(request)

    def title(self, city: str, template: str) -> str:
        """Return what a mail is called in the history."""
        return self._parts.renderers.mails.title(city, template)

    async def engine_call(
        self, *, business_key: str, kind: str, payload: Mapping[str, Any], after_seconds: float = 0
    ) -> bool:
        """Enqueue a call to the engine, due after some seconds; False when its business key is known already."""
        self.used.add("engine-call")
        now = self._parts.now()
        return await enqueue(
            self._session,
            outbox_tables.engine_call,
            now,
            business_key=business_key,
            kind=kind,
            payload=dict(payload),
            next_attempt_at=now + timedelta(seconds=after_seconds),
        )

    async def free_engine_call(self, business_key: str) -> None:
        """Give a call's business key free: the row goes on under a key of its own."""
        t = outbox_tables.engine_call
        own = t.c.business_key + ":" + cast(t.c.id, String)
        await self._session.execute(update(t).where(t.c.business_key == business_key).values(business_key=own))


async def enqueue(session: AsyncSession, table: Table, now: datetime, **values: object) -> bool:
    """Write an outbox row, due at once; False when its business key is known already."""
    row = {
        "status": QueueStatus.QUEUED,
        "attempts": 0,
        "next_attempt_at": now,
        "queued_at": now,
        "last_error": "",
        **values,
    }
    return await insert_once(session, table, ("business_key",), row)
