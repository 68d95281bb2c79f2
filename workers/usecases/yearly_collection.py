"""One yearly procedure for all agreements of a city: each department is asked in one go (ASA-8).

It is a case without an agreement, one per city and fiscal year; the first process instance that names it claims it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import City
from workers.domain.deadlines import reported_year
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import fiscal_year, format_fiscal_year, parse_fiscal_year
from workers.errors import InputError, PermanentError
from workers.usecases.caseview import city_options
from workers.usecases.journal import note
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.procedures import start_procedure
from workers.usecases.record_act import adopt_acts, record_start


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
    await note(uow, case.id, f"{_year_name(city, case)}の実績を集める手続を登録した")
    return case


async def begin_collection(uow: UnitOfWork, city: City, period: str) -> None:
    """File a city's yearly procedure and ask the engine to start it; nothing where it is filed already.

    One that no instance has claimed is asked for again by the watch, as every procedure.
    """
    if await uow.cases.collection(city.code, period) is None:
        await start_procedure(uow, await file_collection(uow, city, period))


async def open_collection(
    uow: UnitOfWork, city_code: str, *, case_id: str | None, form: Mapping[str, Any], ref: JobRef
) -> dict[str, Any]:
    """Claim a city's yearly procedure for a process instance and return its variables.

    Without ``case_id`` a person began in Tasklist: ``listYear`` of the form is the fiscal year whose results are
    collected. A second instance learns ``caseState = "already-started"``. Raises InputError for a text that is no
    fiscal year or a year that is not over, PermanentError for a case that is about one agreement.
    """
    city = uow.cities.city(city_code)
    case = await uow.cases.get(case_id) if case_id else await _from_form(uow, city, form, ref)
    if case.agreement_id is not None or case.kind is not CaseKind.ANNUAL:
        raise PermanentError(f"案件 {case.id} は市の全部の協定の手続ではありません")
    if not case.claim(ref.engine_id, ref.process_instance_key):
        return {"caseId": case.id, "caseState": "already-started"}
    await adopt_acts(uow, case.id, ref)
    await note(uow, case.id, "案件の手続を始めた")
    return {
        "caseId": case.id,
        "caseState": "new",
        "caseTitle": f"{case.id} {_year_name(city, case)}",
        "period": case.period,
        "periodName": format_fiscal_year(int(case.period)),
        "officeGroup": city.office.group,
        "cityOptions": city_options(city),
    }


async def _from_form(uow: UnitOfWork, city: City, form: Mapping[str, Any], ref: JobRef) -> Case:
    year = parse_fiscal_year(str(form.get("listYear") or ""), "年度")
    if year >= fiscal_year(uow.clock.today()):
        raise InputError("年度", f"{format_fiscal_year(year)}はまだ終わっていません")
    period = year + (year - reported_year(city.cycle, year))
    case = await file_collection(uow, city, str(period))
    await record_start(uow, case.id, ref)
    return case


def _year_name(city: City, case: Case) -> str:
    return format_fiscal_year(reported_year(city.cycle, int(case.period)))
