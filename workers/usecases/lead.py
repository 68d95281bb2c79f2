"""Which department is in charge of a case, where departments lead their own (ASA-1), and which signs (CHI-4)."""

from __future__ import annotations

from typing import Final

from workers.domain.cities import City, Department
from workers.domain.entities import Case, CaseKind
from workers.usecases.caseview import PROJECT_STEP, agreement_of
from workers.usecases.ports import UnitOfWork

CHARGE_STEP: Final = "charge"
"""The step at which a diagram records ``chargeDepartment``, the code of the department in charge or null."""


async def lead_of(uow: UnitOfWork, case: Case, city: City) -> Department | None:
    """Return the department that leads a case, None where the office does.

    The diagram's newest ``charge`` step decides, before one the department of the agreement. The yearly collection is
    always the office's own. Raises InputError for a code that departments.csv does not have.
    """
    if not city.office.departments_lead or case.kind is CaseKind.ANNUAL:
        return None
    step = case.last_step(CHARGE_STEP)
    if step is not None:
        code = step.payload.get("chargeDepartment")
    else:
        agreement = await agreement_of(uow, case)
        code = agreement.department if agreement else None
    return city.department(str(code)) if code else None


async def signing_department(uow: UnitOfWork, case: Case, city: City) -> Department | None:
    """Return the department that a case's partner is written by and answers to, None where that is the office.

    Whoever leads the case (:func:`lead_of`); where departments only sign, the one that carries out the project: the
    agreement's, before there is one that of the diagram's newest ``project`` step. Raises InputError for a code that
    departments.csv does not have.
    """
    if not city.office.departments_sign:
        return await lead_of(uow, case, city)
    agreement = await agreement_of(uow, case)
    step = case.last_step(PROJECT_STEP)
    code = agreement.department if agreement else step.payload.get("departmentCode") if step else None
    return city.department(str(code)) if code else None
