"""Jobs on their way from the engine: a stream ends there, too, when it is left, and what was not read is given back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Container, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import grpc
from pyzeebe import Job
from pyzeebe.errors import PyZeebeError, ZeebeBackPressureError
from pyzeebe.grpc_internals.zeebe_job_adapter import ZeebeJobAdapter
from pyzeebe.proto.gateway_pb2 import ActivatedJob, ActivateJobsRequest, StreamActivatedJobsRequest
from pyzeebe.task.task import Task

from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.backoff import jittered_ms

_log = get_logger(__name__)

_GIVEN_BACK_AT_ONCE = 20
_GIVING_BACK_SECONDS = 3
_PUSHED_BACK_SECONDS = 0.1
_QUIET_SECONDS = 0.3
"""A call that has told nothing for so long has no jobs under way: a poll that finds some answers within that."""
_UNREAD_AT_MOST = 2000
"""Answers: several times what fits into the buffers of a connection."""


def stream_jobs(
    adapter: ZeebeJobAdapter, task: Task, *, worker: str, seconds: int, tenant_ids: list[str] | None
) -> AsyncGenerator[list[Job]]:
    """Yield the jobs that the engine pushes, for ``seconds`` at most; raises pyzeebe's errors."""
    request = StreamActivatedJobsRequest(
        type=task.type,
        worker=worker,
        timeout=task.config.timeout_ms,
        fetchVariable=task.config.variables_to_fetch or [],
        tenantIds=tenant_ids or [],
    )
    gateway = adapter._gateway_stub  # noqa: SLF001 (pyzeebe keeps it to itself)
    return _answers(adapter, lambda: gateway.StreamActivatedJobs(request, timeout=seconds), lambda raw: [raw])


def poll_jobs(  # noqa: PLR0913 (keywords that each mean one thing)
    adapter: ZeebeJobAdapter, task: Task, *, worker: str, at_most: int, wait_ms: int, tenant_ids: list[str] | None
) -> AsyncGenerator[list[Job]]:
    """Yield the jobs of a poll that waits ``wait_ms`` for the first; raises pyzeebe's errors."""
    request = ActivateJobsRequest(
        type=task.type,
        worker=worker,
        timeout=task.config.timeout_ms,
        maxJobsToActivate=at_most,
        fetchVariable=task.config.variables_to_fetch or [],
        requestTimeout=wait_ms,
        tenantIds=tenant_ids or [],
    )
    gateway, seconds = adapter._gateway_stub, 2 * wait_ms / 1000  # noqa: SLF001
    return _answers(adapter, lambda: gateway.ActivateJobs(request, timeout=seconds), lambda answer: answer.jobs)


async def _answers(
    adapter: ZeebeJobAdapter,
    begin: Callable[[], grpc.aio.UnaryStreamCall],
    jobs: Callable[[Any], Iterable[ActivatedJob]],
) -> AsyncGenerator[list[Job]]:
    """Yield the jobs of each answer together: one by one, each would cost its reader a turn of the event loop.

    pyzeebe leaves a call open when its reader stops: the engine goes on to push jobs to it, which nobody sees until
    their leases end.
    """
    call = begin()  # not before it is read: what was never begun needs no end
    try:
        async for answer in call:
            yield [adapter._create_job_from_raw_job(raw) for raw in jobs(answer)]  # noqa: SLF001
    except grpc.aio.AioRpcError as error:
        await adapter._handle_grpc_error(error)  # noqa: SLF001
    finally:
        call.cancel()


@asynccontextmanager
async def arriving(
    adapter: ZeebeJobAdapter, answers: AsyncGenerator[list[Job]], *, held: Container[int]
) -> AsyncIterator[Arriving]:
    """Read the jobs of a stream or a poll; what the engine has handed over and nobody read goes back to it at the end.

    Else it would come to nobody until its leases run out. ``held``: keys of jobs that were delivered before and run.
    """
    arrives = Arriving(answers)
    try:
        yield arrives
    finally:
        # Not anyio's own timeout: gRPC replaces its cancellation by one that it does not know again.
        with anyio.CancelScope(shield=True), suppress(TimeoutError):
            async with asyncio.timeout(_GIVING_BACK_SECONDS):
                unread = [job async for jobs in arrives.unread() for job in jobs if job.key not in held]
                await arrives.aclose()  # first: else they come here again
                await give_back(adapter, unread, "手の空いたワーカーに回す")


class Arriving:
    """The answers of a stream or a poll, one read ahead: whether it has come says whether the reader keeps up."""

    def __init__(self, answers: AsyncGenerator[list[Job]]) -> None:
        self._answers = answers
        self._ahead: asyncio.Task[list[Job]] | None = None
        self._last_sign = time.monotonic()

    def _next(self) -> asyncio.Task[list[Job]]:
        if self._ahead is None:
            self._ahead = asyncio.ensure_future(anext(self._answers))
        return self._ahead

    @property
    def waits(self) -> bool:
        """Whether the next jobs have come and wait to be read."""
        return self._next().done()

    async def read(self) -> list[Job] | None:
        """Return the next answer's jobs, None at the call's end; errors as :func:`stream_jobs`."""
        coming = self._next()
        await asyncio.wait({coming})  # a cancelled reader loses no job: it is still there for unread()
        try:
            jobs = self._taken(coming)
        except StopAsyncIteration:
            return None
        self._next()
        return jobs

    async def unread(self) -> AsyncIterator[list[Job]]:
        """Yield what the engine has handed over already, until nothing more comes for a moment."""
        for _ in range(_UNREAD_AT_MOST):
            coming = self._next()
            quiet = time.monotonic() - self._last_sign
            await asyncio.wait({coming}, timeout=max(0.0, _QUIET_SECONDS - quiet))
            if not coming.done() or coming.cancelled() or coming.exception():
                return
            yield self._taken(coming)

    def _taken(self, come: asyncio.Task[list[Job]]) -> list[Job]:
        self._ahead = None
        self._last_sign = time.monotonic()
        return come.result()

    async def aclose(self) -> None:
        """End the call, at the engine too."""
        if self._ahead is not None:
            self._ahead.cancel()
            await asyncio.wait({self._ahead})
        await self._answers.aclose()


async def give_back(adapter: ZeebeJobAdapter, jobs: Sequence[Job], reason: str) -> None:
    """Let the engine deliver jobs anew at once, to whoever has room.

    A few at a time: the engine pushes back against hundreds of commands at once. A job that it does not take back comes
    when its lease ends.
    """
    for start in range(0, len(jobs), _GIVEN_BACK_AT_ONCE):
        some = jobs[start : start + _GIVEN_BACK_AT_ONCE]
        await asyncio.gather(*(_give_back(adapter, job, reason) for job in some))


async def _give_back(adapter: ZeebeJobAdapter, job: Job, reason: str) -> None:
    try:
        async with asyncio.timeout(2):
            await _taken_back(adapter, job, reason)
    except (PyZeebeError, TimeoutError):
        _log.info("job was not given back; its lease runs out", job_key=job.key)
    else:
        metrics.JOBS_GIVEN_BACK.inc()


async def _taken_back(adapter: ZeebeJobAdapter, job: Job, reason: str) -> None:
    """Ask until the engine has an ear: it pushes back just when jobs come faster than they are done."""
    while True:
        try:
            await adapter.fail_job(job.key, job.retries, reason, 0, {})
        except ZeebeBackPressureError:
            await asyncio.sleep(jittered_ms(_PUSHED_BACK_SECONDS) / 1000)
        else:
            return
