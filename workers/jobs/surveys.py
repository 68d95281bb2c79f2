"""Handlers of the survey of departments (ALL-1)."""

from __future__ import annotations

from typing import Any

from workers.domain.wareki import parse_date
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.rows import text
from workers.jobs.forms.survey import entry_variable, read_plan, survey_variable, timer_variables
from workers.jobs.forms.surveyresult import summary_variables, survey_board
from workers.readers.surveyanswer import read_answer
from workers.usecases import survey_answers, survey_closing, surveys
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_board import take_waiting_call
from workers.usecases.survey_scope import asked_projects

_TEMPLATE = Header(name="template", label="メールのひな形", required=True, offers="mails")
_MOMENTS = ("dueAt", "remindAt", "dueDayAt", "dueText", "formError")


@job_type(
    "open-survey",
    label="照会を起票する",
    short=True,
    writes=("survey", "formError"),
    headers=CHECKS,
    by_person=True,
    shelf="procedure",
)
async def handle_open_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Create the survey (ISE-4)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    survey, timetable = await surveys.open_survey(uow, case.id, read_plan(job.variables.get("surveyPlan")))
    now, documents = uow.clock.now(), await uow.documents.of_case(case.id)
    return {"survey": survey_variable(case, survey, city, timetable, now=now, documents=documents)}


@job_type(
    "notify-department",
    label="照会を課に通知する",
    short=True,
    headers=(_TEMPLATE,),
    reads=("surveyId", "department"),
    shelf="mail",
    audience="common",
)
async def handle_notify_department(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Enqueue one department's notice (ALL-1)."""
    department = str(job.context("department")["code"])
    await surveys.notify_department(uow, job.text("surveyId"), department, job.header("template"))
    return {}


@job_type(
    "remind-departments",
    label="未回答の課に督促する",
    headers=(_TEMPLATE,),
    shelf="mail",
    audience="common",
)
async def handle_remind_departments(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Remind the departments that owe an answer (ALL-1)."""
    await surveys.remind_departments(uow, job.text("surveyId"), job.header("template"))
    return {}


@job_type(
    "escalate-survey",
    label="未回答を所管課に知らせる",
    headers=(_TEMPLATE,),
    shelf="mail",
    audience="common",
)
async def handle_escalate_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Tell the office who is late (ALL-1)."""
    await surveys.escalate_survey(uow, job.text("surveyId"), job.header("template"))
    return {}


@job_type(
    "extend-survey",
    label="照会の期限を延ばす",
    headers=(_TEMPLATE, *CHECKS),
    writes=_MOMENTS,
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_extend_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Move the due date (ALL-1)."""
    due_on = parse_date(job.context("surveyOrder").get("newDueOn") or "", "新しい期限")
    instance = job.ref.process_instance_key
    timetable = await surveys.extend_survey(
        uow, job.text("surveyId"), due_on, template=job.header("template"), process_instance_key=instance
    )
    return timer_variables(timetable)


@job_type(
    "request-answer",
    label="差し戻し・代理回答を起こす",
    short=True,
    headers=(_TEMPLATE, *CHECKS),
    writes=("entry", "formError"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_request_answer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Send an answer back or start one on behalf (ALL-1)."""
    order = job.context("surveyOrder")
    requested = await surveys.request_answer(
        uow,
        job.text("surveyId"),
        text(order.get("targetDepartment")),
        on_behalf=order.get("action") == "on-behalf",
        question=text(order.get("question")),
        template=job.header("template"),
        process_instance_key=job.ref.process_instance_key,
    )
    return {"entry": entry_variable(requested)}


@job_type(
    "record-survey-answer",
    label="照会への回答を記録する",
    short=True,
    writes=("surveyComplete", "answer"),
    reads=("surveyId", "departmentCode", "answer", "onBehalf"),
    headers=CHECKS,
    requires=(
        "answer.concerned:この提案に関わるか,"
        "answer.person:担当者の氏名,"
        "answer.contact:内線・連絡先,"
        "answer.ratings.*.reason:意見[answer.concerned=yes][.rating=adjust|infeasible],"
        "answer.wishes.*.field:希望する連携事業の連携事項,"
        "answer.wishes.*.content:希望する連携事業の内容"
    ),
    checks_itself=True,
    by_person=True,
    audience="common",
)
async def handle_record_survey_answer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Keep one department's answer (ALL-1, ISE-4)."""
    survey, department = job.text("surveyId"), job.text("departmentCode")
    case, city = await case_and_city(uow, (await uow.surveys.asked(survey, department)).case_id)
    given = read_answer(job.context("answer"), asked_projects(case), city)
    on_behalf = job.variables.get("onBehalf") is True
    complete = await survey_answers.record_answer(uow, survey, department, given, on_behalf=on_behalf, ref=job.ref)
    return {"surveyComplete": complete, "answer": None}


@job_type(
    "check-survey",
    label="回答の出そろいを確かめる",
    short=True,
    headers=(Header(name="template", label="出そろったことを所管課に知らせるメールのひな形", offers="mails"),),
    writes=("surveyComplete",),
    reads=("surveyId",),
    shelf="procedure",
    audience="common",
)
async def handle_check_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Close the survey when all have answered (ALL-1)."""
    complete = await survey_closing.check_survey(uow, job.text("surveyId"), job.headers.get("template", ""))
    return {"surveyComplete": complete}


@job_type(
    "close-survey",
    label="照会を締め切る",
    short=True,
    writes=("formError",),
    reads=("surveyId", "surveyOrder"),
    # The form asks for it where a department owes an answer; whether one does by now, the use case looks up.
    requires="surveyOrder.closeAnyway:回答のない課があっても締め切ること",
    checks_itself=True,
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_close_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Close the survey by the office's decision (ALL-1)."""
    await survey_closing.close_survey(
        uow,
        job.text("surveyId"),
        despite_missing=job.context("surveyOrder").get("closeAnyway") is True,
        process_instance_key=job.ref.process_instance_key,
    )
    return {}


@job_type(
    "stop-survey",
    label="照会をやめる",
    headers=(_TEMPLATE,),
    writes=("surveyStopped",),
    reads=("surveyId",),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_stop_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """End the survey without a result (ALL-1)."""
    await survey_closing.stop_survey(uow, job.text("surveyId"), job.header("template"))
    return {"surveyStopped": True}


@job_type(
    "summarize-survey",
    label="回答を取りまとめる",
    short=True,
    writes=("surveyResult", "surveyWishes", "interestedDepartments", "surveyRatings"),
    audience="common",
)
async def handle_summarize_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Return the survey's result (ISE-4)."""
    survey = await uow.surveys.get(job.text("surveyId"))
    case, city = await case_and_city(uow, survey.case_id)
    return summary_variables(case, survey, city, await uow.surveys.of_case(case.id))


async def refreshed_board(uow: UnitOfWork, survey_id: str) -> dict[str, Any]:
    """Return the variables of the office's task as they are now, for the call that puts them there."""
    survey = await take_waiting_call(uow, survey_id)
    case, city = await case_and_city(uow, survey.case_id)
    return {"surveyView": survey_board(case, survey, city, uow.clock.now())}
