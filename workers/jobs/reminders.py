"""Handler of the offices' daily mail on late tasks (ALL-1)."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import JobInput, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.remind_offices import ask_for_digests


@job_type(
    "remind-offices",
    label="期限の過ぎた仕事・近い仕事を知らせる",
    shelf="mail",
    audience="common",
)
async def handle_remind_offices(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Ask for today's mails on late and soon due tasks; the engine's open tasks are read after the commit (ALL-1)."""
    await ask_for_digests(uow, job.ref)
    return {}
