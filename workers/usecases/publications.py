"""The list of a year's activities under all agreements of a city, for publication (ASA-7, ASA-8, ALL-7)."""

from __future__ import annotations

from datetime import date, timedelta

from workers.domain.activityyears import WORKED, report_of, status_in
from workers.domain.agreements import Activity, Agreement
from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import first_day, fiscal_year, format_fiscal_year, last_day
from workers.domain.terms import months_before
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.kept import LIST_DAY_STEP, list_day
from workers.usecases.journal import note, record
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import adopt_acts, record_start
from workers.variables import named

_A_YEAR = 12


async def open_publication(uow: UnitOfWork, city: City, year: int, counted_on: date | None, ref: JobRef) -> Case:
    """Open a case for the list of a fiscal year; InputError where it has not begun.

    ``counted_on``: the day whose agreements in force the list counts (ASA-7), None for the day of its making.
    """
    today = uow.clock.today()
    if year > fiscal_year(today):
        raise InputError("年度", f"{format_fiscal_year(year)}はまだ始まっていません")
    case = Case(
        id=await draw_case_id(uow, city),
        city=city.code,
        process_id=city.procedure(CaseKind.PUBLICATION),
        opened_on=today,
        kind=CaseKind.PUBLICATION,
        period=str(year),
        engine_id=ref.engine_id,
        process_instance_key=ref.process_instance_key,
    )
    await uow.cases.add(case)
    await adopt_acts(uow, case.id, ref)
    await record_start(uow, case.id, ref)
    if counted_on:
        await record(uow, case, LIST_DAY_STEP, named(counted_on=counted_on))
    await note(uow, case.id, f"{format_fiscal_year(year)}の一覧を作り始めた")
    return case


async def year_of_list(uow: UnitOfWork, case: Case) -> tuple[list[Agreement], list[Activity]]:
    """Return the agreements that were in force in the list's year, and the activities that ran in it."""
    year = int(case.period)
    agreements = await uow.agreements.in_force_between(first_day(year), last_day(year), city=case.city)
    activities = await uow.activities.of_city(case.city, fiscal_year=year)
    return agreements, [activity for activity in activities if status_in(activity, year) in WORKED]


async def activity_report(uow: UnitOfWork, case: Case, city: City) -> dict[str, object]:
    """Return what the list's document says: the activities under the city's fields, in the order of the agreements."""
    agreements, activities = await year_of_list(uow, case)
    known = {agreement.id: agreement for agreement in agreements}
    rows = [
        {
            "field": activity.field,
            "title": activity.title,
            "partner_name": "・".join(known[activity.agreement_id].parties),
            "department_name": city.department(activity.department).name if activity.department else "",
            "result": _result(activity, int(case.period)),
        }
        for activity in activities
        if activity.agreement_id in known
    ]
    day = list_day(case) or uow.clock.today()
    in_force = await uow.agreements.in_force(day, city=city.code)
    since = months_before(day, _A_YEAR) + timedelta(days=1)
    by_field = [(entry, [row for row in rows if row["field"] == entry.number]) for entry in city.fields]
    return {
        "year_name": format_fiscal_year(int(case.period)),
        "in_force_on": format_wareki(day),
        "in_force": len(in_force),
        "signed_since": format_wareki(since),
        "newly_signed": len([agreement for agreement in in_force if agreement.signed_on >= since]),
        "agreement_count": len(agreements),
        "activity_count": len(rows),
        "groups": [
            {"number": number, "name": entry.name, "rows": found}
            for number, (entry, found) in enumerate((one for one in by_field if one[1]), start=1)
        ],
    }


def _result(activity: Activity, year: int) -> str:
    report = report_of(activity, year)
    return report.result if report else "" if activity.reports else activity.result
