"""Handlers of what is done under an agreement (ALL-6)."""

from __future__ import annotations

from typing import Any

from workers.errors import PermanentError
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.usecases.activities import load_activities, record_activities
from workers.usecases.plan_activities import plan_projects, propose_activity_years
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_proposals import record_proposals

_REPORTER = {"person": "reportPerson", "contact": "reportContact"}
_YEAR = Header(name="fiscalYear", label="どの年度の事業か", help="=number(period) など。=null ならすべての年度")
_PER = Header(
    name="per", label="だれの連携事業か", choices={"department": "タスクの課だけのもの"}, help="選ばなければすべて"
)


@job_type(
    "load-activities",
    label="連携事業を台帳から読み出す",
    headers=(_PER,),
    inputs=(_YEAR,),
    writes=("activities", "comingActivities", "activityDepartments", "workedDepartments", "ownAgreements", "yearName"),
)
async def handle_load_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read the activities that stand on the list of ``fiscalYear`` (all where the variable is empty)."""
    return await load_activities(
        uow, job.text("caseId"), year=job.variables.get("fiscalYear"), department=_department(job)
    )


@job_type(
    "record-activities",
    label="連携事業を台帳に載せる",
    headers=(_PER, *CHECKS),
    inputs=(Header(name="activities", label="台帳に載せる連携事業", help="空なら、案件の変数 activities です"), _YEAR),
    writes=("activities", "formError"),
    requires=("activities.*.title:連携事業名"),
    checks_itself=True,
    by_person=True,
)
async def handle_record_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the rows of ``activities`` into the registry under ``fiscalYear`` (ISE-A1, ASA-8, DAT-A)."""
    rows = job.variables.get("activities")
    return await record_activities(
        uow,
        job.text("caseId"),
        rows if isinstance(rows, list) else [],
        year=job.variables.get("fiscalYear"),
        department=_department(job),
        reporter={key: job.variables.get(name) for key, name in _REPORTER.items()},
    )


@job_type(
    "record-proposals",
    label="連携事業の提案を記録する",
    headers=(Header(name="purpose", label="何の提案か", required=True, help="照会や文書に載ります"), *CHECKS),
    writes=("proposals", "formError"),
    requires=(
        "proposalRows:提案する連携事業,"
        "proposalRows.*.field:分野,"
        "proposalRows.*.title:事業名,"
        "proposalRows.*.content:事業内容"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_proposals(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Keep the projects that are proposed under a signed agreement (AGE-A1, AGE-A4)."""
    rows = job.variables.get("proposalRows")
    return await record_proposals(
        uow,
        job.text("caseId"),
        rows if isinstance(rows, list) else [],
        purpose=job.header("purpose"),
        received=job.variables.get("receivedOn"),
    )


@job_type("propose-activity-years", label="実施する年度の案を作る", writes=("activityPlan", "yearOptions"))
async def handle_propose_activity_years(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Say in which fiscal year each feasible project usually runs (AGE-A2, AGE-A3)."""
    return await propose_activity_years(uow, job.text("caseId"), year=job.variables.get("fiscalYear"))


@job_type(
    "plan-activities",
    label="実施する事業を台帳に載せる",
    writes=("activities", "formError"),
    headers=CHECKS,
    by_person=True,
)
async def handle_plan_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the projects that were found feasible into the registry as planned (DAT-A: L, AGE-A2, AGE-A3).

    ``fiscalYear`` is the proposals' year; ``activityPlan``, where it is set, says in which year each project runs.
    """
    rows = job.variables.get("activityPlan")
    return await plan_projects(
        uow,
        job.text("caseId"),
        year=job.variables.get("fiscalYear"),
        rows=rows if isinstance(rows, list) else [],
    )


def _department(job: JobInput) -> str | None:
    if job.headers.get("per") != "department":
        return None
    code = job.context("department").get("code")
    if not code:
        raise PermanentError(f"{job.ref.element_id}: 課ごとのタスクですが、変数 department に課がありません")
    return str(code)
