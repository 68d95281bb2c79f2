"""A survey of the departments as its diagram and its forms have it (ALL-1, ISE-4, AGE-4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Document, Survey, SurveyAnswer, SurveyTarget
from workers.domain.survey import SurveySchedule
from workers.domain.text import multi_line
from workers.domain.wareki import format_wareki
from workers.jobs.forms.case import partner_text
from workers.jobs.forms.offer import asked_proposals, attachment_rows, past_records
from workers.jobs.forms.rows import codes, day
from workers.jobs.forms.surveyresult import survey_board
from workers.usecases.surveys import PlannedSurvey, RequestedAnswer


def read_plan(plan: Any) -> PlannedSurvey:
    """Read ``surveyPlan``: ``dueOn``, ``departmentCodes``, ``message``, ``scope``; raises InputError for a bad date."""
    given = plan if isinstance(plan, dict) else {}
    return PlannedSurvey(
        due_on=day(given.get("dueOn"), "回答期限"),
        departments=codes(given.get("departmentCodes")),
        message=multi_line(given.get("message") or "", "書き添えること", maximum=4000),
        only_changed=given.get("scope") == "changed",
    )


def survey_variable(  # noqa: PLR0913 (what a survey's tasks show)
    case: Case, survey: Survey, city: City, timetable: SurveySchedule, *, now: datetime, documents: Iterable[Document]
) -> dict[str, Any]:
    """Return ``survey`` for the called process.

    ``about`` has ``partner`` (with contact), ``offer`` (text), ``records`` and ``attachments`` (rows). All of it is
    people's words: forms show it in read-only text areas and tables, which do not read it as Markdown.
    """
    return {
        "id": survey.id,
        "departments": [target_variable(target) for target in survey.targets],
        "view": survey_board(case, survey, city, now),
        "about": {
            "partner": partner_text(case.partner),
            "offer": _offer_text(case, city),
            "records": past_records(case, city),
            "attachments": attachment_rows(documents),
        },
        "proposals": asked_proposals(case, city),
        **timer_variables(timetable),
    }


def _offer_text(case: Case, city: City) -> str:
    offer = case.offer
    if offer is None:
        return ""
    words = city.survey.words
    facts = (
        (words["offered_on"], f"{format_wareki(offer.offered_on)}（第{offer.round}回）"),
        (words["purpose"], offer.purpose),
        (words["field"], "、".join(f"{number} {city.field_name(number)}" for number in offer.fields)),
        ("その他", offer.other),
    )
    return "\n".join(f"{label}: {value}" for label, value in facts if value)


def target_variable(target: SurveyTarget) -> dict[str, str]:
    """Return a surveyed department as the diagram sees it."""
    return {"code": target.department, "name": target.name, "group": target.group}


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
        "dueText": format_wareki(timetable.due_on, weekday=True),
    }


def entry_variable(requested: RequestedAnswer) -> dict[str, Any]:
    """Return ``entry``: the department's former answer as the form has it, so that nothing has to be typed again."""
    target, office = requested.target, requested.city.office
    asked = None if requested.on_behalf else target.question
    return {
        "department": target_variable(target),
        "groups": [office.group] if requested.on_behalf else [target.group],
        "question": asked,
        "askedBy": None if requested.on_behalf else "、".join(part for part in (office.section, office.phone) if part),
        "onBehalf": requested.on_behalf,
        "answer": _answer_form(requested.former) if requested.former else None,
    }


def _answer_form(answer: SurveyAnswer) -> dict[str, Any]:
    return {
        "concerned": "yes" if answer.concerned else "no",
        "ratings": [
            {"number": rating.project_number, "rating": rating.rating.value, "comment": rating.comment}
            for rating in answer.ratings
        ],
        "wishes": [{"field": str(wish.field), "content": wish.content} for wish in answer.wishes],
        "person": answer.person,
        "contact": answer.contact,
    }
