"""Every department's answer as documents and mails show it (DAT-F2, DAT-F3)."""

from __future__ import annotations

from collections.abc import Iterable

from workers.domain.cities import City
from workers.domain.entities import Case, Survey
from workers.domain.jst import JST


def answer_sheets(case: Case, survey: Survey, city: City) -> list[dict[str, object]]:
    """Return every department's answer that counts, as documents show it (DAT-F2, DAT-F3): one sheet a department."""
    projects = {project.number: project for project in case.current_projects()}
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
        for target, answer in survey.answered()
    ]


def wishes(surveys: Iterable[Survey], city: City) -> list[dict[str, str]]:
    """Return the departments' own wishes, each once (ISE-4)."""
    rows = [
        {
            "division": target.division,
            "section": target.section,
            "department": target.name,
            "field_name": city.field_name(wish.field),
            "content": wish.content,
        }
        for survey in surveys
        for target, answer in survey.answered()
        for wish in answer.wishes
    ]
    return [row for number, row in enumerate(rows) if row not in rows[:number]]
