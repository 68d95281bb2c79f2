"""Empties an outbox: claims rows under a lease that it keeps alive, hands them on one by one, waits for more."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from workers.adapters.registry.lease import LeaseQueue, QueuedItem
from workers.errors import RetryableError
from workers.logs import get_logger
from workers.runtime.backoff import doubled, jittered_ms

_log = get_logger(__name__)

Item = TypeVar("Item", bound=QueuedItem)

LEASE_SECONDS = 15.0
"""A killed process's rows are free again after this time; a living one renews its leases all the time."""

SILENT_SECONDS = 120.0
"""A drain that gives no sign of life for so long hangs: one row takes a minute at most."""

_BATCH = 20
_POLL_SECONDS = 1.0


class HoldOn(Exception):  # noqa: N818 (an order, not an error: nothing more can be done for now)
    """Raised by a handler that cannot go on with any row; the batch is given back and taken up again later."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Drain(Generic[Item]):
    """Drains one queue. ``wake`` shortens the waiting when something was put into the queue in this process."""

    def __init__(
        self,
        queue: LeaseQueue[Item],
        handle: Callable[[Item, str], Awaitable[None]],
        *,
        idle: Callable[[], Awaitable[None]] | None = None,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        """Create a drain.

        Args:
            queue: The outbox.
            handle: Deals with a row and settles it, given the lease's owner; raises HoldOn to stop for a while.
            idle: Called when nothing is due.
            lease_seconds: Time that a row stays claimed without a sign of life.
        """
        self.owner = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.wake = asyncio.Event()
        self._queue = queue
        self._handle = handle
        self._idle = idle
        self._lease_seconds = lease_seconds
        self._leased_until = 0.0
        self._expected_by = time.monotonic() + SILENT_SECONDS

    def trouble(self) -> str:
        """Return an empty text, or that the drain hangs: then only a new process helps."""
        return "hangs" if time.monotonic() > self._expected_by else ""

    def alive(self, resting: float = 0.0) -> None:
        """Note a sign of life, and when the next one is due at the latest."""
        self._expected_by = time.monotonic() + resting + SILENT_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Drain until ``stop``; raises RetryableError when the registry does not answer."""
        async with self._giving_back():
            while not stop.is_set():
                self.alive()
                self.wake.clear()
                if await self._is_due():
                    await self._one_batch(stop)
                    continue
                if self._idle:
                    await self._idle()
                await first_of(self.wake, stop, seconds=_POLL_SECONDS)

    async def _is_due(self) -> bool:
        due = await self._queue.next_due()  # reads only: an idle sender takes no write lock
        return due is not None and due <= datetime.now(UTC)

    async def _one_batch(self, stop: asyncio.Event) -> None:
        self._leased_until = time.monotonic() + self._lease_seconds
        batch = await self._queue.claim(self.owner, _BATCH, self._lease_seconds)
        async with beside(self._keep_leases()):
            for item in batch:
                if stop.is_set() or time.monotonic() > self._leased_until - 1:
                    await self._queue.release(self.owner)
                    return
                self.alive()
                try:
                    await self._handle(item, self.owner)
                except HoldOn as order:
                    await self._queue.release(self.owner)
                    seconds = jittered_ms(order.seconds) / 1000
                    self.alive(resting=seconds)
                    await first_of(stop, seconds=seconds)
                    return

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 4)
            asked = time.monotonic()
            try:
                await self._queue.extend(self.owner, self._lease_seconds)
            except RetryableError:
                _log.warning("leases were not renewed", owner=self.owner)
            else:
                self._leased_until = asked + self._lease_seconds

    @contextlib.asynccontextmanager
    async def _giving_back(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            with contextlib.suppress(RetryableError):
                await self._queue.release(self.owner)


def later(attempts: int, *, first_seconds: float, last_seconds: float, deadline: datetime | None = None) -> datetime:
    """Return when to try again: exponential with jitter, not after a deadline that is still ahead (real time)."""
    now = datetime.now(UTC)
    seconds = doubled(attempts, first_seconds, last_seconds)
    moment = now + timedelta(milliseconds=jittered_ms(seconds))
    return min(moment, deadline) if deadline is not None and deadline > now else moment


async def first_of(*events: asyncio.Event, seconds: float) -> None:
    """Return when one of the events is set or the time is over."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


@contextlib.asynccontextmanager
async def beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """Run something beside a block and cancel it at the block's end."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
