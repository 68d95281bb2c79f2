"""An SMTP server that misbehaves on request; built on aiosmtpd, in a thread of its own."""

from __future__ import annotations

import asyncio
import concurrent.futures
import ssl
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self, TypeVar

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.kit.mail import Mail

HOST = "127.0.0.1"
_DEADLINE = 30.0
T = TypeVar("T")

__all__ = ["Fault", "Mail", "SmtpServer", "Stage"]


class Stage(StrEnum):
    """When a fault strikes."""

    CONNECT = "connect"  # instead of the greeting
    AUTH = "auth"  # at the login
    MAIL = "mail"  # at MAIL FROM
    RCPT = "rcpt"  # at RCPT TO
    DATA = "data"  # after the 250 for the recipient, before the message is taken
    MESSAGE = "message"  # after the message came in; it is not kept
    STORED = "stored"  # the message is kept, the 250 is not sent: the sender cannot know
    SENT = "sent"  # right after the 250 for the message


@dataclass(eq=False)
class Fault:
    """One misbehaviour. ``action`` is ``drop``, ``hang`` or a whole reply such as ``451 4.3.0 try later``.

    A reply that starts with 421 also closes the connection. ``recipient`` narrows it to one address (from RCPT on);
    after ``times`` strikes it is over (None: until :meth:`SmtpServer.heal`). ``struck`` counts.
    """

    stage: Stage
    action: str
    recipient: str | None = None
    times: int | None = None
    struck: int = 0

    def strikes(self, stage: Stage, recipients: list[str]) -> bool:
        """Tell whether this fault is due, and count it."""
        over = self.times is not None and self.struck >= self.times
        if over or stage is not self.stage or (self.recipient is not None and self.recipient not in recipients):
            return False
        self.struck += 1
        return True


