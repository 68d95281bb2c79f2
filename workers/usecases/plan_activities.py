"""In which fiscal year a feasible project runs: it becomes a planned activity of the agreement (AGE-A2, AGE-A3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from workers.domain.activityyears import is_same
from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.cities import City
from workers.domain.entities import Case, Project, ProjectStatus
from workers.domain.fiscal import fiscal_year, format_fiscal_year
from workers.domain.wareki import format_wareki
from workers.errors import InputError, InputErrors
from workers.usecases.activity_scope import under_agreement
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_scope import former_project


@dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """What the office says of a project: another year than the usual one, which needs a reason; from when to when.

    ``problems``: what could not be read; those of a project that is not feasible do not matter.
    """

    year: int | None = None
    reason: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    problems: Sequence[InputError] = ()


async def propose_activity_years(
    uow: UnitOfWork, case_id: str, year: int | None
) -> tuple[int, list[tuple[Project, int]]]:
    """Return the first year to choose, and the feasible projects with the year in which each usually runs.

    ``year``: the first fiscal year in which they can run; without one that of the offer's day. What costs the city is a
    project of the year after the one in which it was first proposed, where the city says so (AGE-A3).
    """
    case, _, city = await under_agreement(uow, case_id)
    first = _first_year(uow, case, year)
    return first, [(project, usual_year(city, case, project, first)) for project in _feasible(case)]


async def plan_projects(
    uow: UnitOfWork,
    case_id: str,
    *,
    year: int | None = None,
    runs: Mapping[str, PlannedRun] = MappingProxyType({}),
    later: Collection[str] = (),
) -> list[tuple[Project, Activity]]:
    """Put the case's feasible projects into the registry as planned activities (DAT-A: L, AGE-A2, AGE-A3).

    ``runs``: what the office says of them, by their numbers. ``later``: numbers of the projects that do not begin
    before the year after ``year``. Raises InputErrors with every year without its reason; nothing is kept then.
    """
    case, agreement, city = await under_agreement(uow, case_id)
    first = _first_year(uow, case, year)
    errors: list[InputError] = []
    years = []
    for project in _feasible(case):
        number = str(project.number)
        run, usual = runs.get(number, PlannedRun()), usual_year(city, case, project, first + (number in later))
        errors += [*run.problems, *_wrong(project, run, usual=usual, first=first)]
        years.append((project, run, run.year or usual, run.reason if run.year not in (None, usual) else ""))
    if errors:
        raise InputErrors(errors)
    every = await uow.activities.of_agreement(agreement.id)
    planned = []
    for project, run, chosen, reason in years:
        activity = _planned(every, agreement.id, case.id, project, chosen)
        activity.content, activity.cost_to_city = project.content, project.cost_to_city
        activity.department, activity.reason = project.department or activity.department, reason
        activity.starts_on, activity.ends_on = run.starts_on or activity.starts_on, run.ends_on or activity.ends_on
        if activity.id is None:
            await uow.activities.add(activity)
        planned.append((project, activity))
    await note(uow, case.id, f"実施する連携事業を台帳に載せた（{len(planned)}件）")
    return planned


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


def _wrong(project: Project, run: PlannedRun, *, usual: int, first: int) -> list[InputError]:
    """Return what is wrong with a project's run: its first day lies in its year, its last one is not before it."""
    name, year = f"事業{project.number}", run.year or usual
    wrong = []
    if year < first:
        wrong.append(InputError(f"{name}の年度", f"{format_fiscal_year(first)}より前にはできません"))
    elif year != usual and not run.reason:
        detail = f"{format_fiscal_year(usual)}の事業とするのが原則です。ほかの年度にする理由を入力してください"
        wrong.append(InputError(f"{name}の理由", detail))
    begins, ends = run.starts_on, run.ends_on
    if begins is not None and fiscal_year(begins) != (usual if wrong else year):
        detail = f"始まりの日（{format_wareki(begins)}）が{format_fiscal_year(usual if wrong else year)}ではありません"
        wrong.append(InputError(f"{name}の期間", detail))
    if begins is not None and ends is not None and ends < begins:
        wrong.append(InputError(f"{name}の期間", "終わりの日が、始まりの日より前です"))
    return wrong


def _feasible(case: Case) -> list[Project]:
    return [project for project in case.current_projects() if project.status is ProjectStatus.FEASIBLE]


def _first_year(uow: UnitOfWork, case: Case, year: int | None) -> int:
    if year is not None:
        return year
    return fiscal_year(case.offer.offered_on if case.offer else uow.clock.today())
