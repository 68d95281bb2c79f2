"""What belongs to a case: its city, its agreement, the name of its project."""

from __future__ import annotations

from workers.domain.agreements import Agreement
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.markdown import plain
from workers.readers.kept import project_title
from workers.usecases.ports import UnitOfWork


async def case_and_city(uow: UnitOfWork, case_id: str) -> tuple[Case, City]:
    """Return a case with its city; raises InputError where there is none."""
    case = await uow.cases.get(case_id)
    return case, uow.cities.city(case.city)


async def agreement_of(uow: UnitOfWork, case: Case) -> Agreement | None:
    """Return the agreement that a case is about: that of the procedure, or the one that the signing led to."""
    if case.agreement_id is not None:
        return await uow.agreements.get(case.agreement_id)
    return await uow.agreements.of_case(case.id)


async def project_name(uow: UnitOfWork, agreement: Agreement) -> str:
    """Return what the project of an agreement is called where its case recorded that, else the agreement's title.

    What is evaluated and counted is the project and not the paper (CHI-7).
    """
    recorded = project_title(await uow.cases.get(agreement.case_id)) if agreement.case_id else ""
    return recorded or agreement.title


def case_title(case: Case, addition: str = "") -> str:
    """Return the heading of a case's forms (Markdown): the case id and ``addition``, else the partner's name."""
    name = addition or (case.partner.name if case.partner else "")
    return f"{case.id} {plain(name)}".rstrip()
