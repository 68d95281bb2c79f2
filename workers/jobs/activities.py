"""Handlers of what is done under an agreement (ALL-6)."""

from __future__ import annotations

from typing import Any

from workers.domain.fiscal import parse_fiscal_year
from workers.domain.text import single_line
from workers.errors import PermanentError
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.activity import (
    activities_variables,
    activity_row,
    plan_variables,
    planned_row,
    read_activities,
    read_plan,
)
from workers.jobs.forms.offer import proposals, read_proposals
from workers.usecases.activities import record_activities
from workers.usecases.activity_scope import activity_scope
from workers.usecases.lookup import case_and_city
from workers.usecases.plan_activities import plan_projects, propose_activity_years
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_offer import record_proposals

_REPORTER = {"person": ("reportPerson", "担当者の氏名"), "contact": ("reportContact", "連絡先")}
_YEAR = Header(name="fiscalYear", label="どの年度の事業か", help="=number(period) など。=null ならすべての年度")
_PER = Header(
    name="per", label="だれの連携事業か", choices={"department": "タスクの課だけのもの"}, help="選ばなければすべて"
)


@job_type(
    "load-activities",
    label="連携事業を台帳から読み出す",
    short=True,
    headers=(_PER,),
    inputs=(_YEAR,),
    writes=("activities", "comingActivities", "activityDepartments", "workedDepartments", "ownAgreements", "yearName"),
)
async def handle_load_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read the activities that stand on the list of ``fiscalYear`` (all where the variable is empty)."""
    year = _year(job)
    return activities_variables(await activity_scope(uow, job.text("caseId"), year), year, _department(job))


@job_type(
    "record-activities",
    label="連携事業を台帳に載せる",
    short=True,
    headers=(_PER, *CHECKS),
    inputs=(Header(name="activities", label="台帳に載せる連携事業", help="空なら、案件の変数 activities です"), _YEAR),
    writes=("activities", "formError"),
    requires=("activities.*.title:連携事業名"),
    checks_itself=True,
    by_person=True,
)
async def handle_record_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the rows of ``activities`` into the registry under ``fiscalYear`` (ISE-A1, ASA-8, DAT-A)."""
    year, department = _year(job), _department(job)
    scope = await activity_scope(uow, job.text("caseId"), year)
    told = read_activities(job.rows("activities"), scope, department, uow.clock.today())
    kept = await record_activities(uow, scope, told, year=year, department=department, reporter=_reporter(job))
    return {"activities": [activity_row(entry, scope.city, year=year) for entry in kept]}


@job_type(
    "record-proposals",
    label="連携事業の提案を記録する",
    short=True,
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
    case, city = await case_and_city(uow, job.text("caseId"))
    rows, received = job.rows("proposalRows"), job.variables.get("receivedOn")
    content = read_proposals(rows, city, uow.clock.today(), purpose=job.header("purpose"), received=received)
    await record_proposals(uow, case.id, content)
    return {"proposals": proposals(case, city)}


@job_type("propose-activity-years", label="実施する年度の案を作る", short=True, writes=("activityPlan", "yearOptions"))
async def handle_propose_activity_years(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Say in which fiscal year each feasible project usually runs (AGE-A2, AGE-A3)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    first, projects = await propose_activity_years(uow, case.id, _year(job))
    return plan_variables(first, projects, city)


@job_type(
    "plan-activities",
    label="実施する事業を台帳に載せる",
    short=True,
    writes=("activities", "formError"),
    headers=CHECKS,
    by_person=True,
)
async def handle_plan_activities(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the projects that were found feasible into the registry as planned (DAT-A: L, AGE-A2, AGE-A3).

    ``fiscalYear`` is the proposals' year; ``activityPlan``, where it is set, says in which year each project runs.
    """
    case, city = await case_and_city(uow, job.text("caseId"))
    planned = await plan_projects(uow, case.id, year=_year(job), runs=read_plan(job.rows("activityPlan")))
    return {"activities": [planned_row(project, activity, city) for project, activity in planned]}


def _year(job: JobInput) -> int | None:
    year = job.variables.get("fiscalYear")
    return None if year is None else parse_fiscal_year(year, "年度")


def _reporter(job: JobInput) -> dict[str, str] | None:
    """Return who reports, where the sheet says so."""
    if not job.variables.get("reportPerson"):
        return None
    return {
        key: single_line(job.variables.get(name) or "", label, maximum=60) for key, (name, label) in _REPORTER.items()
    }


def _department(job: JobInput) -> str | None:
    if job.headers.get("per") != "department":
        return None
    code = job.context("department").get("code")
    if not code:
        raise PermanentError(f"{job.ref.element_id}: 課ごとのタスクですが、変数 department に課がありません")
    return str(code)
