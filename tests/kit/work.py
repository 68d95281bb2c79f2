"""A job type done within a test's unit of work: variables in, variables out, as the engine has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.kit.registry import some_job
from workers.domain.cities import City
from workers.jobs.catalog import JobInput, all_job_types
from workers.usecases.ports import JobRef, UnitOfWork


async def work(
    uow: UnitOfWork,
    job_type: str,
    variables: Mapping[str, Any],
    *,
    ref: JobRef | None = None,
    **headers: str,
) -> dict[str, Any]:
    """Run the handler of a job type, without what its headers would check first, and return what it writes."""
    job = JobInput(job_type=job_type, variables=variables, headers=headers, ref=ref or some_job())
    return await all_job_types()[job_type].handler(job, uow)


Form = Mapping[str, Any]
Done = dict[str, Any]


async def open_case(
    uow: UnitOfWork, *, city: City, case_id: str | None, form: Form, ref: JobRef, partner_later: bool = False
) -> Done:
    """Open or claim a signing case."""
    named = {} if case_id is None else {"caseId": case_id}
    later = {"partner": "later"} if partner_later else {}
    return await work(uow, "open-case", {**form, **named}, ref=ref, city=city.code, **later)


async def record_partner(uow: UnitOfWork, case_id: str, form: Form) -> Done:
    """Register the partner."""
    return await work(uow, "record-partner", {"caseId": case_id, **form})


async def record_offer(
    uow: UnitOfWork, case_id: str, form: Form, *, terms: Form | None = None, within_agreement: bool = False
) -> Done:
    """Record the offer form; ``terms``: the agreement's terms as they stand."""
    within = {"within": "agreement"} if within_agreement else {}
    return await work(uow, "record-offer", {"caseId": case_id, "offer": form, "agreementTerms": terms}, **within)


async def record_past_projects(uow: UnitOfWork, case_id: str, form: Form) -> Done:
    """Record the projects done so far."""
    return await work(uow, "record-past-projects", {"caseId": case_id, "recordList": form})


async def record_requirement_check(uow: UnitOfWork, case_id: str, form: Form) -> Done:
    """Record the check of the requirements."""
    return await work(uow, "record-requirement-check", {"caseId": case_id, "requirementCheck": form})


async def recheck_requirements(uow: UnitOfWork, case_id: str) -> Done:
    """Count again what the requirements ask for."""
    return await work(uow, "recheck-requirements", {"caseId": case_id})


async def record_city_proposals(uow: UnitOfWork, case_id: str, rows: Sequence[Form]) -> Done:
    """Record the city's own proposals."""
    return await work(uow, "record-city-proposals", {"caseId": case_id, "cityProposals": list(rows)})


async def record_discussion(uow: UnitOfWork, case_id: str, form: Form) -> Done:
    """Record the discussion of the survey's result."""
    return await work(uow, "record-discussion", {"caseId": case_id, "discussionResult": form})


async def record_project_talk(
    uow: UnitOfWork, case_id: str, number: int, talk: Form, *, template: str = "", ref: JobRef
) -> Done:
    """Record one project's detailed talks."""
    variables = {"caseId": case_id, "project": {"number": number}, "talk": talk}
    return await work(uow, "record-project-talk", variables, ref=ref, template=template)


async def summarize_talks(
    uow: UnitOfWork, case_id: str, talked: Sequence[Form] = (), *, template: str = "", ref: JobRef
) -> Done:
    """Gather the talks' results."""
    variables = {"caseId": case_id, "talkProjects": list(talked)}
    return await work(uow, "summarize-talks", variables, ref=ref, template=template)


async def open_survey(uow: UnitOfWork, case_id: str, plan: Form) -> Done:
    """Open a survey."""
    return await work(uow, "open-survey", {"caseId": case_id, "surveyPlan": plan})


async def request_answer(
    uow: UnitOfWork, survey_id: str, order: Form, *, template: str, process_instance_key: int
) -> Done:
    """Send an answer back or begin one on behalf."""
    ref = replace(some_job(), process_instance_key=process_instance_key)
    variables = {"surveyId": survey_id, "surveyOrder": order}
    return await work(uow, "request-answer", variables, ref=ref, template=template)


async def record_answer(
    uow: UnitOfWork, survey_id: str, department: str, form: Form, *, on_behalf: bool, ref: JobRef
) -> Done:
    """Keep one department's answer."""
    variables = {"surveyId": survey_id, "departmentCode": department, "answer": form, "onBehalf": on_behalf}
    return await work(uow, "record-survey-answer", variables, ref=ref)


async def summarize_survey(uow: UnitOfWork, survey_id: str) -> Done:
    """Return the survey's result."""
    return await work(uow, "summarize-survey", {"surveyId": survey_id})


async def open_procedure(uow: UnitOfWork, *, kind: str, case_id: str | None, form: Form, ref: JobRef) -> Done:
    """Claim or begin a procedure."""
    named = {} if case_id is None else {"caseId": case_id}
    return await work(uow, "open-procedure", {**form, **named}, ref=ref, kind=kind)


async def open_collection(uow: UnitOfWork, city: str, *, case_id: str | None, form: Form, ref: JobRef) -> Done:
    """Claim or begin a city's yearly procedure."""
    named = {} if case_id is None else {"caseId": case_id}
    return await work(uow, "open-collection", {**form, **named}, ref=ref, city=city)


async def open_publication(uow: UnitOfWork, city: str, form: Form, ref: JobRef) -> Done:
    """Open the case of a year's list."""
    return await work(uow, "open-publication", form, ref=ref, city=city)


async def load_activities(uow: UnitOfWork, case_id: str, *, year: Any = None, department: str | None = None) -> Done:
    """Read the activities of a year."""
    return await _activities(uow, "load-activities", {"caseId": case_id, "fiscalYear": year}, department)


async def record_activities(
    uow: UnitOfWork, case_id: str, rows: Sequence[Form], *, year: Any, department: str | None = None
) -> Done:
    """Put rows of activities into the registry."""
    variables = {"caseId": case_id, "fiscalYear": year, "activities": list(rows)}
    return await _activities(uow, "record-activities", variables, department)


async def _activities(uow: UnitOfWork, job_type: str, variables: Form, department: str | None) -> Done:
    if department is None:
        return await work(uow, job_type, variables)
    return await work(uow, job_type, {**variables, "department": {"code": department}}, per="department")


async def record_proposals(
    uow: UnitOfWork, case_id: str, rows: Sequence[Form], *, purpose: str, received: Any = None
) -> Done:
    """Keep the projects that are proposed under an agreement."""
    variables = {"caseId": case_id, "proposalRows": list(rows), "receivedOn": received}
    return await work(uow, "record-proposals", variables, purpose=purpose)


async def propose_activity_years(uow: UnitOfWork, case_id: str, *, year: Any = None) -> Done:
    """Say in which year each project usually runs."""
    return await work(uow, "propose-activity-years", {"caseId": case_id, "fiscalYear": year})


async def plan_projects(uow: UnitOfWork, case_id: str, *, year: Any = None, rows: Sequence[Form] = ()) -> Done:
    """Put the feasible projects into the registry as planned."""
    return await work(uow, "plan-activities", {"caseId": case_id, "fiscalYear": year, "activityPlan": list(rows)})
