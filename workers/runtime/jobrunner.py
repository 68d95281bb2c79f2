"""Runs one job: stored outcome or handler, one transaction, then the command to the engine.

At-least-once delivery becomes effect-once here: the handler's effects, its outbox rows and the job's outcome commit
together, and a job that is delivered again gets its stored outcome. A crash between the commit and the engine's
answer is therefore harmless, and so is a command that the engine never acknowledges. Short jobs share a transaction
first; where that comes to nothing each runs alone.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import grpc
from pyzeebe import Job
from pyzeebe.errors import (
    JobAlreadyDeactivatedError,
    JobNotFoundError,
    UnknownGrpcStatusCodeError,
    ZeebeError,
)
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from workers.adapters.registry.outbox import OutboxName
from workers.domain.markdown import plain
from workers.errors import BusinessError, BusyError, InputErrors, PermanentError, RetryableError
from workers.jobs.catalog import JobInput, JobType
from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.backoff import doubled, jittered_ms
from workers.runtime.outcomes import (
    Complete,
    Decision,
    Fail,
    Throw,
    complete_with,
    dump_outcome,
    fail_for,
    held_up,
    load_outcome,
    throw_for,
)
from workers.runtime.ports import JobGroups, JobUnit, OpenJobUnit
from workers.usecases.ports import JobRef
from workers.usecases.record_act import VARIABLE, act_of

_log = get_logger(__name__)

_SECOND_TRY_SECONDS = 0.1
_CHECK_SECONDS = 5
_COMMAND_ATTEMPTS = 6
_COMMAND_TIMEOUT_SECONDS = 10


class JobRunner:
    """Handles the jobs of one engine. One instance serves every job type and all concurrent jobs."""

    def __init__(  # noqa: PLR0913 (keywords that each mean one thing)
        self,
        *,
        job_types: Mapping[str, JobType],
        open_unit: OpenJobUnit,
        engine_id: Callable[[], Awaitable[str]],
        groups: JobGroups | None = None,
        alone: int = 16,
        check_registry: Callable[[], Awaitable[None]] | None = None,
        outbox_filled: Callable[[set[OutboxName]], None] = lambda _used: None,
        registry_answers: Callable[[bool], None] = lambda _answers: None,
    ) -> None:
        """Create a runner.

        Args:
            job_types: Handlers by type.
            open_unit: Opens the transaction of a job.
            engine_id: Names the engine in ``applied_job``, see ``engineid.EngineId``.
            groups: Where short jobs share a transaction; without, each has its own.
            alone: How many jobs of a group that was undone run at once.
            check_registry: Raises when the registry does not answer: then a failure costs the job no retry.
            outbox_filled: Called after a commit that added outbox rows: wakes their senders.
            registry_answers: Told when the registry has committed a job (True) or could not take one (False).
        """
        self._job_types = job_types
        self._open_unit = open_unit
        self._engine_id = engine_id
        self._groups = groups
        self._alone = asyncio.Semaphore(alone)
        self._check_registry = check_registry
        self._outbox_filled = outbox_filled
        self._registry_answers = registry_answers

    async def run(self, job: Job, adapter: ZeebeAdapter) -> Coroutine[Any, Any, None]:
        """Handle a job; what is returned tells the engine.

        Neither raises for anything that the handler or the engine does.
        """
        started = time.monotonic()
        decision = await self.decide(job)
        metrics.JOBS.labels(job.type, type(decision).__name__.lower()).inc()
        metrics.JOB_SECONDS.labels(job.type).observe(time.monotonic() - started)
        return _tell(job, decision, adapter)

    async def decide(self, job: Job) -> Decision:
        """Return what becomes of a job, its effects committed."""
        job_type = self._job_types[job.type]
        try:
            async with asyncio.timeout(job_type.timeout_seconds):
                ref = await self._ref(job)
                try:
                    return await self._apply(job_type, job, ref)
                except RetryableError:
                    # A write conflict, or another delivery of this job that was faster: its outcome is there now.
                    await asyncio.sleep(jittered_ms(_SECOND_TRY_SECONDS) / 1000)
                    return await self._apply(job_type, job, ref)
        except Exception as error:  # noqa: BLE001 (every failure has a fate, decided in outcomes.fail_for)
            reference = secrets.token_hex(4)
            busy = isinstance(error, BusyError)
            if busy or (not isinstance(error, PermanentError) and await self._registry_is_away()):
                self._registry_answers(False)
                decision = held_up(retries=job.retries)
            else:
                decision = fail_for(error, retries=job.retries, element_id=job.element_id, reference=reference)
            _log.warning(
                "job failed",
                job_type=job.type,
                job_key=job.key,
                element_id=job.element_id,
                retries=decision.retries,
                reference=reference,
                exc_info=error,
            )
            return decision

    async def _ref(self, job: Job) -> JobRef:
        return JobRef(
            engine_id=await self._engine_id(),
            job_key=job.key,
            process_instance_key=job.process_instance_key,
            element_id=job.element_id,
            element_instance_key=job.element_instance_key,
        )

    async def _registry_is_away(self) -> bool:
        if self._check_registry is None:
            return False
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                await self._check_registry()
        except Exception:  # noqa: BLE001 (whatever it is, the registry does not answer)
            return True
        return False

    async def _apply(self, job_type: JobType, job: Job, ref: JobRef) -> Complete | Throw:
        job_input = JobInput(
            job_type=job.type,
            variables=job.variables,
            headers={str(name): str(value) for name, value in job.custom_headers.items()},
            ref=ref,
            process_id=job.bpmn_process_id,
        )
        if not job_type.short or self._groups is None:
            return await self._by_itself(job_type, job_input)
        decision = await self._in_group(self._groups, job_type, job_input)
        if decision is not None:
            return decision
        async with self._alone:
            return await self._by_itself(job_type, job_input)

    async def _by_itself(self, job_type: JobType, job: JobInput) -> Complete | Throw:
        try:
            return await self._once(job.ref, job.job_type, lambda unit: _handled(job_type, job, unit))
        except (BusinessError, InputErrors) as error:
            outcome = throw_for(error)
        # The handler's own effects are rolled back; the outcome alone is kept, so that a redelivery throws the same.
        return await self._once(job.ref, job.job_type, outcome)

    async def _in_group(self, groups: JobGroups, job_type: JobType, job: JobInput) -> Complete | Throw | None:
        """Apply a short job together with others; None: it has to run alone, whatever went wrong is met again there."""

        async def work(unit: JobUnit) -> Mapping[str, Any]:
            return dump_outcome(complete_with(await _handled(job_type, job, unit), job_type=job.job_type))

        applied = await groups.apply(job.ref, job.job_type, work)
        if applied is None:
            return None
        if applied.again:
            metrics.JOBS_AGAIN.labels(job.job_type).inc()
        self._committed(applied.outbox_used)
        return load_outcome(applied.outcome)

    def _committed(self, outbox_used: set[OutboxName]) -> None:
        self._registry_answers(True)
        if outbox_used:
            self._outbox_filled(outbox_used)

    async def _once(
        self, ref: JobRef, job_type: str, work: Throw | Callable[..., Awaitable[dict[str, object]]]
    ) -> Complete | Throw:
        async with self._open_unit() as unit:
            known = await unit.applied_job(ref)
            if known is not None:
                metrics.JOBS_AGAIN.labels(job_type).inc()
                return load_outcome(known)
            decision = work if isinstance(work, Throw) else complete_with(await work(unit), job_type=job_type)
            await unit.store_applied_job(ref, job_type, dump_outcome(decision))
        self._committed(unit.outbox_used)
        return decision


async def _handled(job_type: JobType, job: JobInput, unit: JobUnit) -> dict[str, Any]:
    if job_type.by_person:
        unit.act = await act_of(unit, job.variables.get(VARIABLE), job.ref)
    return await job_type.handle(job, unit)


async def _tell(job: Job, decision: Decision, adapter: ZeebeAdapter) -> None:
    """Send a decision to the engine, again while it is unavailable; afterwards redelivery brings the outcome."""
    for attempt in range(_COMMAND_ATTEMPTS):
        try:
            async with asyncio.timeout(_COMMAND_TIMEOUT_SECONDS):
                await _command(job, decision, adapter)
        except (JobNotFoundError, JobAlreadyDeactivatedError):
            # Another delivery of this job was first, or its process instance has ended.
            _log.info("job was closed already", job_type=job.type, job_key=job.key)
            return
        except (ZeebeError, TimeoutError) as error:
            if is_refusal(error) and not isinstance(decision, Fail):
                # Refused for good (an integer beyond 64 bits, a result over the broker's limit): a person has to look.
                _log.warning("engine refuses a job's result", job_type=job.type, job_key=job.key, exc_info=error)
                decision = Fail(
                    retries=0, message=f"タスク {job.element_id} の結果をエンジンが受け付けませんでした（{job.type}）"
                )
                continue
            await asyncio.sleep(jittered_ms(doubled(attempt + 1, 0.2, 3)) / 1000)
        else:
            return
    _log.warning("engine did not take a job's outcome; the job will be delivered again", job_key=job.key)


def is_refusal(error: Exception) -> bool:
    """Return whether the engine says that it will never take a command."""
    return isinstance(error, UnknownGrpcStatusCodeError) and error.grpc_error.code() in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.OUT_OF_RANGE,
    )


async def _command(job: Job, decision: Decision, adapter: ZeebeAdapter) -> None:
    if isinstance(decision, Complete):
        await adapter.complete_job(job_key=job.key, variables=dict(decision.variables))
    elif isinstance(decision, Throw):
        # The catching event maps the message to where the form shows it, as Markdown.
        await adapter.throw_error(
            job_key=job.key,
            message=decision.message,
            error_code=decision.code,
            variables={"formError": plain(decision.message)},
        )
    else:
        await adapter.fail_job(
            job_key=job.key,
            retries=decision.retries,
            message=decision.message,
            retry_back_off_ms=decision.back_off_ms,
            variables={},
        )
