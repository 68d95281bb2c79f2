"""Handlers of proposed projects on their way to a decision: requirements, discussion, talks (ISE-5 to ISE-7)."""

from __future__ import annotations

from typing import Any

from workers.errors import PermanentError
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.discussion import read_discussion
from workers.jobs.forms.offer import (
    proposals,
)
from workers.jobs.forms.project import city_proposal, read_city_proposals, talk_results, talk_row, talked_again
from workers.jobs.forms.rows import text
from workers.readers.requirements import eligibility, kept_check, read_check
from workers.usecases.discuss_projects import proposed_projects, record_discussion
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork
from workers.usecases.project_talks import record_project_talk, tell_end_of_talks
from workers.usecases.propose_projects import record_city_proposals
from workers.usecases.record_requirement_check import record_requirement_check
from workers.usecases.survey_scope import newest_places


@job_type(
    "record-requirement-check",
    label="要件の確認を記録する",
    short=True,
    writes=("eligibility", "formError"),
    headers=CHECKS,
    by_person=True,
)
async def handle_record_requirement_check(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the check of the requirements (ISE-R1, ISE-R2)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    check = read_check(job.context("requirementCheck"), case.current_projects(), city)
    await record_requirement_check(uow, case.id, check)
    return {"eligibility": eligibility(check, case, city)}


@job_type(
    "recheck-requirements",
    label="要件の判定に使う事実を、いまの事業で数え直す",
    short=True,
    writes=("eligibility",),
)
async def handle_recheck_requirements(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Count again what the requirements ask for, before the decision (ISE-7, AGE-7, ALL-27).

    Projects that were dropped in the discussion or the talks count no longer, and neither do grounds that held for them
    alone.
    """
    case, city = await case_and_city(uow, job.text("caseId"))
    return {"eligibility": eligibility(kept_check(case), case, city)}


@job_type(
    "record-city-proposals",
    label="市からの提案を台帳に載せる",
    short=True,
    writes=("cityProposals", "formError"),
    headers=CHECKS,
    requires=(
        "cityProposals.*.departmentCode:提案する課,"
        "cityProposals.*.field:分野,"
        "cityProposals.*.title:提案事業名,"
        "cityProposals.*.content:提案内容"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_city_proposals(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the city's own proposals beside the partner's (DAT-5, DAT-6)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    projects = read_city_proposals(job.rows("cityProposals"), city)
    await record_city_proposals(uow, case.id, projects)
    return {"cityProposals": [city_proposal(project, city) for project in projects]}


@job_type(
    "record-discussion",
    label="協議の結果を記録する",
    short=True,
    writes=("discussionNext", "talkProjects", "proposals", "formError"),
    headers=CHECKS,
    requires=(
        "discussionResult.projects.*.judgement:進め方[discussionResult.next!=revise],"
        "discussionResult.wishes.*.title:事業名[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.content:内容[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.field:連携事項[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.departments:担当する課[.adopt=talks|feasible][discussionResult.next!=revise]"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_discussion(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the discussion of the survey's result (ISE-5)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    said = read_discussion(job.context("discussionResult"), proposed_projects(case), city)
    talks, places = await record_discussion(uow, case.id, said), await newest_places(uow, case)
    return {
        "discussionNext": said.following,
        "talkProjects": [talk_row(project, case, city, places.get(project.number)) for project in talks],
        "proposals": proposals(case, city),
    }


@job_type(
    "record-project-talk",
    label="詳細協議を記録する",
    short=True,
    by_person=True,
    headers=(Header(name="template", label="結果をほかの担当課に知らせるメールのひな形", offers="mails"), *CHECKS),
)
async def handle_record_project_talk(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record one project's detailed talks (ISE-6)."""
    number = job.context("project").get("number")
    if not isinstance(number, int):
        raise PermanentError(f"変数 project に事業の番号がありません（{job.ref.element_id}）")
    talk = job.context("talk")
    await record_project_talk(
        uow,
        job.text("caseId"),
        number,
        feasible=talk.get("feasible") == "yes",
        result=text(talk.get("result")),
        template=job.headers.get("template", ""),
        ref=job.ref,
    )
    return {"talk": None}


@job_type(
    "summarize-talks",
    label="詳細協議をまとめる",
    short=True,
    headers=(Header(name="template", label="協議が終わったことを所管課に知らせるメールのひな形", offers="mails"),),
    writes=("talkResults", "talkProjects"),
)
async def handle_summarize_talks(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Gather the talks' results (ISE-6, ISE-7)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    if template := job.headers.get("template"):
        await tell_end_of_talks(uow, case.id, template=template, ref=job.ref)
    talked = talked_again(case, job.rows("talkProjects"))
    return {"talkProjects": talked, "talkResults": talk_results(case, city)}
