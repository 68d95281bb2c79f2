"""Handlers of the survey of departments (ALL-1)."""

from __future__ import annotations

from typing import Any

from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.usecases import survey_answers, survey_closing, surveys
from workers.usecases.ports import UnitOfWork

_TEMPLATE = Header(name="template", label="メールのひな形", required=True, offers="mails")
_MOMENTS = ("dueAt", "remindAt", "dueDayAt", "dueText", "formError")


@job_type(
    "open-survey",
    label="照会を起票する",
    writes=("survey", "formError"),
    headers=CHECKS,
    by_person=True,
    shelf="procedure",
)
async def handle_open_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Create the survey (ISE-4)."""
    plan = job.variables.get("surveyPlan")
    return await surveys.open_survey(uow, job.text("caseId"), plan if isinstance(plan, dict) else {})


@job_type(
    "notify-department",
    label="照会を課に通知する",
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
    return await surveys.extend_survey(
        uow,
        job.text("surveyId"),
        job.context("surveyOrder").get("newDueOn"),
        template=job.header("template"),
        process_instance_key=job.ref.process_instance_key,
    )


@job_type(
    "request-answer",
    label="差し戻し・代理回答を起こす",
    headers=(_TEMPLATE, *CHECKS),
    writes=("entry", "formError"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_request_answer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Send an answer back or start one on behalf (ALL-1)."""
    order = job.context("surveyOrder")
    return await surveys.request_answer(
        uow,
        job.text("surveyId"),
        order,
        template=job.header("template"),
        process_instance_key=job.ref.process_instance_key,
    )


@job_type(
    "record-survey-answer",
    label="照会への回答を記録する",
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
    return await survey_answers.record_answer(
        uow,
        job.text("surveyId"),
        job.text("departmentCode"),
        job.context("answer"),
        on_behalf=job.variables.get("onBehalf") is True,
        ref=job.ref,
    )


@job_type(
    "check-survey",
    label="回答の出そろいを確かめる",
    headers=(Header(name="template", label="出そろったことを所管課に知らせるメールのひな形", offers="mails"),),
    writes=("surveyComplete",),
    reads=("surveyId",),
    shelf="procedure",
    audience="common",
)
async def handle_check_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Close the survey when all have answered (ALL-1)."""
    return await survey_closing.check_survey(uow, job.text("surveyId"), job.headers.get("template", ""))


@job_type(
    "close-survey",
    label="照会を締め切る",
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
    return await survey_closing.stop_survey(uow, job.text("surveyId"), job.header("template"))


@job_type(
    "summarize-survey",
    label="回答を取りまとめる",
    writes=("surveyResult", "surveyWishes", "interestedDepartments", "surveyRatings"),
    audience="common",
)
async def handle_summarize_survey(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Return the survey's result (ISE-4)."""
    return await survey_closing.summarize_survey(uow, job.text("surveyId"))
