"""Open, watch and close a survey of the departments (ALL-1, ISE-4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from workers.domain.cities import City, Department
from workers.domain.entities import Case, Project, Survey, SurveyAnswer, SurveyTarget, TargetStatus
from workers.domain.survey import SurveySchedule, extended, schedule
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.lookup import agreement_of, case_and_city
from workers.usecases.meeting_people import office_recipient, target_recipient
from workers.usecases.parties import parties_of, spoken
from workers.usecases.ports import TemplateValues, UnitOfWork
from workers.usecases.survey_board import board_changed
from workers.usecases.survey_scope import (
    SCOPE_STEP,
    answered_before,
    asked_projects,
    concerned_before,
    scope_payload,
)

PLAN_STEP: Final = "survey-plan"
"""The step that keeps what a survey's mails say beside its questions."""


@dataclass(frozen=True, kw_only=True)
class PlannedSurvey:
    """What the office plans. ``due_on`` None: the city's own number of business days; no ``departments``: all surveyed.

    ``message``: what the mails say in addition. ``only_changed``: what an earlier survey answered is not asked again,
    and without chosen departments only those are asked that said something about what changed.
    """

    due_on: date | None = None
    departments: Sequence[str] = ()
    message: str = ""
    only_changed: bool = False


@dataclass(frozen=True, kw_only=True)
class RequestedAnswer:
    """An answer that a department owes anew, or that the office enters ``on_behalf``; ``former`` is what it said."""

    city: City
    target: SurveyTarget
    on_behalf: bool
    former: SurveyAnswer | None


async def open_survey(uow: UnitOfWork, case_id: str, plan: PlannedSurvey) -> tuple[Survey, SurveySchedule]:
    """Create the case's next survey and return it with its moments; nobody is asked where nothing changed.

    Raises InputError for a bad due date or an unknown department.
    """
    case, city = await case_and_city(uow, case_id)
    today = uow.clock.today()
    timetable = schedule(city.survey, today)
    if plan.due_on:
        timetable = extended(city.survey, plan.due_on, today=today, present_due_on=today)
    earlier = await uow.surveys.of_case(case.id)
    kept = answered_before(case, earlier) if plan.only_changed else {}
    asked = [project for project in case.current_projects() if project.number not in kept]
    chosen = plan.departments or (concerned_before(case, earlier, asked) if kept else [])
    departments = _chosen(city, chosen) if asked or not kept else []
    number = len(earlier) + 1
    survey = Survey(
        id=f"{case.id}-s{number}",
        case_id=case.id,
        round=case.round,
        due_on=timetable.due_on,
        opened_at=uow.clock.now(),
        targets=[_target(department) for department in departments],
    )
    await uow.surveys.add(survey)
    await record(uow, case, PLAN_STEP, {"survey": survey.id, "message": plan.message})
    if kept or case.last_step(SCOPE_STEP):
        await record(uow, case, SCOPE_STEP, scope_payload(survey, kept))
    await note(uow, case.id, _opened(survey, kept, asked))
    return survey, timetable


def _opened(survey: Survey, kept: Collection[int], asked: Sequence[Project]) -> str:
    if kept and not asked:
        return "前回から変わった事業がないので、照会せずに前の回答を引き継いだ"
    only = f"、変わった{len(asked)}件だけ" if kept else ""
    due = format_wareki(survey.due_on, weekday=True)
    return f"{len(survey.targets)}課に照会した（期限 {due}{only}）"


def _chosen(city: City, codes: Iterable[str]) -> list[Department]:
    chosen = [city.department(code) for code in dict.fromkeys(codes)]
    departments = chosen or [department for department in city.departments if department.surveyed]
    if not departments:
        raise InputError("照会する課", f"{city.name}の departments.csv に照会先がありません")
    return departments


def _target(department: Department) -> SurveyTarget:
    return SurveyTarget(
        department=department.code,
        division=department.division,
        section=department.section,
        group=department.group,
        email=department.email,
    )


async def notify_department(uow: UnitOfWork, survey_id: str, department: str, template: str) -> None:
    """Enqueue the notice of a survey to one department, once."""
    asked = await uow.surveys.asked(survey_id, department)
    case = await uow.cases.get(asked.case_id)
    key = f"{survey_id}:{department}:{template}"
    await mail_target(uow, case, asked.due_on, asked.target, template=template, key=key)


async def remind_departments(uow: UnitOfWork, survey_id: str, template: str) -> None:
    """Remind every department that still owes an answer; after the due day nobody is reminded (ALL-1)."""
    survey = await uow.surveys.get(survey_id)
    case = await uow.cases.get(survey.case_id)
    owing = survey.open_targets() if uow.clock.today() <= survey.due_on and survey.closed_at is None else []
    for target in owing:
        key = f"{survey.id}:{survey.extensions}:{target.department}:{template}"
        await mail_target(uow, case, survey.due_on, target, template=template, key=key)
    await note(uow, case.id, f"未回答の{len(owing)}課に督促した")


