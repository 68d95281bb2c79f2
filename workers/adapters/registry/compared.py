"""What the registry holds, as far as a comparison with the engine asks (ALL-18); reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from workers.adapters.registry.database import READ_ONLY
from workers.adapters.registry.faults import passing_faults_retryable
from workers.adapters.registry.outbox_tables import QueueStatus, applied_job, counter, engine_call, mail
from workers.adapters.registry.restored_tables import doubtful_case
from workers.adapters.registry.restores import LOST, Restore, past
from workers.adapters.registry.tables import case

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class KnownCase:
    """A case: ``instance`` None before any has claimed it; ``lost``: its instance is of an engine that forgot it."""

    id: str
    process_id: str
    instance: int | None
    is_open: bool
    lost: bool


@dataclass(frozen=True, kw_only=True)
class HeldMail:
    """A mail that may have been sent; nothing of it but what tells it from others."""

    id: int
    case_id: str
    city: str
    kind: str
    recipient: str
    queued_at: datetime
    message_id: str


@dataclass(frozen=True, kw_only=True)
class ForgottenWork:
    """What the registry holds as done and an engine of yesterday does not know: jobs of a process instance."""

    instance: int
    jobs: int
    job_types: tuple[str, ...]


class RegistryStanding:
    """Reads the registry; raises RetryableError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def cases(self) -> dict[str, KnownCase]:
        """Return every case by its id."""
        t = case.c
        rows = await self._rows(select(t.id, t.process_id, t.process_instance_key, t.engine_id, t.closed_on))
        return {
            row.id: KnownCase(
                id=row.id,
                process_id=row.process_id,
                instance=row.process_instance_key,
                is_open=row.closed_on is None,
                lost=LOST in (row.engine_id or ""),
            )
            for row in rows
        }

    async def applied(self, instances: Collection[int]) -> set[int]:
        """Return the element instances of these process instances whose job has had its effect."""
        t, wanted = applied_job.c, sorted(instances)
        found: set[int] = set()
        for first in range(0, len(wanted), _AT_ONCE):
            of = t.process_instance_key.in_(wanted[first : first + _AT_ONCE])
            query = select(t.element_instance_key).where(of, t.engine_id.not_like(f"%{LOST}%"))
            found.update(row.element_instance_key for row in await self._rows(query))
        return found

    async def forgotten(self, restore: Restore) -> list[ForgottenWork]:
        """Return what was done after the moment to which the engine was restored."""
        if not restore.first_keys:
            return []
        t = applied_job.c
        beyond = and_(past(t.job_key, restore.first_keys), t.engine_id.not_like(f"%{LOST}%"))
        rows = await self._rows(select(t.process_instance_key, t.job_type).where(beyond).order_by(t.job_key))
        jobs: dict[int, list[str]] = {}
        for row in rows:
            jobs.setdefault(row.process_instance_key, []).append(row.job_type)
        return [
            ForgottenWork(instance=instance, jobs=len(types), job_types=tuple(dict.fromkeys(types)))
            for instance, types in jobs.items()
        ]

    async def held_mails(self) -> list[HeldMail]:
        """Return the mails that may have been sent, oldest first."""
        t = mail.c
        columns = (t.id, t.case_id, t.city, t.kind, t.recipient, t.queued_at, t.message_id)
        rows = await self._rows(select(*columns).where(t.status == QueueStatus.HELD).order_by(t.id))
        return [HeldMail(**row._mapping) for row in rows]  # noqa: SLF001 (documented name)

    async def waiting_calls(self) -> Counter[str]:
        """Return how many calls of each kind wait for the engine."""
        t = engine_call.c
        waiting = t.status.in_([QueueStatus.QUEUED, QueueStatus.SENDING])
        rows = await self._rows(select(t.kind, func.count().label("calls")).where(waiting).group_by(t.kind))
        return Counter({row.kind: row.calls for row in rows})

    async def calls_since(self, moment: datetime) -> Counter[str]:
        """Return how many calls of each kind the engine has taken since a moment."""
        t = engine_call.c
        taken = and_(t.status == QueueStatus.SENT, t.sent_at >= moment)
        rows = await self._rows(select(t.kind, func.count().label("calls")).where(taken).group_by(t.kind))
        return Counter({row.kind: row.calls for row in rows})

    async def doubtful(self) -> list[str]:
        """Return the cases whose new mails are held, too."""
        rows = await self._rows(select(doubtful_case.c.case_id).order_by(doubtful_case.c.case_id))
        return [row.case_id for row in rows]

    async def counters(self) -> dict[str, int]:
        """Return the last number of each counter but those of the engine's lives."""
        rows = await self._rows(select(counter.c.name, counter.c.value).order_by(counter.c.name))
        return {row.name: row.value for row in rows if not row.name.startswith("engine/")}

    async def _rows(self, query: Select[Any]) -> list[Any]:
        with passing_faults_retryable():
            async with self._engine.connect() as connection:
                await connection.execution_options(**READ_ONLY)
                return list((await connection.execute(query)).all())
