"""Handlers of the yearly question about a partner's contacts (ALL-25)."""

from __future__ import annotations

from typing import Any

from workers.domain.contactchecks import answer_deadline
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.deadlines import deadline_variable
from workers.jobs.forms.contacts import contacts_variable, read_contacts
from workers.usecases.ask_for_contacts import agreements_asked_about
from workers.usecases.confirm_contacts import confirm_contacts
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of


@job_type(
    "load-contacts",
    label="登録されている連絡先を読み出す",
    short=True,
    writes=("partnerContacts", "deadline", "formError"),
    audience="common",
)
async def handle_load_contacts(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read what is registered of a partner, and until when it may answer."""
    case, agreement = await procedure_of(uow, job.text("caseId"))
    today = uow.clock.today()
    due = answer_deadline(uow.cities.city(case.city).contacts, today)
    return {
        "partnerContacts": contacts_variable(agreement, await agreements_asked_about(uow, agreement, today)),
        "deadline": deadline_variable(due),
        "formError": None,
    }


@job_type(
    "record-contacts",
    label="連絡先の確認を台帳に載せる",
    short=True,
    headers=(
        Header(
            name="page", label="相手方が答えるタスク", required=True, help="図のタスクの ID。回答のリンクを閉じます"
        ),
        *CHECKS,
    ),
    writes=("contactOutcome", "contactMessage", "contactAnswer", "formError"),
    requires=(
        "contactAnswer.confirmation:確認の結果,"
        "contactAnswer.contact:担当者[contactAnswer.confirmation=changed],"
        "contactAnswer.email:メール[contactAnswer.confirmation=changed],"
        "contactAnswer.remark:確かめたこと[contactAnswer.confirmation=unreachable]"
    ),
    by_person=True,
    audience="common",
)
async def handle_record_contacts(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Take over what was confirmed or corrected; the personal data leaves the engine."""
    given = read_contacts(job.context("contactAnswer"))
    await confirm_contacts(uow, job.text("caseId"), given, page=job.header("page"))
    return {
        "contactOutcome": given.confirmation.value,
        "contactMessage": given.message or None,
        "contactAnswer": None,
    }
