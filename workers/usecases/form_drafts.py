"""What somebody has typed into an open task's form so far: kept, shown again, gone when the task is done (ALL-10)."""

from __future__ import annotations

from collections.abc import Mapping

from workers.domain.desk import FormDraft
from workers.usecases.ports import UnitOfWork


async def save_draft(uow: UnitOfWork, task_key: int, user: str, values: Mapping[str, object]) -> None:
    """Keep a person's entries in place of those from before."""
    draft = await uow.desk.draft(task_key, user)
    if draft is None:
        await uow.desk.add_draft(FormDraft(task_key=task_key, user=user, values=dict(values), saved_at=uow.clock.now()))
    else:
        draft.values, draft.saved_at = dict(values), uow.clock.now()
