"""One connection to the mail server, and what its answers mean for a mail."""

from __future__ import annotations

import contextlib
import re
import ssl
import time
from dataclasses import dataclass, replace
from enum import StrEnum

import aiosmtplib
from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPHeloError,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

from workers.settings import Settings

_KEEP_SECONDS = 10
_LOGIN_CODES = {530, 534, 535, 538}
_RELAY = re.compile(r"\brelay", re.IGNORECASE)
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY_LENGTH = 500


class Meaning(StrEnum):
    """What a failure means."""

    RETRY = "retry"
    """The server wants this mail later: a 4xx answer."""
    BROKEN = "broken"
    """The connection broke while this mail was on it: perhaps because of it, perhaps not."""
    BOUNCE = "bounce"
    """This mail will never go: the recipient or the content is refused for good."""
    MENDABLE = "mendable"
    """This mail waits until somebody mends the settings: its sender is refused, or its recipient is not relayed to."""
    UNREACHABLE = "unreachable"
    """No mail can go now: there is no connection."""
    REFUSED = "refused"
    """No mail can go until somebody mends the settings: login, TLS, or the server refuses us."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A failure. ``reply`` is kept with the mail and may hold its address; ``code`` may go into logs."""

    meaning: Meaning
    code: str
    reply: str


class NotConnectedError(Exception):
    """Connecting failed, login and TLS included; the cause says why."""


def judge(error: BaseException) -> Trouble:
    """Return what a failure to connect or to send means."""
    if isinstance(error, NotConnectedError) and error.__cause__ is not None:
        trouble = judge(error.__cause__)
        refused = trouble.meaning is Meaning.REFUSED or type(error.__cause__) in (SMTPException, SMTPNotSupported)
        # aiosmtplib's bare SMTPException says that the server offers no STARTTLS or no login.
        return replace(trouble, meaning=Meaning.REFUSED if refused else Meaning.UNREACHABLE)
    if isinstance(error, SMTPRecipientsRefused):
        return judge(error.recipients[0])
    if isinstance(error, SMTPResponseException):
        return _trouble_of_answer(error)
    text = str(error)[:_REPLY_LENGTH] or type(error).__name__
    return Trouble(meaning=_meaning_of_silence(error), code=type(error).__name__, reply=text)


def _trouble_of_answer(error: SMTPResponseException) -> Trouble:
    enhanced = _ENHANCED.match(error.message)
    code = f"{error.code} {enhanced[1]}" if enhanced else str(error.code)
    return Trouble(meaning=_meaning(error), code=code, reply=f"{error.code} {error.message}"[:_REPLY_LENGTH])


def _meaning(error: SMTPResponseException) -> Meaning:  # noqa: PLR0911 (a table of answers)
    permanent = error.code >= 500
    if error.code in _LOGIN_CODES or (permanent and isinstance(error, SMTPAuthenticationError)):
        return Meaning.REFUSED
    if isinstance(error, SMTPRecipientRefused) and permanent:
        # "Relay access denied" speaks of us, not of this recipient: none to the outside would pass.
        return Meaning.MENDABLE if _RELAY.search(error.message) else Meaning.BOUNCE
    if isinstance(error, SMTPDataError) and permanent:
        return Meaning.BOUNCE
    if isinstance(error, SMTPSenderRefused) and permanent:
        return Meaning.MENDABLE
    if isinstance(error, (SMTPHeloError, SMTPConnectResponseError, SMTPAuthenticationError)):
        return Meaning.REFUSED if permanent else Meaning.UNREACHABLE
    if error.code == 421:
        return Meaning.UNREACHABLE
    return Meaning.REFUSED if permanent else Meaning.RETRY


def _meaning_of_silence(error: BaseException) -> Meaning:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, (ssl.SSLError, ssl.CertificateError)):
            return Meaning.REFUSED
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ValueError):
        return Meaning.BOUNCE  # an address that no server could be told
    return Meaning.BROKEN


class MailServer:
    """The connection, opened when a mail has to go, kept for the next ones, closed after a quiet time."""

    def __init__(self, settings: Settings, *, answer_seconds: float) -> None:
        host, port = settings.smtp
        self._client = aiosmtplib.SMTP(
            hostname=host,
            port=port,
            username=settings.smtp_user or None,
            password=settings.smtp_password.get_secret_value() or None,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            timeout=answer_seconds,
        )
        self._used_at = 0.0

    async def send(self, sender: str, recipient: str, raw: bytes) -> str:
        """Hand over one mail and return the server's answer.

        A kept connection that the server has closed meanwhile is opened anew once. Raises NotConnectedError, and
        SMTPException, OSError or ValueError once there is a connection.
        """
        kept = self._client.is_connected
        if not kept:
            await self.connect()
        try:
            return await self._send(sender, recipient, raw)
        except (SMTPServerDisconnected, SMTPResponseException) as error:
            if not kept or (isinstance(error, SMTPResponseException) and error.code != 421):
                raise
        self.drop()
        await self.connect()
        return await self._send(sender, recipient, raw)

    async def connect(self) -> None:
        """Open the connection, with TLS and login as the settings say; raises NotConnectedError."""
        try:
            await self._client.connect()
        except (SMTPException, OSError) as error:
            raise NotConnectedError from error

    @property
    def certificate(self) -> dict[str, str] | None:
        """The server's certificate as ``ssl`` tells it; None where the connection has no TLS."""
        found: dict[str, str] | None = self._client.get_transport_info("peercert")
        return found

    async def _send(self, sender: str, recipient: str, raw: bytes) -> str:
        _, reply = await self._client.sendmail(sender, [recipient], raw)
        self._used_at = time.monotonic()
        return f"250 {reply}"[:_REPLY_LENGTH]

    def drop(self) -> None:
        """Forget the connection, in whatever state it is."""
        self._client.close()

    async def close_when_quiet(self) -> None:
        """Say goodbye when the last mail is some seconds ago."""
        if self._client.is_connected and time.monotonic() - self._used_at > _KEEP_SECONDS:
            await self.close()

    async def close(self) -> None:
        """Say goodbye."""
        if self._client.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await self._client.quit(timeout=2)
        self.drop()
