"""Whether somebody at the desk may see a case: its office, and every department that it concerns."""

from __future__ import annotations

from workers.domain.deskscope import Scope
from workers.domain.entities import Case
from workers.usecases.lead import lead_of, signing_department
from workers.usecases.ports import UnitOfWork


async def may_see(uow: UnitOfWork, scope: Scope, case: Case) -> bool:
    """Return whether a case is the person's: of their office's city, or one that concerns a department of theirs.

    A department is concerned that was surveyed, carries out a project, leads or signs. One that only has an open task
    is told by the engine, which this does not ask.
    """
    if scope.has_office(case.city):
        return True
    city = next((city for city in scope.cities if city.code == case.city), None)
    if city is None:
        return False
    mine = {department.code for department in scope.departments(city)}
    if any(mine.intersection(project.departments) for project in case.projects):
        return True
    for department in (await lead_of(uow, case, city), await signing_department(uow, case, city)):
        if department is not None and department.code in mine:
            return True
    return bool(mine & await uow.desk.surveyed(case.id))
