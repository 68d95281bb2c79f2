"""Which department is in charge of a case, where departments lead their own (ASA-1), and which signs (CHI-4)."""

from __future__ import annotations

from workers.domain.cities import City, Department
from workers.domain.entities import Case, CaseKind
from workers.readers.kept import charge_department, project_department
from workers.usecases.lookup import agreement_of
from workers.usecases.ports import UnitOfWork


async def lead_of(uow: UnitOfWork, case: Case, city: City) -> Department | None:
    """Return the department that leads a case, None where the office does.

    The diagram's newest ``charge`` step decides, before one the department of the agreement. The yearly collection is
    always the office's own. Raises InputError for a code that departments.csv does not have.
    """
    if not city.office.departments_lead or case.kind is CaseKind.ANNUAL:
        return None
    code = charge_department(case)
    if code is None:
        agreement = await agreement_of(uow, case)
        code = agreement.department if agreement else ""
    return city.department(code) if code else None


async def signing_department(uow: UnitOfWork, case: Case, city: City) -> Department | None:
    """Return the department that a case's partner is written by and answers to, None where that is the office.

    Whoever leads the case (:func:`lead_of`); where departments only sign, the one that carries out the project: the
    agreement's, before there is one that of the diagram's newest ``project`` step. Raises InputError for a code that
    departments.csv does not have.
    """
    if not city.office.departments_sign:
        return await lead_of(uow, case, city)
    agreement = await agreement_of(uow, case)
    code = agreement.department if agreement else project_department(case)
    return city.department(code) if code else None
