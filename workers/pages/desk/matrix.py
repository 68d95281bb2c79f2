"""A survey as a table: departments down, projects across; it fills while the answers come (ALL-1, ISE-4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from workers.domain.cities import City
from workers.domain.entities import Case, Survey, SurveyAnswer
from workers.jobs.forms.surveyresult import STATUS_NAMES
from workers.usecases.survey_scope import asked_projects


@dataclass(frozen=True, kw_only=True)
class Line:
    """A department: how it stands, who answered when, its mark and words for each project."""

    department: str
    status: str
    person: str
    marks: Sequence[str]
    comments: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """A survey. ``projects``: number and title."""

    due_on: date
    closed: bool
    answered: int
    projects: Sequence[tuple[int, str]]
    lines: Sequence[Line]


def matrix(case: Case, survey: Survey, city: City) -> Matrix:
    """Return a survey as its table."""
    projects = [(project.number, project.title) for project in asked_projects(case, survey)]
    answers = survey.valid_answers()
    lines = []
    for target in survey.targets:
        answer = answers.get(target.department)
        late = "（期限後）" if answer is not None and answer.late else ""
        marks, comments = _marks(answer, projects, city)
        lines.append(
            Line(
                department=target.name,
                status=STATUS_NAMES[target.status] + late,
                person=answer.person if answer else "",
                marks=marks,
                comments=comments,
            )
        )
    return Matrix(
        due_on=survey.due_on, closed=survey.closed_at is not None, answered=len(answers), projects=projects, lines=lines
    )


def _marks(answer: SurveyAnswer | None, projects: Sequence[tuple[int, str]], city: City) -> tuple[list[str], list[str]]:
    ratings = {rating.project_number: rating for rating in answer.ratings} if answer else {}
    marks = [city.survey.mark(ratings[number].rating) if number in ratings else "" for number, _ in projects]
    comments = [
        f"{number}: {ratings[number].comment}"
        for number, _ in projects
        if number in ratings and ratings[number].comment
    ]
    return marks, comments
