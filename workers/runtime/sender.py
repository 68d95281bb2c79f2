"""Sends the mails of the outbox: one recipient a message, each marked right after the server's 250.

Only a crash between the 250 and the mark sends a mail again, with the same Message-ID and bytes.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.headerregistry import Address
from email.parser import BytesHeaderParser

from aiosmtplib import SMTPException

from workers.adapters.registry.queue import FollowUp, MailQueue, QueuedMail
from workers.errors import PermanentError, RetryableError
from workers.logs import get_logger
from workers.readers.mailreports import own_address
from workers.runtime import metrics
from workers.runtime.backoff import doubled, jittered_ms
from workers.runtime.drain import Drain, HoldOn, later
from workers.runtime.smtp import MailServer, Meaning, NotConnectedError, Trouble, judge
from workers.settings import Settings

_log = get_logger(__name__)

MAIL_SECONDS = 60
"""Longest time for one mail, all of the server's answers together."""

BOUNCED = "mail-bounced"
"""Kind of the engine call that follows a bounce, with ``mail_id``: the case's history, and a task for the office."""

_EVERY_MAIL = 0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Delays in seconds: the first one and the last one of a series that doubles, each with jitter."""

    answer: float = 20
    """Longest wait for one answer of the server."""
    wanted_later: tuple[float, float] = (5, 900)
    """A 4xx answer, for this mail."""
    broken: tuple[float, float] = (5, 60)
    """A connection that broke while this mail was on it, for this mail."""
    unreachable: tuple[float, float] = (1, 30)
    """No connection, for all mails."""
    refused: tuple[float, float] = (5, 300)
    """Somebody has to mend settings: for all mails, or for this one."""


DEFAULT_PACE = Pace()


class Sender:
    """Drains the mail outbox."""

    def __init__(self, queue: MailQueue, settings: Settings, *, pace: Pace = DEFAULT_PACE) -> None:
        self._queue = queue
        self._pace = pace
        self._returns = settings.mail_returns
        self._server = MailServer(settings, answer_seconds=pace.answer)
        self._failures = 0
        self._refusals = _Refusals(forget_seconds=3 * pace.refused[1])
        self.drain = Drain(queue, self._handle, idle=self._server.close_when_quiet)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; raises RetryableError when the registry does not answer."""
        try:
            await self.drain.run(stop)
        finally:
            await self._server.close()

    def refusal(self) -> str:
        """Return the SMTP code or error name because of which mails wait for somebody to mend settings; else empty."""
        return self._refusals.current()

    async def _handle(self, mail: QueuedMail, owner: str) -> None:
        with self._queue.in_hand():
            await self._deal_with(mail, owner)

    async def _deal_with(self, mail: QueuedMail, owner: str) -> None:
        try:
            sender = envelope_sender(mail.raw)
            if self._returns:
                sender = own_address(self._returns, mail.id, mail.message_id)
        except PermanentError as error:
            await self._give_up(mail, owner, error.message, bounced=False)
            return
        started = time.monotonic()
        try:
            async with asyncio.timeout(MAIL_SECONDS):
                reply = await self._server.send(sender, mail.recipient, mail.raw)
        except (NotConnectedError, SMTPException, OSError, ValueError) as error:
            trouble = judge(error)
        else:
            await self._sent(mail, reply)
            metrics.MAIL_SECONDS.observe(time.monotonic() - started)
            return
        if trouble.meaning in (Meaning.BROKEN, Meaning.UNREACHABLE, Meaning.REFUSED):
            self._server.drop()
        await self._failed(mail, owner, trouble)

    async def _sent(self, mail: QueuedMail, reply: str) -> None:
        self._failures = 0
        self._refusals.accepted(mail.id)
        # Until this mark stands no other mail is sent: a registry that is gone must not cost more than one double.
        while True:
            try:
                await self._queue.sent(mail.id, reply)
            except RetryableError:
                self.drain.alive()  # it waits for the registry; a new process would send the mail twice
                await asyncio.sleep(jittered_ms(0.5) / 1000)
            else:
                break
        metrics.MAILS.labels("sent").inc()
        _log.info("mail sent", mail_id=mail.id, case_id=mail.case_id, kind=mail.kind, attempts=mail.attempts)

    async def _failed(self, mail: QueuedMail, owner: str, trouble: Trouble) -> None:
        noted = {"mail_id": mail.id, "case_id": mail.case_id, "kind": mail.kind, "code": trouble.code}
        match trouble.meaning:
            case Meaning.BOUNCE:
                _log.warning("mail bounced", **noted)
                await self._give_up(mail, owner, trouble.reply, bounced=True)
            case Meaning.REFUSED:
                self._refusals.refused(_EVERY_MAIL, trouble.code)
                raise self._hold_on(self._pace.refused)
            case Meaning.MENDABLE:
                self._refusals.refused(mail.id, trouble.code)
                await self._again(mail, owner, trouble, self._pace.refused)
            case _ if datetime.now(UTC) >= mail.deadline_at:
                _log.error("mail is past its deadline", **noted)
                await self._give_up(mail, owner, trouble.reply, bounced=False)
            case Meaning.UNREACHABLE:
                if not self._failures:
                    _log.warning("mail server cannot be reached", code=trouble.code)
                raise self._hold_on(self._pace.unreachable)
            case Meaning.BROKEN:
                _log.warning("connection to the mail server broke", **noted)
                await self._again(mail, owner, trouble, self._pace.broken)
                raise self._hold_on(self._pace.unreachable)
            case _:
                _log.info("mail is wanted later", **noted, attempts=mail.attempts)
                await self._again(mail, owner, trouble, self._pace.wanted_later)

    async def _again(self, mail: QueuedMail, owner: str, trouble: Trouble, pace: tuple[float, float]) -> None:
        metrics.MAILS.labels("retry").inc()
        moment = later(mail.attempts, first_seconds=pace[0], last_seconds=pace[1], deadline=mail.deadline_at)
        await self._queue.retry(mail.id, trouble.reply, moment, owner=owner)

    def _hold_on(self, pace: tuple[float, float]) -> HoldOn:
        self._failures += 1
        return HoldOn(doubled(self._failures, *pace))

    async def _give_up(self, mail: QueuedMail, owner: str, error: str, *, bounced: bool) -> None:
        metrics.MAILS.labels("bounced" if bounced else "failed").inc()
        follow_up = FollowUp(
            business_key=f"{BOUNCED}:{mail.id}:{mail.attempts}",
            kind=BOUNCED,
            payload={"mail_id": mail.id, "case_id": mail.case_id, "mail_kind": mail.kind, "bounced": bounced},
        )
        await self._queue.failed(mail.id, error, bounced, owner=owner, follow_up=follow_up)


