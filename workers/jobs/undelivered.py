"""Handlers for a mail that a partner did not get."""

from __future__ import annotations

from typing import Any

from workers.domain.text import multi_line, single_line
from workers.errors import InputError
from workers.jobs.catalog import JobInput, job_type
from workers.jobs.forms.mail import undelivered_variables
from workers.usecases.lookup import case_and_city, case_title
from workers.usecases.ports import UnitOfWork
from workers.usecases.undelivered import kept_mail, note_told, send_again


@job_type(
    "load-undelivered",
    label="届かなかったメールを調べる",
    short=True,
    writes=("caseTitle", "officeGroup", "undelivered", "mailDueAt", "formError"),
    shelf="mail",
    audience="common",
)
async def handle_load_undelivered(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Look up the mail, why it did not arrive, and whose case it is (ALL-2)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    mail = await kept_mail(uow, _mail_id(job))
    title = uow.outbox.title(mail.city, mail.kind)
    heading = {"caseTitle": case_title(case), "officeGroup": city.office.group}
    return {**heading, **undelivered_variables(mail, title, uow.clock.today())}


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
    reply, case_id = job.context("undeliveredReply"), job.text("caseId")
    if reply.get("choice") == "resend":
        address = single_line(reply.get("address") or "", "宛先のメールアドレス", maximum=254)
        await send_again(uow, case_id, _mail_id(job), address, key=str(job.ref.element_instance_key))
    elif reply.get("choice") == "told":
        how = multi_line(reply.get("how") or "", "伝えた方法", maximum=1000)
        await note_told(uow, case_id, _mail_id(job), how)
    else:
        raise InputError("どうするか", "選んでください（宛先を確かめて送り直す・ほかの方法で伝えた）")
    return {"undelivered": None, "undeliveredReply": None}


def _mail_id(job: JobInput) -> int:
    return int(job.variables["mailId"])
