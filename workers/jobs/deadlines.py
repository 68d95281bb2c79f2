"""Handler that gives tasks their due dates."""

from __future__ import annotations

from typing import Any

from workers.domain.deadlines import Deadline
from workers.domain.wareki import format_wareki
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.rows import day
from workers.usecases.deadlines import set_deadline
from workers.usecases.ports import UnitOfWork


@job_type(
    "set-deadline",
    label="期限を決める",
    short=True,
    headers=(
        Header(
            name="deadline",
            label="期限の名前",
            required=True,
            offers="deadlines",
            help="日数は city.toml の [deadlines.名前] で決めます",
        ),
        Header(name="on", label="期日が入っている変数", help="なければ city.toml のとおりです"),
        *CHECKS,
    ),
    writes=("deadline",),
    shelf="procedure",
)
async def handle_set_deadline(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Compute a due date with its reminder (D-6, D-7)."""
    on = day(job.variables.get(job.headers.get("on", "")), "期日")
    due = await set_deadline(uow, job.text("caseId"), job.header("deadline"), on=on)
    return {"deadline": deadline_variable(due)}


def deadline_variable(due: Deadline) -> dict[str, str]:
    """Return a deadline as diagrams, forms and mails see it."""
    return {
        "on": due.on.isoformat(),
        "startsAt": due.starts_at.isoformat(),
        "remindAt": due.remind_at.isoformat(),
        "dueAt": due.last_moment.isoformat(),
        "overdueAt": due.overdue_at.isoformat(),
        "text": format_wareki(due.on, weekday=True),
    }
