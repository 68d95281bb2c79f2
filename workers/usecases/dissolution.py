"""Which agreements have gone without a record so long that the office may consider ending them (D-8, AGE-T2, ISE-T2).

It finds candidates and decides nothing: a person does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workers.domain.activityyears import counted_until, runs_on
from workers.domain.agreements import Agreement
from workers.domain.cities import City
from workers.domain.dissolution import candidate_from
from workers.errors import InputError
from workers.usecases.ports import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an agreement stands on a day. ``last_record`` None: there is none, so the signing counts.

    ``candidate_from``: the first day on which it is a candidate; None while a project runs or where the city has no
    such rule. ``excluded_periods``: how many confirmed periods were taken into account. ``fields_missing``: how many
    fields it has less than the city's minimum.
    """

    agreement_id: str
    title: str
    partner: str
    signed_on: date
    last_record: date | None
    running: bool
    excluded_periods: int
    candidate_from: date | None
    candidate: bool
    fields_missing: int


async def dissolution_report(uow: UnitOfWork, city: City, on: date) -> list[Standing]:
    """Return how every agreement in force stands, candidates first; raises InputError where the city has no rule."""
    if city.termination.no_record_years is None:
        raise InputError("termination", f"{city.name}には実績のない期間による解除の定めがありません（city.toml）")
    found = [
        await standing(uow, city, agreement, on) for agreement in await uow.agreements.in_force(on, city=city.code)
    ]
    return sorted(found, key=lambda row: (not row.candidate, row.candidate_from or date.max, row.agreement_id))


async def standing(uow: UnitOfWork, city: City, agreement: Agreement, on: date) -> Standing:
    """Return how an agreement stands on a day (D-8)."""
    activities = await uow.activities.of_agreement(agreement.id)
    records = [day for activity in activities if (day := counted_until(activity)) is not None and day <= on]
    running = any(runs_on(activity, on) for activity in activities)
    rule = city.termination
    periods = [entry.period for entry in await uow.meetings.excluded(agreement.id)] if rule.deduct_excluded else []
    first = None
    if rule.no_record_years is not None:
        last = max(records, default=agreement.signed_on)
        first = candidate_from(last, periods, running=running, years=rule.no_record_years)
    return Standing(
        agreement_id=agreement.id,
        title=agreement.title,
        partner=agreement.partner.name if agreement.partner else "",
        signed_on=agreement.signed_on,
        last_record=max(records, default=None),
        running=running,
        excluded_periods=len(periods),
        candidate_from=first,
        candidate=first is not None and first <= on,
        fields_missing=max(0, city.requirements.minimum_fields - len(agreement.fields)),
    )
