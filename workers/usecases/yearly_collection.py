"""One yearly procedure for all agreements of a city: each department is asked in one go (ASA-8).

It is a case without an agreement, one per city and fiscal year; the first process instance that names it claims it.
"""

from __future__ import annotations

from workers.domain.cities import City
from workers.domain.deadlines import reported_year
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import fiscal_year, format_fiscal_year
from workers.errors import InputError
from workers.usecases.journal import note
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.procedures import start_procedure
from workers.usecases.record_act import record_start


async def file_collection(uow: UnitOfWork, city: City, period: str) -> Case:
    """Put a city's yearly procedure into the registry, once per period, and return it.

    Raises InputError where the city has no such procedure.
    """
    found = await uow.cases.collection(city.code, period)
    if found is not None:
        return found
    case = Case(
        id=await draw_case_id(uow, city),
        city=city.code,
        process_id=city.procedure(CaseKind.ANNUAL),
        opened_on=uow.clock.today(),
        kind=CaseKind.ANNUAL,
        period=period,
    )
    await uow.cases.add(case)
    await note(uow, case.id, f"{collected_year(city, case)}の実績を集める手続を登録した")
    return case


async def begin_collection(uow: UnitOfWork, city: City, period: str) -> None:
    """File a city's yearly procedure and ask the engine to start it; nothing where it is filed already.

    One that no instance has claimed is asked for again by the watch, as every procedure.
    """
    if await uow.cases.collection(city.code, period) is None:
        await start_procedure(uow, await file_collection(uow, city, period))


async def begin_collection_of(uow: UnitOfWork, city: City, year: int, ref: JobRef) -> Case:
    """File the yearly procedure that a person begins for the results of a fiscal year; InputError: it is not over."""
    if year >= fiscal_year(uow.clock.today()):
        raise InputError("年度", f"{format_fiscal_year(year)}はまだ終わっていません")
    period = year + (year - reported_year(city.cycle, year))
    case = await file_collection(uow, city, str(period))
    await record_start(uow, case.id, ref)
    return case


def collected_year(city: City, case: Case) -> str:
    """Return the fiscal year whose results a yearly procedure collects, in wareki."""
    return format_fiscal_year(reported_year(city.cycle, int(case.period)))
