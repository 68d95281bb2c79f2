"""What belongs to a case: its city, its agreement, the name of its project."""

from __future__ import annotations

from typing import Final

from workers.domain.agreements import Agreement
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.markdown import plain
from workers.readers.kept import project_title
from workers.usecases.ports import UnitOfWork

_LONGEST_NUMBER: Final = 9


async def case_and_city(uow: UnitOfWork, case_id: str) -> tuple[Case, City]:
    """Return a case with its city; raises InputError where there is none."""
    case = await uow.cases.get(case_id)
    return case, uow.cities.city(case.city)


async def agreement_of(uow: UnitOfWork, case: Case) -> Agreement | None:
    """Return the agreement that a case is about: that of the procedure, or the one that the signing led to."""
    if case.agreement_id is not None:
        return await uow.agreements.get(case.agreement_id)
    return await uow.agreements.of_case(case.id)


async def agreement_named(uow: UnitOfWork, city: str, number: str) -> Agreement | None:
    """Return a city's agreement by its number: 協定第12号, 12, our id, or the office's own."""
    known = await uow.register.known(city, [number])
    ours = number.removeprefix("協定第").removesuffix("号").removeprefix(f"{city}-a")
    if not known and ours.isascii() and ours.isdecimal() and len(ours) <= _LONGEST_NUMBER:
        known = await uow.register.known_ids(city, [f"{city}-a{int(ours)}"])
    return await uow.agreements.get(known[0].id) if known else None


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
