"""Handler that gives tasks their due dates."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.usecases.deadlines import set_deadline
from workers.usecases.ports import UnitOfWork


@job_type(
    "set-deadline",
    label="期限を決める",
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
    on = job.variables.get(job.headers.get("on", ""))
    return await set_deadline(uow, job.text("caseId"), job.header("deadline"), on=on)