class _Refusals:
    """What the server refuses because of our settings, and the alarm about it."""

    def __init__(self, *, forget_seconds: float) -> None:
        self._forget_seconds = forget_seconds  # another process may have sent a refused mail meanwhile
        self._codes: dict[int, tuple[str, float]] = {}

    def current(self) -> str:
        """Return the code of a refusal that still holds, or an empty text."""
        since = time.monotonic() - self._forget_seconds
        self._codes = {key: noted for key, noted in self._codes.items() if noted[1] > since}
        metrics.SENDER_PAUSED.set(bool(self._codes))
        return next((code for code, _ in self._codes.values()), "")

    def refused(self, key: int, code: str) -> None:
        """Note a refusal; the first one raises the alarm."""
        if not self.current():
            _log.error("mail server refuses us: mend login, TLS or sender address; no mail is lost", code=code)
        self._codes[key] = (code, time.monotonic())
        metrics.SENDER_PAUSED.set(1)

    def accepted(self, mail_id: int) -> None:
        """Note a mail that went."""
        if not self._codes:
            return
        self._codes.pop(mail_id, None)
        self._codes.pop(_EVERY_MAIL, None)
        if not self.current():
            _log.info("mail server accepts mails again")


def envelope_sender(raw: bytes) -> str:
    """Return the bare address of a mail's From header; raises PermanentError when there is none."""
    head = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    header = BytesHeaderParser(policy=policy.SMTP).parsebytes(head)["From"]
    addresses: tuple[Address, ...] = header.addresses if header is not None else ()
    if len(addresses) != 1 or not addresses[0].domain:
        raise PermanentError("メールの差出人（From）が読めません")
    return addresses[0].addr_spec
