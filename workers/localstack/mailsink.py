"""The local stack's mail server: takes every mail, keeps it as a file, shows it on a page. Sends nothing on.

``python -m workers.localstack.mailsink`` serves SMTP on port 8025 and the page on 8026, both on 127.0.0.1 and moved by
the port offset. In ``DATA/mails``, ``NAME.eml`` holds the bytes exactly as they came, ``NAME.json`` the envelope.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette

from workers.localstack.mailpage import make_app
from workers.settings import Settings

_HOST = "127.0.0.1"
_LARGEST_BYTES = 50 * 1024 * 1024


def store(folder: Path, content: bytes, sender: str, recipients: list[str]) -> Path:
    """Write a mail so that it survives a crash of the machine, and return its ``.eml`` file.

    A reader never sees half a mail: the file gets its name after its bytes are on the disk (as in a Maildir).
    Names sort by arrival: ``20260401T093000.123456-9f86d081884c.eml``, in UTC.

    Raises:
        OSError: The mail could not be kept; it must not be acknowledged.
    """
    arrived = datetime.now(UTC)
    name = f"{arrived:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(6)}"
    unfinished = folder / "tmp"
    unfinished.mkdir(parents=True, exist_ok=True)
    envelope = {"from": sender, "to": recipients, "received": arrived.isoformat()}
    (folder / f"{name}.json").write_text(json.dumps(envelope), encoding="utf-8")
    new = unfinished / f"{name}.eml"
    with new.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    target = new.rename(folder / new.name)
    _sync_folder(folder)
    return target


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Sink:
    """Handler for aiosmtpd: acknowledges a mail (250) only after it is on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep one mail; a full disk answers 452, which a sender takes as "try again later"."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            await asyncio.to_thread(
                store, self._folder, content, envelope.mail_from or "", [str(to) for to in envelope.rcpt_tos]
            )
        except OSError:
            return "452 4.3.1 mail could not be stored"
        return "250 2.0.0 stored"


@contextlib.asynccontextmanager
async def smtp_server(folder: Path, port: int) -> AsyncIterator[asyncio.Server]:
    """Serve SMTP on 127.0.0.1 and keep every mail in ``folder``; port 0 takes a free one.

    Raises:
        OSError: The port is in use.
    """
    sink = Sink(folder)

    def protocol() -> Any:
        return SMTP(sink, data_size_limit=_LARGEST_BYTES, enable_SMTPUTF8=True, hostname="localhost")

    server = await asyncio.get_running_loop().create_server(protocol, _HOST, port)
    async with server:
        yield server


def make_sink_app(settings: Settings) -> Starlette:
    """Return the page's application; the SMTP server runs as long as it does."""
    folder = settings.data / "mails"

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        folder.mkdir(parents=True, exist_ok=True)
        async with smtp_server(folder, settings.port(8025)):
            yield

    return make_app(folder, lifespan)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = Settings()
    os.umask(0o077)  # mails are personal data, also here
    uvicorn.run(
        make_sink_app(settings),
        host=_HOST,
        port=settings.port(8026),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
