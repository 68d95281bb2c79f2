"""In which fiscal year a feasible project runs: it becomes a planned activity of the agreement (AGE-A2, AGE-A3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from workers.domain.activityyears import is_same
from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.domain.fiscal import fiscal_year, format_fiscal_year, parse_fiscal_year
from workers.domain.text import multi_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, InputErrors
from workers.usecases.activities import activity_row
from workers.usecases.activity_scope import under_agreement
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_scope import former_project

_YEARS_AHEAD = 3


async def propose_activity_years(uow: UnitOfWork, case_id: str, *, year: Any = None) -> dict[str, Any]:
    """Return the feasible projects with the year in which each usually runs, ``activityPlan``, for the office's form.

    ``year``: the first fiscal year in which they can run; without one that of the offer's day. What costs the city is a
    project of the year after the one in which it was first proposed, where the city says so (AGE-A3). Beside them
    ``yearOptions``, the years to choose from.
    """
    case, _, city = await under_agreement(uow, case_id)
    first = _first_year(uow, case, year)
    return {
        "activityPlan": [_row(project, city, usual_year(city, case, project, first)) for project in _feasible(case)],
        "yearOptions": [
            {"label": format_fiscal_year(number), "value": str(number)} for number in range(first, first + _YEARS_AHEAD)
        ],
    }


async def plan_projects(
    uow: UnitOfWork,
    case_id: str,
    *,
    year: Any = None,
    rows: Sequence[Mapping[str, Any]] = (),
    later: Collection[str] = (),
) -> dict[str, Any]:
    """Put the case's feasible projects into the registry as planned activities (DAT-A: L, AGE-A2, AGE-A3).

    ``rows`` (``number``, ``fiscalYear``, ``reason``, ``startsOn``, ``endsOn``) choose another year than the usual one,
    which needs a reason, and say from when to when a project is planned. ``later``: numbers of the projects that do not
    begin before the year after ``year``.
    Returns ``activities``, each with all ``departmentCodes`` and ``departmentNames`` in charge. Raises
    InputErrors with every year without its reason; nothing is kept then.
    """
    case, agreement, city = await under_agreement(uow, case_id)
    first = _first_year(uow, case, year)
    chosen = {str(row.get("number")): row for row in rows}
    errors: list[InputError] = []
    years = []
    for project in _feasible(case):
        earliest = first + (str(project.number) in later)
        row, usual = chosen.get(str(project.number), {}), usual_year(city, case, project, earliest)
        number, reason = _chosen_year(project, row, usual, first, errors)
        years.append((project, number, reason, _chosen_days(project, row, number, errors)))
    if errors:
        raise InputErrors(errors)
    every = await uow.activities.of_agreement(agreement.id)
    planned: list[dict[str, Any]] = []
    for project, number, reason, days in years:
        activity = _planned(every, agreement.id, case.id, project, number)
        activity.content, activity.cost_to_city = project.content, project.cost_to_city
        activity.department, activity.reason = project.department or activity.department, reason
        activity.starts_on, activity.ends_on = (new or old for new, old in zip(days, _days_of(activity), strict=True))
        if activity.id is None:
            await uow.activities.add(activity)
        planned.append(activity_row(activity, city) | _in_charge(project, activity, city))
    await note(uow, case.id, f"実施する連携事業を台帳に載せた（{len(planned)}件）")
    return {"activities": planned}


def _in_charge(project: Project, activity: Activity, city: City) -> dict[str, list[str]]:
    codes = project.departments or [code for code in (activity.department,) if code]
    return {"departmentCodes": codes, "departmentNames": [city.department(code).name for code in codes]}


def _planned(every: Sequence[Activity], agreement_id: str, case_id: str, project: Project, year: int) -> Activity:
    """Return the open project that is proposed anew, or a new one: a project that goes on over years is one project."""
    for entry in every:
        if is_same(entry, field=project.field, title=project.title):
            if entry.status is ActivityStatus.PLANNED:
                entry.fiscal_year = year
            return entry
    return Activity(
        agreement_id=agreement_id, case_id=case_id, fiscal_year=year, field=project.field, title=project.title
    )


def usual_year(city: City, case: Case, project: Project, first: int) -> int:
    """Return the fiscal year in which a project runs where nobody says otherwise, ``first`` or later (AGE-A2, AGE-A3).

    What the city pays for: the year after the one in which it was proposed; a revision does not move it.
    """
    if not (project.cost_to_city and city.cost_next_year):
        return first
    return max(first, fiscal_year(_proposed_on(case, project)) + 1)


def _proposed_on(case: Case, project: Project) -> date:
    """Return the day of the first of the rounds, one after the other, that have the project."""
    while (former := former_project(case, project, project.round - 1)) is not None:
        project = former
    return next(offer.offered_on for offer in case.offers if offer.round == project.round)


def _chosen_year(
    project: Project, row: Mapping[str, Any], usual: int, first: int, errors: list[InputError]
) -> tuple[int, str]:
    try:
        number = parse_fiscal_year(row.get("fiscalYear") or usual, f"事業{project.number}の年度")
        reason = multi_line(row.get("reason") or "", f"事業{project.number}の理由", maximum=1000)
        _check_year(project, number, usual=usual, first=first, reason=reason)
    except InputError as error:
        errors.append(error)
        return usual, ""
    return number, reason if number != usual else ""


def _chosen_days(
    project: Project, row: Mapping[str, Any], year: int, errors: list[InputError]
) -> tuple[date | None, date | None]:
    """Return the days that a row gives: the first lies in the year of the plan, the last is not before it."""
    named = f"事業{project.number}の期間"
    try:
        first, last = (parse_date(row[key], named) if row.get(key) else None for key in ("startsOn", "endsOn"))
    except InputError as error:
        errors.append(error)
        return None, None
    if first is not None and fiscal_year(first) != year:
        errors.append(
            InputError(named, f"始まりの日（{format_wareki(first)}）が{format_fiscal_year(year)}ではありません")
        )
    if first is not None and last is not None and last < first:
        errors.append(InputError(named, "終わりの日が、始まりの日より前です"))
    return first, last


def _days_of(activity: Activity) -> tuple[date | None, date | None]:
    return activity.starts_on, activity.ends_on


def _check_year(project: Project, number: int, *, usual: int, first: int, reason: str) -> None:
    if number < first:
        raise InputError(f"事業{project.number}の年度", f"{format_fiscal_year(first)}より前にはできません")
    if number != usual and not reason:
        raise InputError(
            f"事業{project.number}の理由",
            f"{format_fiscal_year(usual)}の事業とするのが原則です。ほかの年度にする理由を入力してください",
        )


def _feasible(case: Case) -> list[Project]:
    return [project for project in case.current_projects() if project.status is ProjectStatus.FEASIBLE]


def _first_year(uow: UnitOfWork, case: Case, year: Any) -> int:
    if year is not None:
        return parse_fiscal_year(year, "年度")
    return fiscal_year(case.offer.offered_on if case.offer else uow.clock.today())


def _row(project: Project, city: City, year: int) -> dict[str, Any]:
    return {
        "number": project.number,
        "title": project.title,
        "fieldName": city.field_name(project.field),
        "departmentName": city.department(project.department).name if project.department else "",
        "cost": "あり" if project.cost_to_city else "なし",
        "fiscalYear": str(year),
        "reason": None,
        "startsOn": None,
        "endsOn": None,
    }
