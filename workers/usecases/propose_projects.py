"""The city's own proposals to the partner: projects beside the partner's, by the departments that wish for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, Project
from workers.domain.text import multi_line, single_line
from workers.errors import InputErrors
from workers.readers.inputs import FieldError, Labels, Section
from workers.readers.offervalues import field_number
from workers.usecases.journal import latest_steps, note, record
from workers.usecases.ports import UnitOfWork

STEP: Final = "city-proposals"
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


async def record_city_proposals(uow: UnitOfWork, case_id: str, rows: Sequence[Any]) -> dict[str, Any]:
    """Put the city's proposals into the registry as projects numbered after the partner's; returns ``cityProposals``.

    A row has ``departmentCode``, ``field`` (number), ``title``, ``content``. Entered again in the same round, the rows
    replace the former ones. Raises InputErrors with every bad field (DAT-5, DAT-6).
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    former = _former(case)
    taken = [project.number for project in case.current_projects() if project.number not in former]
    projects = _projects(rows, case, city, first=max(taken, default=0) + 1)
    _replace(case, former, projects)
    await record(uow, case, STEP, {"round": case.round, "numbers": [project.number for project in projects]})
    await note(uow, case.id, f"市からの提案を決めた（{len(projects)}件）")
    return {"cityProposals": [_row(project, city) for project in projects]}


def _replace(case: Case, former: set[int], projects: Sequence[Project]) -> None:
    """Put the projects into the case; one with a number that is taken changes in place, for numbers are unique."""
    numbers = {project.number for project in projects}
    case.projects[:] = [
        p for p in case.projects if p.round != case.round or p.number not in former or p.number in numbers
    ]
    kept = {project.number: project for project in case.current_projects()}
    for project in projects:
        if project.number not in kept:
            case.projects.append(project)
            continue
        present = kept[project.number]
        present.field, present.title, present.content = project.field, project.title, project.content
        present.department, present.status = project.department, project.status


def _former(case: Case) -> set[int]:
    payload = latest_steps(case).get(STEP, {})
    return set(payload["numbers"]) if payload.get("round") == case.round else set()


def _projects(rows: Sequence[Any], case: Case, city: City, *, first: int) -> list[Project]:
    errors: list[FieldError] = []
    section = Section({"proposals": list(rows)}, _LABELS, errors=errors)
    projects = [
        Project(
            round=case.round,
            number=number,
            field=row.take("field", partial(field_number, city), 0),
            title=row.take("title", partial(single_line, maximum=120), ""),
            content=row.take("content", partial(multi_line, maximum=2000), ""),
            department=row.take("departmentCode", partial(_department, city), ""),
        )
        for number, row in enumerate(section.tables("proposals", maximum=MAXIMUM), start=first)
    ]
    if errors:
        raise InputErrors(list(errors))
    return projects


def _department(city: City, value: Any, _where: str) -> str:
    return city.department(str(value)).code


def _row(project: Project, city: City) -> Mapping[str, Any]:
    return {
        "number": project.number,
        "title": project.title,
        "content": project.content,
        "field": str(project.field),
        "fieldName": city.field_name(project.field),
        "departmentCode": project.department,
        "departmentName": city.department(project.department).name,
    }
