"""Handlers of the ways out of a case and back (ALL-22)."""

from __future__ import annotations

from typing import Any

from workers.errors import InputError
from workers.jobs.catalog import JobInput, job_type
from workers.jobs.forms.order import found_variables, lacking, read_left_step, read_order
from workers.jobs.forms.rows import text
from workers.usecases import case_control
from workers.usecases.ports import UnitOfWork

_ORDER = "caseNumber:案件番号,caseAction:すること,caseReason:理由,tellPartner:相手方に知らせるか[caseAction!=|back]"
"""What an order lacks is said when it is looked up and when it is carried out: the same form is behind both."""


@job_type(
    "look-up-case",
    label="案件といまの手順を調べる",
    short=True,
    writes=(
        "caseId",
        "caseTitle",
        "officeGroup",
        "partnerKnown",
        "orderText",
        "orderId",
        "stepsWanted",
        "steps",
        "formError",
    ),
    requires=_ORDER,
    checks_itself=True,
    shelf="procedure",
    audience="common",
)
async def handle_look_up_case(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Find the case that is to be broken off or to go back, and ask the engine where it stands (ALL-22)."""
    number = text(job.variables.get("caseNumber")).strip()
    found = await case_control.look_up_case(uow, number, job.ref)
    refused = job.variables.get("formError")  # why an order was not carried out a moment before
    return found_variables(found, refused or lacking(job.variables))


@job_type(
    "order-case",
    label="案件を取り下げる・止める・戻す",
    writes=("orderState", "partnerTold", "formError"),
    requires=_ORDER,
    checks_itself=True,
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_order_case(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Break the case off, or ask the engine to go back (ALL-22)."""
    try:
        order = read_order(job.variables)
        told = await case_control.order_case(uow, order, job.ref)
    except InputError as error:
        return {"orderState": "refused", "formError": error.message}
    return {"orderState": "going-back" if order.action == case_control.BACK else "ended", "partnerTold": told}


@job_type(
    "confirm-step-back",
    label="戻した手順を片付ける",
    short=True,
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_confirm_step_back(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Note the step back and close what the left step had open (ALL-22)."""
    reason, left = text(job.variables.get("caseReason")), read_left_step(job.variables.get("stepLeft"))
    await case_control.confirm_step_back(uow, text(job.variables.get("caseId")), reason, left)
    return {}
