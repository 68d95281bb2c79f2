"""Who is next at SQLite's one connection: jobs one after the other, and the mail that is being sent before a job."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

PATIENCE_SECONDS = 0.1
"""Longest wait of a job for a mail."""

HURRY_SECONDS = 1.0
"""A mail server that took longer is not waited for during this time: it may slow jobs down by a tenth at most."""


class Turns:
    """The order of jobs and mails within a process.

    A job's transaction is mostly this process's own work, a mail is six short steps with waits between them: if each
    of those waited for a job, a busy process would make mails faster than it sends them.
    """

    def __init__(self) -> None:
        self._jobs = asyncio.Lock()
        self._no_mail = asyncio.Event()
        self._no_mail.set()
        self._hurry_until = 0.0

    @asynccontextmanager
    async def job(self) -> AsyncIterator[None]:
        """Hold the jobs' turn; it comes after the former job's, and after the mail that is being sent."""
        async with self._jobs:
            await self._let_mail_pass()
            yield

    @contextmanager
    def mail(self) -> Iterator[None]:
        """Send a mail and mark it."""
        self._no_mail.clear()
        try:
            yield
        finally:
            self._no_mail.set()  # wakes a job even if the next mail begins at once: one goes after the other

    async def _let_mail_pass(self) -> None:
        if self._no_mail.is_set() or time.monotonic() < self._hurry_until:
            return
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._no_mail.wait()
        except TimeoutError:
            self._hurry_until = time.monotonic() + HURRY_SECONDS
