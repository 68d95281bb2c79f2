"""The city's own proposals to the partner: projects beside the partner's, by the departments that wish for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workers.domain.entities import Case, Project
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork

STEP: Final = "city-proposals"


async def record_city_proposals(uow: UnitOfWork, case_id: str, projects: Sequence[Project]) -> None:
    """Put the city's proposals into the registry, numbered here after the partner's (DAT-5, DAT-6).

    Entered again in the same round, they replace the former ones.
    """
    case = await uow.cases.get(case_id)
    former = _former(case)
    first = max((one.number for one in case.current_projects() if one.number not in former), default=0) + 1
    for number, project in enumerate(projects, start=first):
        project.round, project.number = case.round, number
    _replace(case, former, projects)
    await record(uow, case, STEP, {"round": case.round, "numbers": [project.number for project in projects]})
    await note(uow, case.id, f"市からの提案を決めた（{len(projects)}件）")


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
    step = case.last_step(STEP)
    return set(step.payload["numbers"]) if step is not None and step.payload.get("round") == case.round else set()
