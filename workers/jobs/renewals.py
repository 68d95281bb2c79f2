"""Handlers of renewals and of the daily watch (ALL-5)."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.renewal import enter_notice, plan_variables, renewal_variables
from workers.readers.approval import APPROVAL_LABELS
from workers.usecases import renewals
from workers.usecases.ports import UnitOfWork
from workers.usecases.sweep import SweepReport, complete_sweep, sweep_batch

_DECIDED = ",".join(
    f"notice.approval.{key}:{label}{when}"
    for key, label in APPROVAL_LABELS.items()
    for when in ("[notice.action=withdraw]", "[notice.action!=withdraw][notice.side=city]")
)
"""What the city decides itself, to give notice or what follows when one is withdrawn, needs its 決裁 (ALL-11)."""

_STATE = ("renewalState", "agreementEnd", "notices", "formError")


@job_type(
    "plan-renewal",
    label="更新の日程を決める",
    short=True,
    writes=("renewal", *_STATE),
    shelf="procedure",
)
async def handle_plan_renewal(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Compute the days of the renewal (D-4)."""
    return plan_variables(await renewals.renewal_of(uow, job.text("caseId")))


@job_type(
    "record-notice",
    label="更新しない旨の申出を記録する",
    writes=_STATE,
    headers=CHECKS,
    requires=(
        "notice.side:申出をした側[notice.action!=withdraw][notice.action!=keep],"
        "notice.receivedOn:受領日[notice.action!=withdraw][notice.action!=keep],"
        "notice.notice:取り下げられた申出[notice.action=withdraw],"
        "notice.withdrawnOn:取下げの日[notice.action=withdraw],"
        f"notice.decision:取下げへの対応[notice.action=withdraw],{_DECIDED}"
    ),
    by_person=True,
)
async def handle_record_notice(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Enter a notice of non-renewal, that one was withdrawn, or that none will come (D-4, DAT-T1)."""
    found = await enter_notice(uow, await uow.cases.get(job.text("caseId")), job.context("notice"))
    return {**renewal_variables(found), "notice": None}


@job_type(
    "decide-renewal",
    label="更新を決める",
    short=True,
    writes=_STATE,
    shelf="procedure",
    audience="common",
)
async def handle_decide_renewal(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Renew the term, or let it run out (D-5)."""
    return renewal_variables(await renewals.decide_renewal(uow, job.text("caseId")))


@job_type(
    "tell-renewal",
    label="更新について両者に知らせる",
    headers=(
        Header(
            name="occasion",
            label="知らせること",
            required=True,
            choices=renewals.OCCASION_NAMES,
        ),
        Header(
            name="page",
            label="相手方がページで答えるタスク",
            help="図の ID。そのタスクに、拡張プロパティ page = partner を付けます",
        ),
    ),
    shelf="mail",
    audience="common",
)
async def handle_tell_renewal(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Mail partner and office, once per occasion (ALL-5)."""
    await renewals.tell(uow, job.text("caseId"), job.header("occasion"), page=job.headers.get("page", ""))
    return {}


@job_type(
    "expire-agreement",
    label="協定の満了を記録する",
    writes=_STATE,
    shelf="procedure",
    audience="common",
)
async def handle_expire_agreement(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """End the agreement with its term (D-5)."""
    return renewal_variables(await renewals.settle_expiry(uow, job.text("caseId")))


@job_type(
    "sweep-agreements",
    label="すべての協定の期日を確かめる",
    writes=("sweepAfter", "sweepFailures"),
    timeout_seconds=120,
    shelf="procedure",
    audience="common",
)
async def handle_sweep_agreements(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Do a batch of the daily watch; ``sweepAfter`` says where the next one goes on, null after the last (ALL-5)."""
    today = uow.clock.today()
    report: SweepReport = await sweep_batch(uow, today, after=str(job.variables.get("sweepAfter") or ""))
    if not report.last_id:
        await complete_sweep(uow, today, report)
    failures = job.variables.get("sweepFailures") or []
    told = [{"agreementId": number, "reason": reason} for number, reason in report.failed.items()]
    return {"sweepAfter": report.last_id or None, "sweepFailures": [*failures, *told][:50]}
