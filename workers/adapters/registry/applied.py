"""Jobs whose effects are in the registry: a job that Zeebe delivers again gets its stored outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.outbox import RealTime, utc_now
from workers.adapters.registry.outbox_tables import applied_job
from workers.adapters.registry.statements import insert_once
from workers.errors import PermanentError, RetryableError
from workers.usecases.ports import JobRef

Outcome = Mapping[str, Any]
"""JSON: how the job ended, as ``runtime.outcomes`` writes and reads it (variables, or a BPMN error's code, message)."""


_FIND = select(applied_job.c.process_instance_key, applied_job.c.element_instance_key, applied_job.c.outcome).where(
    applied_job.c.engine_id == bindparam("engine_id"), applied_job.c.job_key == bindparam("job_key")
)


class AppliedJobs:
    """The ``applied_job`` table, within the transaction that makes the effects."""

    def __init__(self, session: AsyncSession, *, now: RealTime = utc_now) -> None:
        self._session = session
        self._now = now

    async def find(self, ref: JobRef) -> Outcome | None:
        """Return the outcome of a job that was applied before, else None.

        A wiped or restored engine gives out its job keys again: a key known with other instances is such an engine,
        and PermanentError asks for a new engine id, before anything is mixed up.
        """
        key = {"engine_id": ref.engine_id, "job_key": ref.job_key}
        row = (await self._session.execute(_FIND, key)).first()
        if row is None:
            return None
        if (row.process_instance_key, row.element_instance_key) != (ref.process_instance_key, ref.element_instance_key):
            raise PermanentError(
                f"ジョブ {ref} は別の案件のものとして記録されています。エンジンのデータが消されたか、"
                "バックアップから戻されています。RENKEI_ENGINE_ID に新しい名前を付けてください"
            )
        outcome: Outcome = row.outcome
        return outcome

    async def store(self, ref: JobRef, job_type: str, outcome: Outcome) -> None:
        """Record the outcome; raises RetryableError when another delivery of the same job was faster."""
        row = {
            "engine_id": ref.engine_id,
            "job_key": ref.job_key,
            "process_instance_key": ref.process_instance_key,
            "element_instance_key": ref.element_instance_key,
            "job_type": job_type,
            "outcome": dict(outcome),
            "applied_at": self._now(),
        }
        if not await insert_once(self._session, applied_job, ("engine_id", "job_key"), row):
            raise RetryableError(f"ジョブ {ref} はちょうど別のところで処理されました。その結果を使います")