class SmtpServer:
    """A server on 127.0.0.1. ``with SmtpServer() as server:`` runs it; ``server.accepted`` are the mails it kept.

    Args:
        users: Names and passwords; given, a login is required.
        tls: Certificate and key for STARTTLS (:func:`tests.kit.certificates.certificate`).
        require_tls: Refuse mails without STARTTLS.
        latency: Seconds that the server takes over each message.
    """

    def __init__(
        self,
        *,
        users: dict[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        latency: float = 0.0,
    ) -> None:
        self.accepted: list[Mail] = []
        self.faults: list[Fault] = []
        self.connections = 0
        self.latency = latency
        self.port = 0
        self._users = users
        self._tls = tls
        self._require_tls = require_tls
        self._open: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._healed = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)

    # --- running

    def __enter__(self) -> Self:
        """Start listening on a free port."""
        self._thread.start()
        self.listen()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and drop its connections."""
        self.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def listen(self) -> None:
        """Take connections, on the same port as before."""
        self._run(self._listen())

    def refuse(self) -> None:
        """Refuse connections and drop those that are open, as a server that is down does."""
        self._run(self._refuse())

    def fail(self, stage: Stage, action: str, *, recipient: str | None = None, times: int | None = None) -> Fault:
        """Misbehave from now on (see :class:`Fault`)."""
        fault = Fault(stage, action, recipient, times)
        self.faults.append(fault)
        return fault

    def heal(self) -> None:
        """Behave again; connections that hung are dropped."""
        self.faults.clear()
        self._run(self._release())

    async def wait(self, condition: Callable[[list[Mail]], T], *, timeout: float = _DEADLINE) -> T:  # noqa: ASYNC109 (the error tells what came)
        """Return the condition's first true value over the accepted mails; AssertionError after the deadline."""
        deadline = time.monotonic() + timeout
        while not (result := condition(self.accepted)):
            if time.monotonic() > deadline:
                got = [(mail.recipients, mail.subject) for mail in self.accepted[-10:]]
                raise AssertionError(f"not reached in {timeout:g} s; {len(self.accepted)} mails came, the last: {got}")
            await asyncio.sleep(0.01)
        return result

    def of(self, recipient: str) -> list[Mail]:
        """Return the mails to an address."""
        return [mail for mail in self.accepted if recipient in mail.recipients]

    # --- inside the server's thread

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        future: concurrent.futures.Future[T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(timeout=10)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await self._loop.create_server(self._connection, HOST, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._open):
            connection.drop()
        await asyncio.sleep(0.01)  # lets the loop tell each handler that its connection is gone

    async def _release(self) -> None:
        self._healed.set()
        self._healed = asyncio.Event()

    def _connection(self) -> _Connection:
        options: dict[str, Any] = {"tls_context": self._tls, "require_starttls": self._require_tls}
        if self._users is not None:
            options |= {"auth_required": True, "auth_require_tls": self._tls is not None, "authenticator": self._login}
        return _Connection(self, loop=self._loop, hostname="mail.invalid", enable_SMTPUTF8=True, **options)

    def _login(self, _smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        for fault in self.faults:
            if fault.strikes(Stage.AUTH, []):
                return AuthResult(success=False, handled=False, message=fault.action)
        known = (
            isinstance(data, LoginPassword) and (self._users or {}).get(data.login.decode()) == data.password.decode()
        )
        return AuthResult(success=known, handled=False)


class _Connection(SMTP):
    """One client's connection, which asks at every stage whether a fault is due."""

    def __init__(self, owner: SmtpServer, **options: Any) -> None:
        self.owner = owner
        self.number = 0
        super().__init__(_Hooks(self), **options)

    def connection_made(self, transport: Any) -> None:
        if not self.number:  # STARTTLS makes the connection anew
            self.owner.connections += 1
            self.number = self.owner.connections
        self.owner._open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.owner._open.discard(self)
        super().connection_lost(error)

    def drop(self) -> None:
        """Break the connection without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def _handle_client(self) -> None:
        if reply := await self.strike(Stage.CONNECT):
            await self.push(reply)
            self._writer.close()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 (the name that aiosmtpd calls)
        recipients = list(self.envelope.rcpt_tos) if self.envelope else []
        if recipients and (reply := await self.strike(Stage.DATA, recipients)):
            await self.push(reply)
            return
        await super().smtp_DATA(arg)
        await self.strike(Stage.SENT, recipients)

    async def strike(self, stage: Stage, recipients: list[str] | None = None) -> str | None:
        """Do what a due fault says; returns a reply to send, None where there is nothing to do."""
        fault = next((fault for fault in self.owner.faults if fault.strikes(stage, recipients or [])), None)
        if fault is None:
            return None
        if fault.action == "hang":
            await self.owner._healed.wait()
        if fault.action in ("hang", "drop"):
            self.drop()
            await asyncio.Event().wait()  # until aiosmtpd cancels this handler because its connection is gone
        if fault.action.startswith("421") and self.transport is not None:
            self.owner._loop.call_later(0.05, self.transport.close)
        return fault.action


class _Hooks:
    """What aiosmtpd asks for a connection's mails."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    async def handle_MAIL(  # noqa: N802 (the name that aiosmtpd calls)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._connection.strike(Stage.MAIL) or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 (the name that aiosmtpd calls)
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := await self._connection.strike(Stage.RCPT, [address]):
            return reply
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        recipients = list(envelope.rcpt_tos)
        await asyncio.sleep(self._connection.owner.latency)
        if reply := await self._connection.strike(Stage.MESSAGE, recipients):
            return reply
        content = envelope.original_content or b""
        sender = envelope.mail_from or ""
        self._connection.owner.accepted.append(
            Mail(sender=sender, recipients=recipients, content=content, connection=self._connection.number)
        )
        return await self._connection.strike(Stage.STORED, recipients) or "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a broken TLS handshake without a trace in the log: tests break it on purpose."""
        return f"421 4.3.0 {type(error).__name__}"
