"""The list of a year's activities under all agreements of a city, for publication (ASA-7, ASA-8, ALL-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from workers.domain.activityyears import WORKED, report_of, status_in
from workers.domain.agreements import Activity, Agreement
from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import first_day, fiscal_year, format_fiscal_year, last_day, parse_fiscal_year
from workers.domain.terms import months_before
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.usecases.caseview import city_options
from workers.usecases.journal import note, record
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import adopt_acts, record_start

_A_YEAR = 12
_DAY_STEP = "list-day"


async def open_publication(uow: UnitOfWork, city_code: str, form: Mapping[str, Any], ref: JobRef) -> dict[str, Any]:
    """Open a case for the list of a fiscal year (``listYear``) and return its variables.

    ``countedOn``: the day whose agreements in force the list counts (ASA-7), the day of its making where it is blank.
    Raises InputError for a text that is no fiscal year or no date, or a year that has not begun.
    """
    city = uow.cities.city(city_code)
    today = uow.clock.today()
    year = parse_fiscal_year(str(form.get("listYear") or ""), "年度")
    if year > fiscal_year(today):
        raise InputError("年度", f"{format_fiscal_year(year)}はまだ始まっていません")
    counted_on = parse_date(form["countedOn"], "有効な協定を数える日") if form.get("countedOn") else None
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
        await record(uow, case, _DAY_STEP, {"countedOn": counted_on.isoformat()})
    await note(uow, case.id, f"{format_fiscal_year(year)}の一覧を作り始めた")
    return {
        "caseId": case.id,
        "caseState": "new",
        "caseTitle": f"{case.id} {format_fiscal_year(year)}",
        "period": case.period,
        "periodName": format_fiscal_year(year),
        "officeGroup": city.office.group,
        "cityOptions": city_options(city),
    }


async def load_agreement_reports(uow: UnitOfWork, case_id: str) -> dict[str, Any]:
    """Return the agreements of the list's year with the number of activities that each reported (ASA-7, ASA-8)."""
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    agreements, activities = await _year(uow, case)
    counts = {agreement.id: 0 for agreement in agreements}
    for activity in activities:
        counts[activity.agreement_id] = counts.get(activity.agreement_id, 0) + 1
    return {
        "agreementReports": [
            {
                "id": agreement.id,
                "title": agreement.title,
                "departmentName": _unit(agreement, city),
                "count": counts[agreement.id],
            }
            for agreement in agreements
        ],
        "reportSummary": (
            f"協定 {len(agreements)}件のうち、実績が台帳に載っているもの "
            f"{sum(1 for agreement in agreements if counts[agreement.id])}件、取組 {len(activities)}件"
        ),
    }


async def activity_report(uow: UnitOfWork, case: Case, city: City) -> dict[str, Any]:
    """Return what the list's document says: the activities under the city's fields, in the order of the agreements."""
    agreements, activities = await _year(uow, case)
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
    step = case.last_step(_DAY_STEP)
    day = date.fromisoformat(step.payload["countedOn"]) if step else uow.clock.today()
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


async def _year(uow: UnitOfWork, case: Case) -> tuple[list[Agreement], list[Activity]]:
    year = int(case.period)
    agreements = await uow.agreements.in_force_between(first_day(year), last_day(year), city=case.city)
    activities = await uow.activities.of_city(case.city, fiscal_year=year)
    return agreements, [activity for activity in activities if status_in(activity, year) in WORKED]


def _result(activity: Activity, year: int) -> str:
    report = report_of(activity, year)
    return report.result if report else "" if activity.reports else activity.result


def _unit(agreement: Agreement, city: City) -> str:
    return city.department(agreement.department).name if agreement.department else city.office.section
