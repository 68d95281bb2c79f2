"""Open, watch and close a survey of the departments (ALL-1, ISE-4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from workers.domain.cities import City, Department
from workers.domain.entities import Case, Project, Survey, SurveyTarget, TargetStatus
from workers.domain.survey import SurveySchedule, extended, schedule
from workers.domain.text import multi_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.usecases.caseview import agreement_of, asked_proposals
from workers.usecases.journal import note, record
from workers.usecases.parties import parties_of, spoken
from workers.usecases.ports import MailRequest, UnitOfWork
from workers.usecases.survey_about import survey_about
from workers.usecases.survey_board import answer_form, board_changed, survey_board
from workers.usecases.survey_scope import (
    CHANGED,
    SCOPE_STEP,
    answered_before,
    asked_projects,
    concerned_before,
    scope_payload,
)
from workers.usecases.survey_view import due_text

PLAN_STEP: Final = "survey-plan"
"""The step that keeps what a survey's mails say beside its questions."""


async def open_survey(uow: UnitOfWork, case_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Create the case's next survey and return ``survey`` for the called process.

    ``plan.dueOn`` (ISO or wareki, or None for the city's own number of business days), ``plan.departmentCodes`` (None
    or empty: every surveyed department), ``plan.message`` (what the survey's mails say in addition), ``plan.scope``
    (``changed``: what an earlier survey answered is not asked again, and without chosen departments only those are
    asked that said something about what changed; nobody where nothing did). Raises InputError for a bad due date or an
    unknown department.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    today = uow.clock.today()
    timetable = schedule(city.survey, today)
    if plan.get("dueOn"):
        due_on = parse_date(plan["dueOn"], "回答期限")
        timetable = extended(city.survey, due_on, today=today, present_due_on=today)
    earlier = await uow.surveys.of_case(case.id)
    kept = answered_before(case, earlier) if plan.get("scope") == CHANGED else {}
    asked = [project for project in case.current_projects() if project.number not in kept]
    chosen = plan.get("departmentCodes") or (concerned_before(case, earlier, asked) if kept else [])
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
    await record(uow, case, PLAN_STEP, {"survey": survey.id, "message": _message(plan)})
    if kept or case.last_step(SCOPE_STEP):
        await record(uow, case, SCOPE_STEP, scope_payload(survey, kept))
    await note(uow, case.id, _opened(survey, kept, asked))
    return {
        "survey": {
            "id": survey.id,
            "departments": [department_variable(target) for target in survey.targets],
            "view": survey_board(case, survey, city, uow.clock.now()),
            "about": await survey_about(uow, case, city),
            "proposals": asked_proposals(case, city),
            **timer_variables(timetable),
        },
    }


def _message(plan: Mapping[str, Any]) -> str:
    return multi_line(plan.get("message") or "", "書き添えること", maximum=4000)


def _opened(survey: Survey, kept: Mapping[int, Any], asked: Sequence[Project]) -> str:
    if kept and not asked:
        return "前回から変わった事業がないので、照会せずに前の回答を引き継いだ"
    only = f"、変わった{len(asked)}件だけ" if kept else ""
    due = format_wareki(survey.due_on, weekday=True)
    return f"{len(survey.targets)}課に照会した（期限 {due}{only}）"


def _chosen(city: City, codes: Iterable[Any]) -> list[Department]:
    chosen = [city.department(str(code)) for code in dict.fromkeys(codes)]
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


def department_variable(target: SurveyTarget) -> dict[str, str]:
    """Return a department as the diagram sees it."""
    return {"code": target.department, "name": f"{target.division}{target.section}", "group": target.group}


def timer_variables(timetable: SurveySchedule) -> dict[str, str]:
    """Return the survey's moments as full timestamps with offset, which the diagram's timers need.

    ``remindAt`` equals ``dueAt`` where there is no day left for a reminder: by then it reminds nobody.
    """

    def stamp(moment: datetime) -> str:
        return moment.isoformat(timespec="seconds")

    return {
        "dueAt": stamp(timetable.last_moment),
        "remindAt": stamp(timetable.remind_at or timetable.last_moment),
        "dueDayAt": stamp(timetable.on_day_at),
        "dueText": due_text(timetable.due_on),
    }


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
    context = {**survey_context(case, survey.due_on, city), "waiting": survey.open_targets()}
    key = f"{survey.id}:{survey.extensions}:office:{template}"
    await mail_office(uow, case, city, template=template, key=key, context=context)
    await note(uow, case.id, f"照会の期限を過ぎた（未回答{len(survey.open_targets())}課）")


async def extend_survey(
    uow: UnitOfWork, survey_id: str, new_due_on: Any, *, template: str, process_instance_key: int
) -> dict[str, Any]:
    """Move the due date, tell the departments that still owe an answer, and move their open tasks' due dates.

    Returns the timers' new moments. Raises InputError for a day that is not later than the present one.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    case = await uow.cases.get(survey.case_id)
    city = uow.cities.city(case.city)
    due_on = parse_date(new_due_on or "", "新しい期限")
    timetable = extended(city.survey, due_on, today=uow.clock.today(), present_due_on=survey.due_on)
    survey.due_on = due_on
    survey.extensions += 1
    moments = timer_variables(timetable)
    for target in survey.open_targets():
        key = f"{survey.id}:{survey.extensions}:{target.department}:{template}"
        await mail_target(uow, case, survey.due_on, target, template=template, key=key)
    await uow.outbox.engine_call(
        business_key=f"{survey.id}:{survey.extensions}:due-dates",
        kind="update-due-dates",
        payload={"process_instance_key": process_instance_key, "due_date": moments["dueAt"]},
    )
    await note(uow, case.id, f"照会の期限を{format_wareki(due_on, weekday=True)}に延ばした")
    await board_changed(uow, survey.id, process_instance_key)
    return {**moments}


async def request_answer(
    uow: UnitOfWork, survey_id: str, order: Mapping[str, Any], *, template: str, process_instance_key: int
) -> dict[str, Any]:
    """Send a department's answer back with a question, or let the office answer for it; returns ``entry``.

    ``entry.answer`` is the former answer as the form has it, so that nothing has to be typed again (ALL-1). Raises
    InputError where the department was not asked, has nothing to send back, or has answered already.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    case = await uow.cases.get(survey.case_id)
    city = uow.cities.city(case.city)
    target = find_target(survey, str(order.get("targetDepartment") or ""))
    on_behalf = order.get("action") == "on-behalf"
    answered = target.status in (TargetStatus.ANSWERED, TargetStatus.NOT_CONCERNED)
    if on_behalf and answered:
        raise InputError("課", f"{target_name(target)}はすでに回答しています。差し戻しを選んでください")
    if not on_behalf:
        if not answered:
            raise InputError("課", f"{target_name(target)}はまだ回答していません")
        target.status, target.question = TargetStatus.CORRECTING, str(order.get("question") or "")
        key = f"{survey.id}:{target.department}:{template}:{len(survey.answers)}"
        await mail_target(uow, case, survey.due_on, target, template=template, key=key)
    await note(uow, case.id, f"{target_name(target)}の回答を{'代理で入力する' if on_behalf else '差し戻した'}")
    await board_changed(uow, survey.id, process_instance_key)
    former = survey.valid_answer(target.department)
    return {
        "entry": {
            "department": department_variable(target),
            "groups": [city.office.group] if on_behalf else [target.group],
            "question": None if on_behalf else target.question,
            "askedBy": None if on_behalf else office_text(city),
            "onBehalf": on_behalf,
            "answer": answer_form(former) if former else None,
        },
    }


def find_target(survey: Survey, department: str) -> SurveyTarget:
    """Return a surveyed department; raises InputError for one that was not asked."""
    target = survey.target(department)
    if target is None:
        raise InputError("課", f"{department} にはこの照会をしていません")
    return target


def office_text(city: City) -> str:
    """Return who asks: the office with its telephone."""
    return "、".join(part for part in (city.office.section, city.office.phone) if part)


def target_name(target: SurveyTarget) -> str:
    """Return a surveyed department's name."""
    return f"{target.division}{target.section}"


def survey_context(case: Case, due_on: date, city: City) -> dict[str, Any]:
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
    await uow.outbox.mail(
        MailRequest(
            business_key=key,
            case_id=case.id,
            city=city.code,
            kind=template,
            template=template,
            recipient_name=target_name(target),
            recipient=target.email,
            group=target.group,
            context={
                **survey_context(case, due_on, city),
                **(spoken(await parties_of(uow, case, under)) if under else {}),
                "department": target_name(target),
                "question": target.question,
            },
        )
    )


async def mail_office(  # noqa: PLR0913 (the parts of one notice)
    uow: UnitOfWork, case: Case, city: City, *, template: str, key: str, context: Mapping[str, Any]
) -> None:
    """Enqueue a mail about a survey to the office under a business key."""
    await uow.outbox.mail(
        MailRequest(
            business_key=key,
            case_id=case.id,
            city=city.code,
            kind=template,
            template=template,
            recipient_name=city.office.section,
            recipient=city.office.email,
            group=city.office.group,
            context=context,
        )
    )