async def escalate_survey(uow: UnitOfWork, survey_id: str, template: str) -> None:
    """Tell the office which departments have not answered by the due date (ALL-1)."""
    survey = await uow.surveys.get(survey_id)
    case = await uow.cases.get(survey.case_id)
    city = uow.cities.city(case.city)
    context: TemplateValues = {**survey_context(case, survey.due_on, city), "waiting": survey.open_targets()}
    key = f"{survey.id}:{survey.extensions}:office:{template}"
    await uow.outbox.mail(office_recipient(city).mail(case, template, key=key, context=context))
    await note(uow, case.id, f"照会の期限を過ぎた（未回答{len(survey.open_targets())}課）")


async def extend_survey(
    uow: UnitOfWork, survey_id: str, due_on: date, *, template: str, process_instance_key: int
) -> SurveySchedule:
    """Move the due date, tell the departments that still owe an answer, and move their open tasks' due dates.

    Returns the new moments. Raises InputError for a day that is not later than the present one.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    case, city = await case_and_city(uow, survey.case_id)
    timetable = extended(city.survey, due_on, today=uow.clock.today(), present_due_on=survey.due_on)
    survey.due_on = due_on
    survey.extensions += 1
    for target in survey.open_targets():
        key = f"{survey.id}:{survey.extensions}:{target.department}:{template}"
        await mail_target(uow, case, survey.due_on, target, template=template, key=key)
    await uow.outbox.engine_call(
        business_key=f"{survey.id}:{survey.extensions}:due-dates",
        kind="update-due-dates",
        payload={
            "process_instance_key": process_instance_key,
            "due_date": timetable.last_moment.isoformat(timespec="seconds"),
        },
    )
    await note(uow, case.id, f"照会の期限を{format_wareki(due_on, weekday=True)}に延ばした")
    await board_changed(uow, survey.id, process_instance_key)
    return timetable


async def request_answer(  # noqa: PLR0913 (who is asked what, by which mail, for which task)
    uow: UnitOfWork,
    survey_id: str,
    department: str,
    *,
    on_behalf: bool,
    question: str = "",
    template: str,
    process_instance_key: int,
) -> RequestedAnswer:
    """Send a department's answer back with a question, or let the office answer for it (ALL-1).

    Raises InputError where the department was not asked, has nothing to send back, or has answered already.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    case, city = await case_and_city(uow, survey.case_id)
    target = survey.target(department)
    if target is None:
        raise InputError("課", f"{department} にはこの照会をしていません")
    answered = target.status in (TargetStatus.ANSWERED, TargetStatus.NOT_CONCERNED)
    if on_behalf and answered:
        raise InputError("課", f"{target.name}はすでに回答しています。差し戻しを選んでください")
    if not on_behalf:
        if not answered:
            raise InputError("課", f"{target.name}はまだ回答していません")
        target.status, target.question = TargetStatus.CORRECTING, question
        key = f"{survey.id}:{target.department}:{template}:{len(survey.answers)}"
        await mail_target(uow, case, survey.due_on, target, template=template, key=key)
    await note(uow, case.id, f"{target.name}の回答を{'代理で入力する' if on_behalf else '差し戻した'}")
    await board_changed(uow, survey.id, process_instance_key)
    former = survey.valid_answer(target.department)
    return RequestedAnswer(city=city, target=target, on_behalf=on_behalf, former=former)


def survey_context(case: Case, due_on: date, city: City) -> dict[str, object]:
    """Return what the survey's mails may say."""
    plan = case.last_step(PLAN_STEP)
    return {
        "message": plan.payload["message"] if plan else "",
        "case": case,
        "partner": case.partner,
        "due_on": due_on,
        "projects": [
            {
                "number": project.number,
                "field_name": city.field_name(project.field),
                "title": project.title,
                "content": project.content,
            }
            for project in asked_projects(case)
        ],
    }


async def mail_target(  # noqa: PLR0913 (the parts of one notice)
    uow: UnitOfWork, case: Case, due_on: date, target: SurveyTarget, *, template: str, key: str
) -> None:
    """Enqueue a mail to one surveyed department under a business key."""
    city = uow.cities.city(case.city)
    under = await agreement_of(uow, case) if case.agreement_id else None
    context = {
        **survey_context(case, due_on, city),
        **(spoken(await parties_of(uow, case, under)) if under else {}),
        "department": target.name,
        "question": target.question,
    }
    await uow.outbox.mail(target_recipient(target).mail(case, template, key=key, context=context))
