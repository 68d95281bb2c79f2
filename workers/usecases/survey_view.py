"""What forms show of a survey: its status and its result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Project, Rating, Survey, TargetStatus
from workers.domain.jst import JST
from workers.domain.survey import tally
from workers.domain.wareki import format_wareki
from workers.usecases.survey_scope import AnswerPlace, answer_places, counting_surveys
from workers.usecases.survey_texts import answers_text, cut, tally_text, texts_room

_MOST_JOINT = 5
"""So many departments are proposed for a project's talks; the office may choose others."""

STATUS_NAMES = {
    TargetStatus.WAITING: "未回答",
    TargetStatus.ANSWERED: "回答済み",
    TargetStatus.NOT_CONCERNED: "所管外",
    TargetStatus.CORRECTING: "訂正待ち",
    TargetStatus.UNANSWERED: "回答なし",
}


def due_text(due_on: date) -> str:
    """Return a due date as forms show it: wareki with the weekday."""
    return format_wareki(due_on, weekday=True)


def status_rows(survey: Survey) -> list[dict[str, str]]:
    """Return the departments with their status, for the office's form."""
    rows, answers = [], survey.valid_answers()
    for target in survey.targets:
        answer = answers.get(target.department)
        late = "（期限後）" if answer is not None and answer.late else ""
        rows.append(
            {
                "code": target.department,
                "name": f"{target.division}{target.section}",
                "status": STATUS_NAMES[target.status] + late,
            }
        )
    return rows


def result_rows(case: Case, survey: Survey, city: City, surveys: Sequence[Survey] = ()) -> list[dict[str, Any]]:
    """Return the tally project by project with the departments' comments and a proposal how to go on (ISE-5).

    ``surveys``: those of the case; a project that this one did not ask about again has its answers in an earlier one.
    """
    projects = case.current_projects()
    places, room = answer_places(case, survey, surveys), texts_room(len(projects))
    return [_result_row(project, city, places[project.number], room) for project in projects]


def _result_row(project: Project, city: City, place: AnswerPlace, room: int) -> dict[str, Any]:
    [counted] = tally(place.survey, [place.number])
    return {
        "number": project.number,
        "title": project.title,
        "fieldName": city.field_name(project.field),
        "feasible": counted.feasible,
        "adjust": counted.adjust,
        "infeasible": counted.infeasible,
        "notConcerned": counted.not_concerned,
        "unanswered": counted.unanswered,
        "comments": _comments(place.survey, place.number, city),
        "tally": tally_text(counted, city.survey),
        "answers": cut(answers_text(place.survey, place.number, city.survey), room),
        "proposed": "talks" if counted.prospective else "drop",
        "departments": list(counted.interested[:_MOST_JOINT]),
    }


def _comments(survey: Survey, number: int, city: City) -> str:
    answers = survey.valid_answers()
    return "\n".join(
        f"{city.survey.mark(rating.rating)} {target.section} {rating.comment}".rstrip()
        for target in survey.targets
        if (answer := answers.get(target.department)) is not None
        for rating in answer.ratings
        if rating.project_number == number
    )


def all_wishes(case: Case, survey: Survey, city: City, surveys: Sequence[Survey]) -> list[dict[str, str]]:
    """Return the wishes of this survey and of those whose answers still count beside it, each once (ISE-4)."""
    rows = [row for entry in counting_surveys(case, survey, surveys) for row in wish_rows(entry, city)]
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def wish_rows(survey: Survey, city: City) -> list[dict[str, str]]:
    """Return the departments' own wishes (ISE-4)."""
    answers = survey.valid_answers()
    return [
        {
            "code": target.department,
            "department": f"{target.division}{target.section}",
            "field": str(wish.field),
            "fieldName": city.field_name(wish.field),
            "content": wish.content,
        }
        for target in survey.targets
        if (answer := answers.get(target.department)) is not None
        for wish in answer.wishes
    ]


def interested_departments(case: Case, survey: Survey, city: City) -> list[dict[str, Any]]:
    """Return the departments that see a way (○, △) or have wishes, each with its own rows only (DAT-8).

    A row is a rated project or a wish: ``kind`` (``project``, ``wish``), ``number``, ``field`` (its number as the
    forms' choices have it), ``fieldName``, ``title``, ``content``, ``mark``, ``comment``.
    """
    projects = {project.number: project for project in case.current_projects()}
    found, answers = [], survey.valid_answers()
    for target in survey.targets:
        answer = answers.get(target.department)
        if answer is None:
            continue
        rows = [
            {
                "kind": "project",
                "number": rating.project_number,
                "field": str(projects[rating.project_number].field),
                "fieldName": city.field_name(projects[rating.project_number].field),
                "title": projects[rating.project_number].title,
                "content": projects[rating.project_number].content,
                "mark": rating.rating.mark,
                "comment": rating.comment,
            }
            for rating in answer.ratings
            if rating.rating is not Rating.INFEASIBLE and rating.project_number in projects
        ]
        rows += [
            {
                "kind": "wish",
                "number": number,
                "field": str(wish.field),
                "fieldName": city.field_name(wish.field),
                "title": "",
                "content": wish.content,
                "mark": "",
                "comment": "",
            }
            for number, wish in enumerate(answer.wishes, start=1)
        ]
        if rows:
            found.append(
                {
                    "code": target.department,
                    "name": f"{target.division}{target.section}",
                    "group": target.group,
                    "rows": rows,
                }
            )
    return found


def rating_rows(survey: Survey) -> list[dict[str, str]]:
    """Return who rated which project how (DAT-8): ``code``, ``number``, ``rating``; those that see no way, too."""
    answers = survey.valid_answers()
    return [
        {"code": target.department, "number": str(rating.project_number), "rating": rating.rating.value}
        for target in survey.targets
        if (answer := answers.get(target.department)) is not None
        for rating in answer.ratings
    ]


def answer_sheets(case: Case, survey: Survey, city: City) -> list[dict[str, Any]]:
    """Return every department's answer that counts, as documents show it (DAT-F2, DAT-F3): one sheet a department."""
    projects = {project.number: project for project in case.current_projects()}
    answers = survey.valid_answers()
    return [
        {
            "code": target.department,
            "division": target.division,
            "section": target.section,
            "concerned": answer.concerned,
            "person": answer.person,
            "contact": answer.contact,
            "answered_on": answer.answered_at.astimezone(JST).date(),
            "ratings": [
                {
                    "number": rating.project_number,
                    "title": projects[rating.project_number].title,
                    "mark": rating.rating.mark,
                    "rating": rating.rating.value,
                    "comment": rating.comment,
                }
                for rating in sorted(answer.ratings, key=lambda rating: rating.project_number)
                if rating.project_number in projects
            ],
            "wishes": [{"field_name": city.field_name(wish.field), "content": wish.content} for wish in answer.wishes],
        }
        for target in survey.targets
        if (answer := answers.get(target.department)) is not None
    ]
