"""The office's open task follows a survey while it runs (ALL-1): whatever changes it orders one call, soon."""

from __future__ import annotations

from typing import Final

from workers.domain.entities import Survey
from workers.usecases.ports import UnitOfWork

_SOON_SECONDS: Final = 2.0


async def board_changed(uow: UnitOfWork, survey_id: str, process_instance_key: int) -> None:
    """Let the office's open task show the survey as it is, soon.

    At most one call waits for a survey, and it looks when it is made: a thousand answers in a minute cost a few calls.
    """
    await uow.outbox.engine_call(
        business_key=_waiting_call(survey_id),
        kind="refresh-survey",
        payload={"survey_id": survey_id, "process_instance_key": process_instance_key},
        after_seconds=_SOON_SECONDS,
    )


def _waiting_call(survey_id: str) -> str:
    return f"{survey_id}:board"


async def take_waiting_call(uow: UnitOfWork, survey_id: str) -> Survey:
    """Return the survey as the waiting call has to show it; what changes from here on orders a call of its own.

    Under the survey's lock, which everybody who changes it holds: a change is either seen here or finds the key free.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    await uow.outbox.free_engine_call(_waiting_call(survey_id))
    return survey
