"""What forms show of a survey: its status while it runs, its result (ALL-1, ISE-4, ISE-5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, Project, Rating, Survey, SurveyAnswer, SurveyTarget, TargetStatus
from workers.domain.jst import JST
from workers.domain.survey import tally
from workers.domain.wareki import format_wareki
from workers.usecases.survey_scope import AnswerPlace, answer_places, asked_projects, counting_surveys
from workers.usecases.survey_texts import answers_text, cut, project_answers, tally_text, texts_room

_TITLE_LENGTH: Final = 8
_MOST_JOINT = 5
"""So many departments are proposed for a project's talks; the office may choose others."""

STATUS_NAMES = {
    TargetStatus.WAITING: "未回答",
    TargetStatus.ANSWERED: "回答済み",
    TargetStatus.NOT_CONCERNED: "所管外",
    TargetStatus.CORRECTING: "訂正待ち",
    TargetStatus.UNANSWERED: "回答なし",
}


def status_rows(survey: Survey) -> list[dict[str, str]]:
    """Return the departments with their status, for the office's form."""
    rows, answers = [], survey.valid_answers()
    for target in survey.targets:
        answer = answers.get(target.department)
        late = "（期限後）" if answer is not None and answer.late else ""
        rows.append(
            {
                "code": target.department,
                "name": target.name,
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
    return "\n".join(
        f"{city.survey.mark(rating.rating)} {target.section} {rating.comment}".rstrip()
        for target, answer in survey.answered()
        for rating in answer.ratings
        if rating.project_number == number
    )


def all_wishes(case: Case, survey: Survey, city: City, surveys: Sequence[Survey]) -> list[dict[str, str]]:
    """Return the wishes of this survey and of those whose answers still count beside it, each once (ISE-4)."""
    rows = [row for entry in counting_surveys(case, survey, surveys) for row in wish_rows(entry, city)]
    return [row for number, row in enumerate(rows) if row not in rows[:number]]


def wish_rows(survey: Survey, city: City) -> list[dict[str, str]]:
    """Return the departments' own wishes (ISE-4)."""
    return [
        {
            "code": target.department,
            "department": target.name,
            "field": str(wish.field),
            "fieldName": city.field_name(wish.field),
            "content": wish.content,
        }
        for target, answer in survey.answered()
        for wish in answer.wishes
    ]


def interested_departments(case: Case, survey: Survey, city: City) -> list[dict[str, Any]]:
    """Return the departments that see a way (○, △) or have wishes, each with its own rows only (DAT-8).

    A row is a rated project or a wish: ``kind`` (``project``, ``wish``), ``number``, ``field`` (its number as the
    forms' choices have it), ``fieldName``, ``title``, ``content``, ``mark``, ``comment``.
    """
    projects = {project.number: project for project in case.current_projects()}
    found = []
    for target, answer in survey.answered():
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
                    "name": target.name,
                    "group": target.group,
                    "rows": rows,
                }
            )
    return found


def rating_rows(survey: Survey) -> list[dict[str, str]]:
    """Return who rated which project how (DAT-8): ``code``, ``number``, ``rating``; those that see no way, too."""
    return [
        {"code": target.department, "number": str(rating.project_number), "rating": rating.rating.value}
        for target, answer in survey.answered()
        for rating in answer.ratings
    ]


def survey_board(case: Case, survey: Survey, city: City, now: datetime) -> dict[str, Any]:
    """Return ``surveyView``: the matrix, the comments by project, the wishes, who is missing.

    ``columns`` and ``rows`` of the form's table; ``projects`` (``heading``, ``tally``, ``answers``); ``wishes``;
    ``open`` (names, one a line) with ``openCount``; ``options`` for choosing a department; ``asOf``.
    """
    projects = asked_projects(case, survey)
    missing = survey.open_targets()
    return {
        "asOf": f"{moment_text(now)}現在",
        "dueText": format_wareki(survey.due_on, weekday=True),
        "progress": f"{len(survey.targets)}課のうち{len(survey.targets) - len(missing)}課が回答",
        "columns": _columns(projects),
        "rows": _rows(survey, projects, city),
        "projects": project_answers(case, survey, city),
        "wishes": wish_rows(survey, city),
        "open": "\n".join(target.name + _correcting(target) for target in missing),
        "openCount": len(missing),
        "options": [{"label": row["name"], "value": row["code"]} for row in status_rows(survey)],
    }


def moment_text(moment: datetime) -> str:
    """Return a moment as tables show it: 11月29日 9:05, in Japan."""
    local = moment.astimezone(JST)
    return f"{local.month}月{local.day}日 {local.hour}:{local.minute:02}"


def _columns(projects: list[Project]) -> list[dict[str, str]]:
    return [
        {"key": "name", "label": "課"},
        {"key": "status", "label": "状況"},
        {"key": "answered", "label": "回答した日時"},
        *({"key": f"p{project.number}", "label": _short(project)} for project in projects),
    ]


def _short(project: Project) -> str:
    title = project.title
    return f"{project.number} {title[:_TITLE_LENGTH]}{'…' if len(title) > _TITLE_LENGTH else ''}"


def _rows(survey: Survey, projects: list[Project], city: City) -> list[dict[str, str]]:
    answers = survey.valid_answers()
    rows = []
    for target, row in zip(survey.targets, status_rows(survey), strict=True):
        answer = answers.get(target.department)
        marks = {line.project_number: city.survey.mark(line.rating) for line in answer.ratings} if answer else {}
        unrated = "－" if answer else ""
        row["answered"] = _answered(answer) if answer else ""
        row.update({f"p{project.number}": marks.get(project.number, unrated) for project in projects})
        rows.append(row)
    return rows


def _answered(answer: SurveyAnswer) -> str:
    return moment_text(answer.answered_at) + ("（代理）" if answer.on_behalf else "")


def _correcting(target: SurveyTarget) -> str:
    return "（訂正待ち。締め切ると前の回答が残ります）" if target.status is TargetStatus.CORRECTING else ""


def summary_variables(case: Case, survey: Survey, city: City, surveys: Sequence[Survey]) -> dict[str, Any]:
    """Return the survey for the discussion (ISE-4, ISE-5)."""
    return {
        "surveyResult": result_rows(case, survey, city, surveys),
        "surveyWishes": all_wishes(case, survey, city, surveys),
        "interestedDepartments": interested_departments(case, survey, city),
        "surveyRatings": rating_rows(survey),
    }
