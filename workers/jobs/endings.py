"""Handlers of amendments and terminations of an agreement (ISE-T4, AGE-T2, ISE-T2, DAT-T2)."""

from __future__ import annotations

from typing import Any

from workers.domain.jst import at, end_of
from workers.domain.numbers import parse_number
from workers.domain.text import single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.jobs.catalog import CHECKS, JobInput, job_type
from workers.jobs.forms.case import signing_given
from workers.jobs.forms.termination import plan_variable, standing_variables
from workers.readers.agreementterms import amendment_form, read_amendment
from workers.usecases import amend, terminate
from workers.usecases.amendment_text import signing_parties, signing_style
from workers.usecases.dissolution import standing
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of

_MOST_MONTHS = 36


@job_type(
    "draft-amendment",
    label="今の協定の内容を読み出す",
    short=True,
    writes=("amendmentTerms", "beforeGuideline", "caseId"),
    shelf="procedure",
    audience="common",
)
async def handle_draft_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read what the agreement says now (ISE-T4)."""
    case, agreement = await procedure_of(uow, job.text("caseId"))
    city = uow.cities.city(case.city)
    parties, style = await signing_parties(uow, case, agreement), await signing_style(uow, city, agreement)
    purpose = await amend.purpose_of(uow, agreement)
    return {
        "amendmentTerms": amendment_form(agreement, city, purpose=purpose, parties=parties, style=style),
        "beforeGuideline": "yes" if amend.before_guideline(city, agreement) else "",
        "caseId": case.id,
    }


@job_type(
    "record-amendment",
    label="変更する内容を記録する",
    short=True,
    writes=("formError",),
    headers=CHECKS,
    requires=(
        "amendmentTerms.title:協定の名称,amendmentTerms.fields:連携事項,amendmentTerms.changes:変更の内容,"
        "amendmentTerms.signatureStyle:当事者の記し方,"
        "amendmentTerms.parties.*.representative:代表者の職・氏名"
    ),
    by_person=True,
    audience="common",
)
async def handle_record_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the amended text (ISE-T4)."""
    case, agreement = await procedure_of(uow, job.text("caseId"))
    city, form = uow.cities.city(case.city), job.context("amendmentTerms")
    parties, style = await signing_parties(uow, case, agreement), await signing_style(uow, city, agreement)
    await amend.record_amendment(uow, case.id, read_amendment(form, agreement, city, parties=parties, style=style))
    return {}


@job_type(
    "register-amendment",
    label="協定の変更を登録する",
    short=True,
    writes=("versionNumber", "effectiveAt", "effectiveText", "formError"),
    headers=CHECKS,
    requires=("signature.signedOn:締結日"),
    by_person=True,
    audience="common",
)
async def handle_register_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register the signed amendment as a new version (ISE-T4)."""
    signature = job.context("signature")
    signed_on = parse_date(signature.get("signedOn") or "", "締結日")
    version = await amend.register_amendment(uow, job.text("caseId"), signed_on, way=signing_given(signature))
    return {
        "versionNumber": version.number,
        "effectiveAt": at(version.effective_on).isoformat(),
        "effectiveText": format_wareki(version.effective_on),
    }


@job_type(
    "apply-amendment",
    label="協定を新しい版にする",
    short=True,
    audience="common",
)
async def handle_apply_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Let the amendment hold from its day (ISE-T3, ISE-T4)."""
    await amend.apply_amendment(uow, job.text("caseId"))
    return {}


@job_type(
    "check-dissolution",
    label="実績と要件を調べる",
    short=True,
    writes=("dissolution", "noticeMonths"),
    shelf="procedure",
    audience="common",
)
async def handle_check_dissolution(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Look at the records and requirements (D-8)."""
    case, agreement = await procedure_of(uow, job.text("caseId"))
    city = uow.cities.city(case.city)
    found = await standing(uow, city, agreement, uow.clock.today())
    by_guideline = city.termination.no_record_years is not None
    return {
        "dissolution": {**standing_variables(found), "byGuideline": by_guideline},
        "noticeMonths": terminate.notice_months(city, agreement),
    }


@job_type(
    "plan-termination",
    label="解除の日を記録する",
    short=True,
    writes=("terminationPlan", "formError"),
    headers=CHECKS,
    requires=("terminationTalks.endsOn:解除の日"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_plan_termination(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the day of the termination (ISE-T2, DAT-T2)."""
    case, agreement = await procedure_of(uow, job.text("caseId"))
    plan = job.context("terminationTalks")
    months = terminate.notice_months(uow.cities.city(case.city), agreement)
    if months is None:  # as the agreement's own text says (DAT-T2)
        months = parse_number(plan.get("noticeMonths"), "予告の期間", least=0, most=_MOST_MONTHS)
    ends_on = parse_date(plan.get("endsOn") or "", "解除の日")
    return {"terminationPlan": plan_variable(await terminate.plan_termination(uow, case.id, ends_on, months))}


@job_type(
    "record-termination-notice",
    label="解除の通知を記録する",
    short=True,
    writes=("terminateAt", "formError"),
    headers=CHECKS,
    requires=("terminationNotice.noticeOn:通知が届いた日"),
    by_person=True,
    audience="common",
)
async def handle_record_termination_notice(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the written notice (ISE-T2)."""
    notice = job.context("terminationNotice")
    notice_on = parse_date(notice.get("noticeOn") or "", "通知が届いた日")
    number = single_line(notice.get("documentNumber") or "", "文書番号", maximum=60)
    plan = await terminate.record_notice(uow, job.text("caseId"), notice_on, number)
    return {"terminateAt": end_of(plan.ends_on).isoformat()}


@job_type(
    "register-termination",
    label="解除を登録する",
    short=True,
    writes=("terminationState",),
    audience="common",
)
async def handle_register_termination(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """End the agreement in the register (AGE-T2, ISE-T2)."""
    ended = await terminate.register_termination(uow, job.text("caseId"))
    return {"terminationState": "terminated" if ended else "ended-before"}
