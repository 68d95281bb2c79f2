"""An outbox with a sender at work and a mail server that misbehaves, for tests of what leaves the house."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

from tests.kit.registry import Registry, registry_at, some_case, some_mail
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry.outbox import utc_now
from workers.adapters.registry.queue import EngineCallQueue, MailQueue, QueuedMail, QueueStatus
from workers.domain.mails import WrittenMail
from workers.runtime.sender import Pace, Sender
from workers.settings import Settings
from workers.usecases.ports import MailRequest, RenderedMail

FAST = Pace(answer=1, wanted_later=(0.1, 0.3), broken=(0.1, 0.3), unreachable=(0.05, 0.3), refused=(0.1, 0.3))
"""Delays that make a test quick."""

DEADLINE = 20.0
SENDER = "office@city.example.jp"


class Letters:
    """A mail renderer whose letters differ in recipient and Message-ID only."""

    sender = SENDER

    def title(self, city: str, template: str) -> str:  # noqa: ARG002 (no templates here)
        """Return the template's own name."""
        return template

    def readdress(self, raw: bytes, recipient: str) -> RenderedMail:  # noqa: ARG002 (nothing is sent again here)
        """Return the same bytes."""
        return RenderedMail(message_id="<again@test>", raw=raw)

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return what names the mail."""
        return WrittenMail(subject=request.template, body=f"{request.recipient_name}\n")

    def render(self, request: MailRequest, attachments: Sequence[tuple[str, str, bytes]]) -> RenderedMail:
        """Return a letter; its Message-ID is its business key."""
        del attachments
        letter = EmailMessage()
        letter["From"], letter["To"] = f"企画課 <{self.sender}>", request.recipient
        letter["Subject"] = "照会のお知らせ"
        letter["Message-ID"] = message_id = f"<{request.business_key}@city.example.jp>"
        letter.set_content("ご回答をお願いします。\n")
        return RenderedMail(message_id=message_id, raw=letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")))


@dataclass(kw_only=True)
class Posting:
    """A registry with mails in it and senders on it."""

    registry: Registry
    settings: Settings
    mails: MailQueue
    calls: EngineCallQueue
    letters: Letters
    senders: list[Sender] = field(default_factory=list)

    async def enqueue(self, *recipients: str, wake: bool = True) -> None:
        """Queue a mail to each recipient in one transaction and wake the senders, as a worker does."""
        async with self.registry.units()() as uow:
            for name in recipients:
                assert await uow.outbox.mail(some_mail(f"notice-{name}", recipient=f"{name}@city.example.jp"))
            await uow.commit()
        for sender in self.senders if wake else ():
            sender.drain.wake.set()

    @asynccontextmanager
    async def sending(self, *, pace: Pace = FAST) -> AsyncIterator[Sender]:
        """Run a sender on an engine of its own."""
        stop = asyncio.Event()
        sender = Sender(MailQueue(self.registry.sessions()), self.settings, pace=pace)
        self.senders.append(sender)
        work = asyncio.create_task(sender.run(stop))
        try:
            yield sender
        finally:
            stop.set()
            async with asyncio.timeout(DEADLINE):
                await work

    async def states(self) -> Counter[QueueStatus]:
        """Return how many mails stand where."""
        return Counter(mail.status for mail in await self.mails.list())

    async def mail(self, name: str) -> QueuedMail:
        """Return the mail to a recipient."""
        return next(m for m in await self.mails.list() if m.recipient.startswith(f"{name}@"))

    async def reached(self, status: QueueStatus, count: int) -> None:
        """Return once so many mails stand at ``status``."""
        deadline = time.monotonic() + DEADLINE
        while (states := await self.states())[status] != count:
            assert time.monotonic() < deadline, f"not reached: {count} {status}; there are {dict(states)}"
            await asyncio.sleep(0.02)

    async def sent_once(self, server: SmtpServer, *names: str) -> None:
        """Return once all these mails are marked as sent; each has reached the server exactly once."""
        await self.reached(QueueStatus.SENT, len(names))
        assert sorted(mail.message_id for mail in server.accepted) == sorted(
            f"<notice-{name}@city.example.jp>" for name in names
        )


@asynccontextmanager
async def posting(url: str, folder: Path, server: SmtpServer, **settings: object) -> AsyncIterator[Posting]:
    """Yield an outbox for a case, whose mails go to ``server``."""
    async with registry_at(url, folder) as registry:
        registry.now = utc_now  # type: ignore[assignment]  # leases and back-off against a real server take real time
        letters = Letters()
        registry.mails = letters  # type: ignore[assignment]  # letters instead of the counting bytes
        async with registry.units()() as uow:
            await uow.cases.add(some_case())
            await uow.commit()
        sessions = registry.sessions()
        given = {"data": folder, "smtp_host": HOST, "smtp_port": server.port} | settings
        yield Posting(
            registry=registry,
            settings=Settings(**given),  # type: ignore[arg-type]  # settings of several types
            mails=MailQueue(sessions),
            calls=EngineCallQueue(sessions),
            letters=letters,
        )
