"""Proposed projects on their way to a decision: the city's own, and those of the talks (DAT-5, ISE-5, ISE-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.domain.text import multi_line, single_line
from workers.jobs.forms.case import partner_text
from workers.readers.inputs import FieldError, Labels, Section
from workers.readers.offervalues import field_number
from workers.usecases.project_talks import STATUS_NAMES
from workers.usecases.survey_scope import AnswerPlace
from workers.usecases.survey_texts import answers_text

MAXIMUM: Final = 50
_LABELS: Final = Labels(
    {
        "proposals": "市からの提案",
        "proposals.departmentCode": "課",
        "proposals.field": "連携事項",
        "proposals.title": "事業名",
        "proposals.content": "内容",
    }
)


def read_city_proposals(rows: Sequence[Any], city: City) -> list[Project]:
    """Read ``departmentCode``, ``field`` (number), ``title``, ``content`` of each row into projects without a number.

    Raises InputErrors with every bad field.
    """
    errors: list[FieldError] = []
    section = Section({"proposals": list(rows)}, _LABELS, errors=errors)
    projects = [
        Project(
            round=0,
            number=0,
            field=row.take("field", partial(field_number, city), 0),
            title=row.take("title", partial(single_line, maximum=120), ""),
            content=row.take("content", partial(multi_line, maximum=2000), ""),
            department=row.take("departmentCode", partial(_department, city), ""),
        )
        for row in section.tables("proposals", maximum=MAXIMUM)
    ]
    section.finish()
    return projects


def _department(city: City, value: Any, _where: str) -> str:
    return city.department(str(value)).code


def city_proposal(project: Project, city: City) -> dict[str, Any]:
    """Return a proposal of the city as the row of a form."""
    return {
        "number": project.number,
        "title": project.title,
        "content": project.content,
        "field": str(project.field),
        "fieldName": city.field_name(project.field),
        "departmentCode": project.department,
        "departmentName": city.department(project.department).name,
    }


def talk_row(project: Project, case: Case, city: City, place: AnswerPlace | None) -> dict[str, Any]:
    """Return a project as its talks' task shows it: with the departments' comments and whom to call (ISE-6)."""
    departments = [city.department(code) for code in project.departments]
    return {
        "number": project.number,
        "title": project.title,
        "content": project.content,
        "fieldName": city.field_name(project.field),
        "department": departments[0].code,
        "departments": [department.code for department in departments],
        "departmentNames": "、".join(department.name for department in departments),
        "group": departments[0].group,
        "groups": list(dict.fromkeys(department.group for department in departments)),
        "answers": answers_text(place.survey, place.number, city.survey) if place else "",
        "result": _earlier_talk(case, project),
        "partner": partner_text(case.partner),
    }


def _earlier_talk(case: Case, project: Project) -> str:
    """Return what the talks of an earlier round said about the same project, for the clerk to go on from."""
    earlier = [
        p for p in case.projects if p.round <= project.round and (p.field, p.title) == (project.field, project.title)
    ]
    told = [p for p in sorted(earlier, key=lambda p: p.round) if p.talk_result]
    return told[-1].talk_result if told else ""


def talk_results(case: Case, city: City) -> list[dict[str, Any]]:
    """Return ``talkResults``, the rows that the decision on signing is taken from (ISE-7)."""
    return [
        {
            "number": project.number,
            "fieldName": city.field_name(project.field),
            "title": project.title,
            "department": "、".join(city.department(code).name for code in project.departments),
            "result": f"{STATUS_NAMES[project.status]}\n{project.talk_result}".strip(),
            "feasible": project.status is ProjectStatus.FEASIBLE,
        }
        for project in case.current_projects()
    ]


def talked_again(case: Case, talked: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of ``talkProjects`` with what was said, for talks that are taken up again."""
    said = {project.number: project.talk_result for project in case.current_projects()}
    return [{**row, "result": said.get(row.get("number", 0), "")} for row in talked]
