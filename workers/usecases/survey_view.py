"""What forms show of a survey: its status and its result."""

from __future__ import annotations

from datetime import date
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Rating, Survey, TargetStatus
from workers.domain.jst import JST
from workers.domain.survey import tally
from workers.domain.wareki import format_wareki
from workers.usecases.survey_texts import project_answers

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


def result_rows(case: Case, survey: Survey, city: City) -> list[dict[str, Any]]:
    """Return the tally project by project with the departments' comments and a proposal how to go on (ISE-5)."""
    projects = case.current_projects()
    tallies = {entry.number: entry for entry in tally(survey, [project.number for project in projects])}
    told = {row["number"]: row for row in project_answers(case, survey, city)}
    return [
        {
            "number": project.number,
            "title": project.title,
            "fieldName": city.field_name(project.field),
            "feasible": tallies[project.number].feasible,
            "adjust": tallies[project.number].adjust,
            "infeasible": tallies[project.number].infeasible,
            "notConcerned": tallies[project.number].not_concerned,
            "unanswered": tallies[project.number].unanswered,
            "comments": _comments(survey, project.number, city),
            "tally": told[project.number]["tally"],
            "answers": told[project.number]["answers"],
            "proposed": "talks" if tallies[project.number].prospective else "drop",
            "departments": list(tallies[project.number].interested[:_MOST_JOINT]),
        }
        for project in projects
    ]


def _comments(survey: Survey, number: int, city: City) -> str:
    answers = survey.valid_answers()
    return "\n".join(
        f"{city.survey.mark(rating.rating)} {target.section} {rating.comment}".rstrip()
        for target in survey.targets
        if (answer := answers.get(target.department)) is not None
        for rating in answer.ratings
        if rating.project_number == number
    )


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
