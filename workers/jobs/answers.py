"""Handlers for a partner's answer that came after the office's own entry."""

from __future__ import annotations

from typing import Any, Final

from workers.domain.business_days import add_business_days
from workers.domain.jst import at
from workers.domain.text import multi_line
from workers.domain.wareki import format_moment
from workers.jobs.catalog import JobInput, job_type
from workers.usecases.late_answer import late_answer, note_late_answer
from workers.usecases.lookup import case_and_city, case_title
from workers.usecases.ports import UnitOfWork

_DAYS: Final = 2


@job_type(
    "load-late-answer",
    label="後から届いた回答を調べる",
    short=True,
    writes=("caseTitle", "officeGroup", "lateAnswer", "formError"),
    shelf="mail",
    audience="common",
)
async def handle_load_late_answer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Look up the answer, and whose case it is (ALL-3)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    found = await late_answer(uow, case, int(job.variables["answerId"]))
    return {
        "caseTitle": case_title(case),
        "officeGroup": city.office.group,
        "lateAnswer": {
            "title": found.title,
            "at": format_moment(found.at),
            "text": found.text,
            "dueAt": at(add_business_days(uow.clock.today(), _DAYS), 17, 15).isoformat(),
        },
        "formError": None,
    }


@job_type(
    "settle-late-answer",
    label="後から届いた回答の扱いを記録する",
    writes=("lateAnswer", "lateReply", "formError"),
    requires="lateReply.choice:どう扱うか,lateReply.note:確かめたこと",
    checks_itself=True,
    by_person=True,
    shelf="mail",
    audience="common",
)
async def handle_settle_late_answer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record what the office made of it (ALL-3)."""
    reply = job.context("lateReply")
    told = multi_line(reply.get("note") or "", "確かめたこと", maximum=1000)
    await note_late_answer(uow, job.text("caseId"), str(reply.get("choice") or ""), told)
    return {"lateAnswer": None, "lateReply": None}
