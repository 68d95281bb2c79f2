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
    """Run the handler of a job type, without what its headers would check first, and return what it writes.

    Whatever it writes, apart from nulls in the place of what a form sent, its entry in the catalogue has to say.
    """
    kind = all_job_types()[job_type]
    job = JobInput(job_type=job_type, variables=variables, headers=headers, ref=ref or some_job())
    done = await kind.handler(job, uow)
    undeclared = {name for name, value in done.items() if value is not None} - set(kind.writes)
    assert undeclared == set(), f"{job_type} writes {undeclared}"
    return done


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
    within: dict[str, Any] = {"within": "agreement"} if within_agreement else {}
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


async def record_agreement_terms(uow: UnitOfWork, case_id: str, terms: Form) -> Done:
    """Record what the agreement is to say."""
    return await work(uow, "record-agreement-terms", {"caseId": case_id, "agreementTerms": terms})


async def register_agreement(uow: UnitOfWork, case_id: str, signature: Form) -> Done:
    """Register the signed agreement."""
    return await work(uow, "register-agreement", {"caseId": case_id, "signature": signature})


async def draft_amendment(uow: UnitOfWork, case_id: str) -> Done:
    """Read what the agreement says now."""
    return await work(uow, "draft-amendment", {"caseId": case_id})


async def record_amendment(uow: UnitOfWork, case_id: str, terms: Form) -> Done:
    """Record the amended text."""
    return await work(uow, "record-amendment", {"caseId": case_id, "amendmentTerms": terms})


async def register_amendment(uow: UnitOfWork, case_id: str, signature: Form) -> Done:
    """Register the signed amendment."""
    return await work(uow, "register-amendment", {"caseId": case_id, "signature": signature})


async def check_dissolution(uow: UnitOfWork, case_id: str) -> Done:
    """Look at the records and requirements."""
    return await work(uow, "check-dissolution", {"caseId": case_id})


async def plan_termination(uow: UnitOfWork, case_id: str, plan: Form) -> Done:
    """Record the day of the termination."""
    return await work(uow, "plan-termination", {"caseId": case_id, "terminationTalks": plan})


async def record_termination_notice(uow: UnitOfWork, case_id: str, notice: Form) -> Done:
    """Record the written notice of a termination."""
    return await work(uow, "record-termination-notice", {"caseId": case_id, "terminationNotice": notice})


async def register_termination(uow: UnitOfWork, case_id: str) -> Done:
    """End the agreement in the register."""
    return await work(uow, "register-termination", {"caseId": case_id})


async def enter_notice(uow: UnitOfWork, case_id: str, form: Form) -> Done:
    """Enter a notice of non-renewal, or that one was withdrawn."""
    return await work(uow, "record-notice", {"caseId": case_id, "notice": form})


async def open_meeting(uow: UnitOfWork, case_id: str, title: str) -> Done:
    """Register a meeting."""
    return await work(uow, "open-meeting", {"caseId": case_id, "meetingTitle": title})


async def schedule_meeting(uow: UnitOfWork, meeting_id: str, order: Form, *, template: str, dropped: str) -> Done:
    """Fix a meeting."""
    variables = {"meetingId": meeting_id, "meetingOrder": order}
    return await work(uow, "schedule-meeting", variables, template=template, dropped=dropped)


async def look_up_case(uow: UnitOfWork, order: Form, refused: str | None, ref: JobRef) -> Done:
    """Find the case of an order."""
    return await work(uow, "look-up-case", {**order, "formError": refused}, ref=ref)


async def order_case(uow: UnitOfWork, order: Form, ref: JobRef) -> Done:
    """Break a case off, or ask the engine to go back."""
    return await work(uow, "order-case", order, ref=ref)


async def confirm_step_back(uow: UnitOfWork, order: Form) -> Done:
    """Note the step back."""
    return await work(uow, "confirm-step-back", order)


async def load_undelivered(uow: UnitOfWork, case_id: str, mail_id: int) -> Done:
    """Look a mail up that did not arrive."""
    return await work(uow, "load-undelivered", {"caseId": case_id, "mailId": mail_id})


async def settle_undelivered(uow: UnitOfWork, case_id: str, mail_id: int, reply: Form, *, key: str) -> Done:
    """Do what the office decided about a mail that did not arrive; ``key`` tells one settling from another."""
    ref = replace(some_job(), element_instance_key=int(key))
    variables = {"caseId": case_id, "mailId": mail_id, "undeliveredReply": reply}
    return await work(uow, "settle-undelivered", variables, ref=ref)
