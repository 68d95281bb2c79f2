"""What the loops of the intake share: whether the gateway answers, which jobs are held, how long to pause."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

import anyio
from pyzeebe import Job
from pyzeebe.errors import ZeebeBackPressureError, ZeebeGatewayUnavailableError

from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.backoff import doubled, jittered_ms

_log = get_logger(__name__)

_QUEUE_PER_SLOT = 7
"""With 16 slots 128 jobs in hand, of which 64 come with a poll: with fewer the worker runs dry before they arrive."""

_PROBE_SECONDS = 1.0
"""Pause between the single jobs that find out whether the registry answers again."""


class Gateway:
    """Whether the gateway answers: one log entry per loss and return, however many loops notice."""

    def __init__(self) -> None:
        self._waiting: set[anyio.CancelScope] = set()
        self.reachable = True
        self.losses = 0
        self.last_answer = time.monotonic()
        metrics.GATEWAY_UP.set(1)

    def answered(self) -> None:
        """Note an answer."""
        self.last_answer = time.monotonic()
        if not self.reachable:
            self.reachable = True
            metrics.GATEWAY_UP.set(1)
            _log.info("gateway is back")

    def failed(self, error: Exception) -> None:
        """Note a failure."""
        if self.reachable and not isinstance(error, ZeebeBackPressureError):
            self.reachable = False
            self.losses += 1
            metrics.GATEWAY_UP.set(0)
            _log.warning("gateway is lost", error=type(error).__name__)
        if isinstance(error, ZeebeGatewayUnavailableError):
            for scope in self._waiting:
                scope.cancel()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for jobs in a poll or stream; the block is left as soon as any loop finds the gateway unavailable.

        A gateway that shuts down waits up to 30 s for what is open, and one that died without a word leaves it open.
        """
        with anyio.CancelScope() as scope:
            self._waiting.add(scope)
            try:
                yield
            finally:
                self._waiting.discard(scope)


class Held:
    """The jobs that this process holds, waiting or running, with their leases.

    While the registry is away it holds one job at a time: to fail hundreds again and again would load the engine and
    help nobody.
    """

    def __init__(self, *, slots: int) -> None:
        self.slots = slots
        self._full_capacity = slots * (1 + _QUEUE_PER_SLOT)
        self.capacity = self._full_capacity
        self._next_probe = 0.0
        self.jobs: dict[int, Job] = {}
        self.running: dict[int, asyncio.Task[None]] = {}
        self.leased_until: dict[int, float] = {}
        self._waiting: dict[int, asyncio.Event] = {}

    @property
    def room(self) -> int:
        """How many more jobs may be taken."""
        return self.capacity - len(self.jobs)

    def add(self, job: Job, *, leased_until: float) -> None:
        """Note a job that has arrived, with the end of its lease (monotonic seconds)."""
        self.jobs[job.key] = job
        self.leased_until[job.key] = leased_until
        metrics.JOBS_HELD.set(len(self.jobs))

    def remove(self, job: Job) -> None:
        """Forget a job."""
        self.jobs.pop(job.key, None)
        self.leased_until.pop(job.key, None)
        metrics.JOBS_HELD.set(len(self.jobs))
        for wanted, waiting in list(self._waiting.items()):
            if self.room >= wanted:
                waiting.set()
                del self._waiting[wanted]

    def registry_answers(self, answers: bool) -> None:  # noqa: FBT001 (what is told, not an option)
        """Hold one job at a time from the first failure of the registry until it has taken a job."""
        if not answers:
            self._next_probe = time.monotonic() + _PROBE_SECONDS
        capacity = self._full_capacity if answers else 1
        if capacity != self.capacity:
            self.capacity = capacity
            for waiting in self._waiting.values():  # all ask anew: what they wait for has changed
                waiting.set()
            self._waiting.clear()

    async def wait_for_room(self, part: float = 0.0) -> None:
        """Return as soon as there is room for this part of all that may be held, and for one job at least."""
        while True:
            wanted = max(1, int(self.capacity * part))
            pause = self._next_probe - time.monotonic()
            if self.capacity < self._full_capacity and pause > 0:
                await asyncio.sleep(pause)
            elif self.room >= wanted:
                return
            else:
                await self._wait(wanted)

    async def wait_until_idle(self) -> None:
        """Return as soon as the registry answers and no job is held."""
        while self.room < self._full_capacity:
            await self._wait(self._full_capacity)

    async def _wait(self, wanted: int) -> None:
        await self._waiting.setdefault(wanted, asyncio.Event()).wait()


class Loop:
    """The delay after failures of one loop: from a fifth of a second to two seconds, with jitter."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._failures = 0

    def answered(self) -> None:
        """Note that the loop got an answer: the next pause is short again."""
        self._failures = 0
        self.gateway.answered()

    async def failed(self, error: Exception) -> None:
        """Note a failure and pause."""
        self.gateway.failed(error)
        await self.ended()

    async def ended(self) -> None:
        """Pause before the next round."""
        self._failures = min(self._failures + 1, 5)
        await asyncio.sleep(jittered_ms(doubled(self._failures, 0.2, 2)) / 1000)
