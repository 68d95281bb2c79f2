"""``renkei`` with a job type of the tests, and with a point at which the process kills itself.

``CHAOS_CRASH=POINT:N``: SIGKILL at the Nth time that the process comes to the point:

=================  ====================================================================
before-commit      a job's effects are written, not committed
before-complete    they are committed, the engine does not know
after-250          the mail server has taken a mail, the outbox does not know
=================  ====================================================================

``CHAOS_EXPLODE=N``: each Nth job fails at its first try, and each 3Nth at every try, with all its variables in the
exception's text.
"""

from __future__ import annotations

import asyncio
import functools
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from pyzeebe import Job
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from workers.adapters.registry.queue import MailQueue
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.cli import main
from workers.jobs.catalog import JobInput, JobType, job_type
from workers.runtime.jobrunner import JobRunner
from workers.usecases.ports import JobRef, UnitOfWork

POINTS: dict[str, tuple[type, str]] = {
    "before-commit": (SqlUnitOfWork, "commit"),
    "before-complete": (ZeebeAdapter, "complete_job"),
    "after-250": (MailQueue, "sent"),
}


@job_type("chaos-effect", label="試験の処理")
async def effect(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Take ``ms`` milliseconds and count how often this job had its effect."""
    await asyncio.sleep(job.variables.get("ms", 0) / 1000)
    return {"times": await uow.counters.draw(f"chaos/{job.ref.job_key}")}


def crash_at(point: str, times: int) -> None:
    """Let the process kill itself at a point."""
    owner, name = POINTS[point]
    method: Callable[..., Awaitable[Any]] = getattr(owner, name)
    left = times

    @functools.wraps(method)
    async def crashing(*arguments: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return await method(*arguments, **named)

    setattr(owner, name, crashing)


def explode(every: int) -> None:
    """Let handlers fail, and tell what they were given."""
    apply = JobRunner._apply
    seen: dict[int, int] = {}

    async def exploding(self: JobRunner, job_type: JobType, job: Job, ref: JobRef) -> Any:
        first = job.key not in seen
        number = seen.setdefault(job.key, len(seen) + 1)
        if (first and number % every == 0) or number % (3 * every) == 0:
            raise ValueError(f"{dict(job.variables)}")
        return await apply(self, job_type, job, ref)

    setattr(JobRunner, "_apply", exploding)  # noqa: B010 (mypy allows no assignment to a method)


if __name__ == "__main__":
    if times := os.environ.get("CHAOS_EXPLODE"):
        explode(int(times))
    if crash := os.environ.get("CHAOS_CRASH"):
        where, _, number = crash.partition(":")
        crash_at(where, int(number))
    main()
