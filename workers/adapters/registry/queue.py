"""The outboxes' exit: a sender claims rows under a lease, and says what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from workers.adapters.registry import outbox_tables
from workers.adapters.registry.lease import NO_LEASE, Depth, LeaseQueue, QueuedItem
from workers.adapters.registry.outbox import RealTime, enqueue, utc_now
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.turns import Turns

__all__ = ["Depth", "EngineCallQueue", "FollowUp", "MailQueue", "QueueStatus", "QueuedEngineCall", "QueuedMail"]


@dataclass(frozen=True, kw_only=True)
class QueuedMail(QueuedItem):
    """A mail. ``raw`` is empty in lists. ``dated_at`` is the business clock's moment of the order to send it."""

    case_id: str
    city: str
    recipient: str = field(repr=False)
    message_id: str
    raw: bytes = field(default=b"", repr=False)
    dated_at: datetime
    deadline_at: datetime
    smtp_reply: str


@dataclass(frozen=True, kw_only=True)
class QueuedEngineCall(QueuedItem):
    """A call to the engine: ``kind`` says which, ``payload`` its arguments."""

    payload: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """An engine call that a failed mail causes, written with the failure: the office's task for a bounce (ALL-2)."""

    business_key: str
    kind: str
    payload: Mapping[str, Any]


_MAIL = outbox_tables.mail
_MAIL_SENT = (
    update(_MAIL)
    .where(_MAIL.c.id == bindparam("item_id"), _MAIL.c.status != QueueStatus.SENT)
    .values(status=QueueStatus.SENT, sent_at=bindparam("sent_moment"), smtp_reply=bindparam("reply"), last_error="")
    .values(**NO_LEASE)
    .returning(_MAIL.c.id)
)


class MailQueue(LeaseQueue[QueuedMail]):
    """The mail outbox."""

    _table = outbox_tables.mail
    _item = QueuedMail
    _heavy = frozenset({"raw"})

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], *, now: RealTime = utc_now, turns: Turns | None = None
    ) -> None:
        super().__init__(sessions, now=now)
        self._turns = turns

    def in_hand(self) -> AbstractContextManager[None]:
        """Return a block in which one mail is sent and settled: jobs that share the connection let it go first."""
        return self._turns.mail() if self._turns else nullcontext()

    async def sent(self, item_id: int, reply: str) -> bool:
        """Mark a mail that the server has accepted. Holds even after the lease has passed on: the mail is out."""
        values = {"item_id": item_id, "sent_moment": self._now(), "reply": reply}
        async with self._transaction() as session:
            return (await session.execute(_MAIL_SENT, values)).first() is not None

    async def failed(
        self,
        item_id: int,
        error: str,
        permanent_bounce: bool,  # noqa: FBT001 (a plain fact about the failure)
        *,
        owner: str | None = None,
        follow_up: FollowUp | None = None,
    ) -> bool:
        """Give a mail up: refused for good by the recipient's side (``permanent_bounce``), or past its deadline."""
        status = QueueStatus.BOUNCED if permanent_bounce else QueueStatus.FAILED
        async with self._transaction() as session:
            settled = await self._settle_in(session, item_id, owner, status=status, last_error=error)
            if settled and follow_up is not None:
                call = {"kind": follow_up.kind, "payload": dict(follow_up.payload)}
                await enqueue(
                    session, outbox_tables.engine_call, self._now(), business_key=follow_up.business_key, **call
                )
        return settled

    async def list(
        self,
        *,
        status: QueueStatus | None = None,
        case_id: str | None = None,
        city: str | None = None,
        limit: int | None = None,
    ) -> list[QueuedMail]:
        """Return mails without their bytes, oldest first; with ``limit`` the newest ones."""
        t = self._table
        wanted = [
            column == value
            for column, value in ((t.c.status, status), (t.c.case_id, case_id), (t.c.city, city))
            if value is not None
        ]
        return await self._list(*wanted, limit=limit)


class EngineCallQueue(LeaseQueue[QueuedEngineCall]):
    """The outbox of calls to the engine."""

    _table = outbox_tables.engine_call
    _item = QueuedEngineCall

    async def sent(self, item_id: int, reply: str = "") -> bool:
        """Mark a call that the engine has answered; ``reply`` is not kept."""
        del reply
        t = self._table
        unsent = and_(t.c.id == item_id, t.c.status != QueueStatus.SENT)
        values = {"status": QueueStatus.SENT, "sent_at": self._now(), "last_error": ""}
        return await self._change(unsent, **values, **NO_LEASE) > 0

    async def failed(self, item_id: int, error: str, *, owner: str | None = None) -> bool:
        """Give a call up: the engine will never take it."""
        return await self._settle(item_id, owner, status=QueueStatus.FAILED, last_error=error)

    async def list(self, *, status: QueueStatus | None = None, limit: int | None = None) -> list[QueuedEngineCall]:
        """Return calls, oldest first; with ``limit`` the newest ones."""
        wanted = [] if status is None else [self._table.c.status == status]
        return await self._list(*wanted, limit=limit)
