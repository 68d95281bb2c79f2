"""What the register knows of a partner's projects so far: what the city may name when it invites (ISE-1)."""

from __future__ import annotations

from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.cities import City
from workers.domain.entities import Partner, PastRecord
from workers.usecases.ports import UnitOfWork

_DONE = frozenset({ActivityStatus.DONE, ActivityStatus.RUNNING})


async def known_records(uow: UnitOfWork, city: City, partner: Partner) -> list[PastRecord]:
    """Return the partner's records by year: of its earlier cases, and what was done under its agreements.

    One that stands twice (the same year and title) is one.
    """
    found: dict[tuple[int, str], PastRecord] = {}
    for case in await uow.cases.of_partner(city.code, partner):
        for known in case.records:
            row = PastRecord(
                fiscal_year=known.fiscal_year, field=known.field, title=known.title, department=known.department
            )
            found.setdefault((row.fiscal_year, row.title), row)
    for agreement in await uow.agreements.of_partner(city.code, partner):
        for activity in await uow.activities.of_agreement(agreement.id):
            if activity.status in _DONE:
                found.setdefault((activity.fiscal_year, activity.title), _record(activity, city))
    return [found[key] for key in sorted(found)]


def _record(activity: Activity, city: City) -> PastRecord:
    return PastRecord(
        fiscal_year=activity.fiscal_year,
        field=activity.field,
        title=activity.title,
        department=city.department(activity.department).name if activity.department else "",
    )
