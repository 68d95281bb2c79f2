"""Handlers of amendments and terminations of an agreement (ISE-T4, AGE-T2, ISE-T2, DAT-T2)."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, JobInput, job_type
from workers.usecases import amend, terminate
from workers.usecases.ports import UnitOfWork


@job_type(
    "draft-amendment",
    label="今の協定の内容を読み出す",
    writes=("amendmentTerms", "beforeGuideline"),
    shelf="procedure",
    audience="common",
)
async def handle_draft_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read what the agreement says now (ISE-T4)."""
    return await amend.draft_amendment(uow, job.text("caseId"))


@job_type(
    "record-amendment",
    label="変更する内容を記録する",
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
    await amend.record_amendment(uow, job.text("caseId"), job.context("amendmentTerms"))
    return {}


@job_type(
    "register-amendment",
    label="協定の変更を登録する",
    writes=("versionNumber", "effectiveAt", "effectiveText", "formError"),
    headers=CHECKS,
    requires=("signature.signedOn:締結日"),
    by_person=True,
    audience="common",
)
async def handle_register_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register the signed amendment as a new version (ISE-T4)."""
    return await amend.register_amendment(uow, job.text("caseId"), job.context("signature"))


@job_type(
    "apply-amendment",
    label="協定を新しい版にする",
    audience="common",
)
async def handle_apply_amendment(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Let the amendment hold from its day (ISE-T3, ISE-T4)."""
    await amend.apply_amendment(uow, job.text("caseId"))
    return {}


@job_type(
    "check-dissolution",
    label="実績と要件を調べる",
    writes=("dissolution", "noticeMonths"),
    shelf="procedure",
    audience="common",
)
async def handle_check_dissolution(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Look at the records and requirements (D-8)."""
    return await terminate.check_dissolution(uow, job.text("caseId"))


@job_type(
    "plan-termination",
    label="解除の日を記録する",
    writes=("terminationPlan", "formError"),
    headers=CHECKS,
    requires=("terminationTalks.endsOn:解除の日"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_plan_termination(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the day of the termination (ISE-T2, DAT-T2)."""
    return await terminate.plan_termination(uow, job.text("caseId"), job.context("terminationTalks"))


@job_type(
    "record-termination-notice",
    label="解除の通知を記録する",
    writes=("terminateAt", "formError"),
    headers=CHECKS,
    requires=("terminationNotice.noticeOn:通知が届いた日"),
    by_person=True,
    audience="common",
)
async def handle_record_termination_notice(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the written notice (ISE-T2)."""
    return await terminate.record_notice(uow, job.text("caseId"), job.context("terminationNotice"))


@job_type(
    "register-termination",
    label="解除を登録する",
    writes=("terminationState",),
    audience="common",
)
async def handle_register_termination(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """End the agreement in the register (AGE-T2, ISE-T2)."""
    return await terminate.register_termination(uow, job.text("caseId"))
