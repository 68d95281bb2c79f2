"""Handlers for a mail that a partner did not get."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import JobInput, job_type
from workers.usecases.ports import UnitOfWork
from workers.usecases.undelivered import load_undelivered, settle_undelivered


@job_type(
    "load-undelivered",
    label="届かなかったメールを調べる",
    writes=("caseTitle", "officeGroup", "undelivered", "mailDueAt", "formError"),
    shelf="mail",
    audience="common",
)
async def handle_load_undelivered(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Look up the mail, why it did not arrive, and whose case it is (ALL-2)."""
    return await load_undelivered(uow, job.text("caseId"), _mail_id(job))


@job_type(
    "settle-undelivered",
    label="届かなかったメールを送り直す（または伝えた方法を記録する）",
    writes=("undelivered", "undeliveredReply", "formError"),
    requires=(
        "undeliveredReply.choice:どうするか,"
        "undeliveredReply.address:送り直す宛先[undeliveredReply.choice=resend],"
        "undeliveredReply.how:伝えた方法[undeliveredReply.choice=told]"
    ),
    checks_itself=True,
    by_person=True,
    shelf="mail",
    audience="common",
)
async def handle_settle_undelivered(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Do what the office decided (ALL-2)."""
    reply, key = job.context("undeliveredReply"), str(job.ref.element_instance_key)
    return await settle_undelivered(uow, job.text("caseId"), _mail_id(job), reply, key=key)


def _mail_id(job: JobInput) -> int:
    return int(job.variables["mailId"])
