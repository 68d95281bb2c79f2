"""Takes jobs from Zeebe: pyzeebe's worker with bounded concurrency, short leases and no sleeping loops.

pyzeebe 4.7.0 as it comes sleeps five seconds when its slots are full or the gateway fails, and its streams ignore
``max_running_jobs``. The subclasses here replace these loops and keep the rest (protocol, worker, task group):

* one bound for all job types and for streams and polls together: a job enters only where there is room, so that a
  backlog stays in the broker (gRPC's flow control holds the streams back, and one whose jobs come faster than they are
  done is closed until all is done);
* a job is leased for a short time and the lease is extended while the job waits or runs: no job times out in the
  queue, and the jobs of a killed process come back within seconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Container, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import grpc
from pyzeebe import Job, ZeebeWorker
from pyzeebe.errors import (
    JobAlreadyDeactivatedError,
    JobNotFoundError,
    PyZeebeError,
    ZeebeBackPressureError,
    ZeebeDeadlineExceeded,
    ZeebeGatewayUnavailableError,
    ZeebeInternalError,
)
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter
from pyzeebe.job.job import JobController
from pyzeebe.task.task import Task
from pyzeebe.task.task_config import TaskConfig
from pyzeebe.worker.job_executor import JobExecutor
from pyzeebe.worker.job_poller import JobPoller, JobStreamer
from pyzeebe.worker.task_state import TaskState

from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.held import Gateway, Held, Loop
from workers.runtime.jobstream import Arriving, arriving, give_back, poll_jobs, stream_jobs

_log = get_logger(__name__)

RunJob = Callable[[Job, ZeebeAdapter], Awaitable[Coroutine[Any, Any, None] | None]]
"""Handles a job in a slot; what it returns tells the engine, and runs when the slot is free again."""

LEASE_SECONDS = 20.0
_LONG_POLL_MS = 10_000
_STREAM_SECONDS = 3600
_POLL_AT_MOST = 100
_POLL_PART = 0.5
_PLACES_PER_SLOT = 3
_TRANSIENT = (ZeebeBackPressureError, ZeebeGatewayUnavailableError, ZeebeInternalError, ZeebeDeadlineExceeded)


class _Poller(JobPoller):
    held: Held
    loop: Loop

    async def activate_max_jobs(self) -> None:
        # Not for each job that ends: a poll costs the broker more than the job.
        await self.held.wait_for_room(_POLL_PART)
        answers = poll_jobs(
            self.zeebe_adapter,
            self.task,
            worker=self.worker_name,
            at_most=min(self.held.room, _POLL_AT_MOST),
            wait_ms=_LONG_POLL_MS,
            tenant_ids=self.tenant_ids,
        )
        try:
            with self.loop.gateway.waiting():
                async with arriving(self.zeebe_adapter, answers, held=self.held.jobs) as arrives:
                    while (jobs := await arrives.read()) is not None:
                        _take(self, jobs)
                self.loop.answered()
        except _TRANSIENT as error:
            await self.loop.failed(error)


class _Streamer(JobStreamer):
    held: Held
    loop: Loop

    async def activate_stream(self) -> None:
        answers = stream_jobs(
            self.zeebe_adapter,
            self.task,
            worker=self.worker_name,
            seconds=_STREAM_SECONDS,
            tenant_ids=self.tenant_ids,
        )
        kept_up = True
        try:
            with self.loop.gateway.waiting():
                async with arriving(self.zeebe_adapter, answers, held=self.held.jobs) as arrives:
                    kept_up = await self._read(arrives)
            if kept_up:
                await self.loop.ended()
            else:
                await self.held.wait_until_idle()  # the polls take what has room
        except ZeebeDeadlineExceeded:
            return  # the normal end of a stream's life; a new one follows at once
        except _TRANSIENT as error:
            await self.loop.failed(error)

    async def _read(self, arrives: Arriving) -> bool:
        """Take a stream's jobs until it ends (True) or they come faster than they are done (False).

        Jobs that wait in gRPC's buffers are leased, but nobody extends their leases: with slow handlers they would run
        out there.
        """
        behind_since: float | None = None
        while (jobs := await arrives.read()) is not None:
            self.loop.answered()
            _take(self, jobs, since=behind_since)
            if self.held.room >= 1:
                continue
            behind_since = behind_since or time.monotonic()
            await self.held.wait_for_room()
            if not arrives.waits:
                behind_since = None
            elif time.monotonic() - behind_since > _lease_seconds(self.task) / 4:
                return False
        return True


def _take(loop: _Poller | _Streamer, jobs: Iterable[Job], *, since: float | None = None) -> None:
    """Queue jobs that were leased now or, at the earliest, ``since`` then."""
    leased_until = (since or time.monotonic()) + _lease_seconds(loop.task)
    for job in jobs:
        if job.key in loop.held.jobs:
            continue  # its lease expired in a buffer and it was delivered twice; it runs already
        loop.held.add(job, leased_until=leased_until)
        loop.task_state.add(job)
        loop.queue.put_nowait(job)


def _lease_seconds(task: Task) -> float:
    return task.config.timeout_ms / 1000


class _Executor(JobExecutor):
    held: Held
    slots: asyncio.Semaphore
    run: RunJob

    async def get_next_job(self) -> Job:
        job = await super().get_next_job()
        await self.slots.acquire()
        return job

    async def execute_one_job(self, job: Job, job_controller: JobController) -> None:
        del job_controller  # the runner itself tells the engine, with retries and back-off
        current = asyncio.current_task()
        if current is not None:
            self.held.running[job.key] = current
        metrics.JOBS_RUNNING.inc()
        try:
            telling = await self._in_slot(job)
            if telling is not None:
                await telling
        finally:
            self.held.running.pop(job.key, None)
            self.held.remove(job)

    async def _in_slot(self, job: Job) -> Coroutine[Any, Any, None] | None:
        try:
            return await self.run(job, self.zeebe_adapter)
        finally:
            metrics.JOBS_RUNNING.dec()
            self.slots.release()


class Intake(ZeebeWorker):
    """Takes the jobs of all types and runs at most ``held.slots`` at once. ``work()`` runs until :meth:`close`."""

    def __init__(  # noqa: PLR0913 (keywords that each mean one thing)
        self,
        channel: grpc.aio.Channel,
        streams: grpc.aio.Channel,
        *,
        name: str,
        job_types: Mapping[str, Sequence[str]],
        run: RunJob,
        held: Held,
        gateway: Gateway,
        lease_seconds: float = LEASE_SECONDS,
        short: Container[str] = (),
    ) -> None:
        """Create the intake.

        Args:
            channel: To the gateway, for polls and commands; the caller closes both channels.
            streams: To the gateway, for streams.
            name: Worker name, for the engine's records.
            job_types: Types to take, each with the variables to fetch (none named: all).
            run: Handles a job; may not raise.
            held: Bounds the handlers at once and the jobs that wait for them.
            gateway: Learns what the loops see.
            lease_seconds: Time after which another process gets the jobs of one that died.
            short: Types whose jobs wait for each other and then do their work one by one: more of them may wait.
        """
        super().__init__(channel, name=name, max_connection_retries=-1, stream_enabled=True)
        self._streams = ZeebeAdapter(streams)
        self.held = held
        self._slots = asyncio.Semaphore(held.slots)
        self._places = asyncio.Semaphore(held.slots * _PLACES_PER_SLOT)
        self._short = short
        self._run = run
        self._gateway = gateway
        self._lease_seconds = lease_seconds
        for type_, variables in job_types.items():
            lease_ms = int(lease_seconds * 1000)
            config = TaskConfig(type_, None, lease_ms, _POLL_AT_MOST, held.slots, list(variables), False, "", [], [])
            self._add_task(Task(run, _never_called, config))

    def _init_tasks(self) -> None:
        self._job_executors, self._job_pollers, self._job_streamers = [], [], []
        for task in self.tasks:
            queue: asyncio.Queue[Job] = asyncio.Queue()
            state = TaskState()
            poller = _Poller(self.zeebe_adapter, task, queue, self.name, _LONG_POLL_MS, state, 0, self.tenant_ids)
            streamer = _Streamer(self._streams, task, queue, self.name, _STREAM_SECONDS, state, self.tenant_ids)
            executor = _Executor(task, queue, state, self.zeebe_adapter)
            poller.held = streamer.held = executor.held = self.held
            poller.loop, streamer.loop = Loop(self._gateway), Loop(self._gateway)
            executor.slots = self._places if task.type in self._short else self._slots
            executor.run = self._run
            self._job_pollers.append(poller)
            self._job_streamers.append(streamer)
            self._job_executors.append(executor)

    def close(self) -> None:
        """Take no more jobs: ``work()`` returns; running handlers go on, see :meth:`drain`."""
        self._stop_event.set()

    async def drain(self, *, seconds: float) -> None:
        """Let running jobs end for at most ``seconds``, then cancel them; give the waiting ones back to the engine."""
        running = list(self.held.running.values())
        waiting = [job for key, job in self.held.jobs.items() if key not in self.held.running]
        given_back = asyncio.create_task(self._give_back_waiting(waiting))
        if running:
            _, late = await asyncio.wait(running, timeout=seconds)
            for task in late:
                task.cancel()
            if late:
                _log.warning("handlers were cancelled at the stop", count=len(late))
                await asyncio.wait(late, timeout=2)
        await given_back

    async def _give_back_waiting(self, waiting: list[Job]) -> None:
        await give_back(self.zeebe_adapter, waiting, "ワーカーの停止")
        for job in waiting:
            self.held.remove(job)

    async def extend_leases(self) -> None:
        """Extend the leases of all held jobs again and again; ends only by cancellation."""
        while True:
            await asyncio.sleep(self._lease_seconds / 8)
            soon = time.monotonic() + self._lease_seconds / 2
            due = [key for key, until in self.held.leased_until.items() if until < soon]
            await asyncio.gather(*(self._extend(key) for key in due), return_exceptions=True)

    async def _extend(self, key: int) -> None:
        asked = time.monotonic()
        try:
            async with asyncio.timeout(self._lease_seconds / 4):
                await self.zeebe_adapter.update_job_timeout(key, int(self._lease_seconds * 1000))
        except (JobNotFoundError, JobAlreadyDeactivatedError):
            self.held.leased_until.pop(key, None)  # completed or cancelled meanwhile: nothing to extend
        except (PyZeebeError, TimeoutError) as error:
            self._gateway.failed(error)
        else:
            if key in self.held.leased_until:
                self.held.leased_until[key] = asked + self._lease_seconds


async def _never_called(job: Job, controller: JobController) -> Job:
    raise NotImplementedError(f"{job.type} is handled by the runner, not by {type(controller).__name__}")
