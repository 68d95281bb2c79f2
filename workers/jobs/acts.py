"""Handler of the listener that every user task has."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import JobInput, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_act import VARIABLE, record_act


@job_type(
    "record-act",
    label="だれが済ませたかを控える",
    short=True,
    writes=("act",),
    listener=True,
)
async def handle_record_act(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record that a person completed a task (ALL-15)."""
    keys = uow.cities.typed_keys(job.process_id, job.ref.element_id)
    case_id, loop = job.variables.get("caseId"), job.variables.get("loopCounter")
    act = await record_act(
        uow,
        case_id=case_id if isinstance(case_id, str) and case_id else None,
        process_id=job.process_id,
        loop=loop if isinstance(loop, int) else None,
        ref=job.ref,
        entered=job.keepable(keys),
    )
    return {VARIABLE: act.id}
