"""What the office sees of a survey while it runs: departments and projects as a matrix, comments in full (ALL-1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, Project, Survey, SurveyAnswer, SurveyTarget, TargetStatus
from workers.domain.jst import JST
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_scope import asked_projects
from workers.usecases.survey_texts import project_answers
from workers.usecases.survey_view import due_text, status_rows, wish_rows

BOARD_VARIABLE: Final = "surveyView"
_SOON_SECONDS: Final = 2.0
_TITLE_LENGTH: Final = 8


async def board_changed(uow: UnitOfWork, survey_id: str, process_instance_key: int) -> None:
    """Let the office's open task show the survey as it is, soon.

    At most one call waits for a survey, and it looks when it is made: a thousand answers in a minute cost a few calls.
    """
    await uow.outbox.engine_call(
        business_key=_waiting_call(survey_id),
        kind="refresh-survey",
        payload={"survey_id": survey_id, "process_instance_key": process_instance_key},
        after_seconds=_SOON_SECONDS,
    )


def _waiting_call(survey_id: str) -> str:
    return f"{survey_id}:board"


async def refreshed_board(uow: UnitOfWork, survey_id: str) -> dict[str, Any]:
    """Return the variables of the office's task as they are now; what changes from here on orders a call of its own.

    Under the survey's lock, which everybody who changes it holds: a change is either seen here or finds the key free.
    """
    survey = await uow.surveys.get(survey_id, lock=True)
    await uow.outbox.free_engine_call(_waiting_call(survey_id))
    case = await uow.cases.get(survey.case_id)
    return {BOARD_VARIABLE: survey_board(case, survey, uow.cities.city(case.city), uow.clock.now())}


def survey_board(case: Case, survey: Survey, city: City, now: datetime) -> dict[str, Any]:
    """Return ``surveyView``: the matrix, the comments by project, the wishes, who is missing.

    ``columns`` and ``rows`` of the form's table; ``projects`` (``heading``, ``tally``, ``answers``); ``wishes``;
    ``open`` (names, one a line) with ``openCount``; ``options`` for choosing a department; ``asOf``.
    """
    projects = asked_projects(case, survey)
    missing = survey.open_targets()
    return {
        "asOf": f"{moment_text(now)}現在",
        "dueText": due_text(survey.due_on),
        "progress": f"{len(survey.targets)}課のうち{len(survey.targets) - len(missing)}課が回答",
        "columns": _columns(projects),
        "rows": _rows(survey, projects, city),
        "projects": project_answers(case, survey, city),
        "wishes": wish_rows(survey, city),
        "open": "\n".join(_name(target) + _correcting(target) for target in missing),
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


def answer_form(answer: SurveyAnswer) -> dict[str, Any]:
    """Return an answer as its form has it: what comes back to a department is filled (ALL-1)."""
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


def _name(target: SurveyTarget) -> str:
    return f"{target.division}{target.section}"


def _correcting(target: SurveyTarget) -> str:
    return "（訂正待ち。締め切ると前の回答が残ります）" if target.status is TargetStatus.CORRECTING else ""
