"""Groups of short jobs as a worker has them, for tests: what they did, and the job that goes on alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, select

from tests.kit.registry import Registry, some_job
from workers.adapters.registry import database
from workers.adapters.registry.groups import LOCK_MS, JobGroups, Work
from workers.adapters.registry.outbox_tables import applied_job, counter
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import SqlUnitOfWork, committing
from workers.usecases.ports import JobRef

DEADLINE = 60
DONE = {"kind": "completed", "variables": {"名称": "さくら"}}


@dataclass
class Process:
    """The groups of one process, and what became of them: (jobs, reason)."""

    registry: Registry
    groups: JobGroups
    told: list[tuple[int, str]] = field(default_factory=list)
    alone: int = 0
    statements: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    drawn: list[list[str]] = field(default_factory=list)
    """The counters c0 to c9 of each statement that drew numbers, in its order."""

    async def job(self, key: int, work: Work, *, ref: JobRef | None = None) -> Mapping[str, Any]:
        """Do a job as the runner does: in a group, else alone."""
        ref = ref or some_job(key)
        applied = await self.groups.apply(ref, "do-it", work)
        if applied is not None:
            return applied.outcome
        self.alone += 1
        async with committing(self.registry.units())() as uow:
            outcome = await work(uow)
            await uow.store_applied_job(ref, "do-it", outcome)
        return outcome


def process(registry: Registry, turns: Turns | None = None) -> Process:
    """Return the groups of a process of its own on a registry; on SQLite ``turns`` are those of its mails."""
    make = registry.units()
    engine = database.create_engine(registry.url, pool_size=1, lock_ms=LOCK_MS, asks_first=False)
    registry.engines.append(engine)
    sqlite = engine.dialect.name == "sqlite"
    made = Process(registry=registry, groups=None)  # type: ignore[arg-type]  # made in the next line, for told
    made.groups = JobGroups(
        engine,
        make,
        turns=turns or Turns() if sqlite else None,
        told=lambda size, reason: made.told.append((size, reason)),
    )

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _note(_connection: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        if statement.startswith("INSERT INTO counter"):
            made.drawn.append(re.findall(r"\bc\d\b", str(given)))
        made.statements.append(" ".join(statement.split()[:3]))

    @event.listens_for(engine.sync_engine, "handle_error")
    def _fault(context: Any) -> None:
        made.faults.append(str(context.original_exception))

    return made


def drawing(name: str, *, seen: list[int] | None = None, failure: BaseException | None = None) -> Work:
    """Return a handler that draws a number, notes it, and fails."""

    async def work(uow: SqlUnitOfWork) -> Mapping[str, Any]:
        number = await uow.counters.draw(name)
        if seen is not None:
            seen.append(number)
        if failure is not None:
            raise failure
        return {**DONE, "number": number}

    return work


async def kept(registry: Registry) -> tuple[dict[str, int], list[int]]:
    """Return the counters and the keys of the jobs whose outcomes are kept."""
    async with registry.engines[0].connect() as connection:
        counters = {row.name: row.value for row in await connection.execute(select(counter))}
        keys = [row.job_key for row in await connection.execute(select(applied_job).order_by(applied_job.c.job_key))]
    return counters, keys
