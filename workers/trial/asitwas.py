"""What a procedure of an agreement was about when it began, as far as the registry still tells (ALL-9).

The registry knows an agreement as it is now. What came later is taken away: terms, versions, reports, notices, and the
end. Persons are replaced, and nothing is written to the registry that is read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar, cast

from workers.domain.acts import is_personal
from workers.domain.agreements import (
    Activity,
    ActivityReport,
    ActivityStatus,
    Agreement,
    AgreementTerm,
    AgreementVersion,
    Notice,
    TermStage,
)
from workers.domain.cities import City, TermRuleKind
from workers.domain.entities import Case, CaseKind, Partner, Step
from workers.domain.jst import jst_date
from workers.domain.renewal import renewal_plan, watch
from workers.domain.terms import first_term, notice_deadline
from workers.errors import InputError
from workers.usecases.ports import UnitOfWork

PLACEHOLDERS: Final = {
    "email": "replay@replay.example",
    "phone": "000-000-0000",
    "contact": "担当者",
    "representative": "代表者",
    "name": "相手方",
    "address": "所在地",
}
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class About:
    """What a procedure is about, ready to be put into an empty registry."""

    kind: CaseKind
    period: str
    agreement_id: str | None
    agreements: Sequence[Agreement]
    activities: Sequence[Activity]
    notices: Sequence[Notice]
    cases: Sequence[Case]
    handed: Mapping[str, object]
    """What the message that started it carried beside the case's number."""


def placeholder(number: int = 0) -> Partner:
    """Return a partner that stands for another one; of several each has its ``number``."""
    return Partner(
        name=PLACEHOLDERS["name"] + (str(number) if number else ""),
        representative=PLACEHOLDERS["representative"],
        contact=PLACEHOLDERS["contact"],
        email=PLACEHOLDERS["email"],
    )


async def about(uow: UnitOfWork, city: City, case: Case, moment: datetime, handed: Mapping[str, object]) -> About | str:
    """Return what a procedure was about at a moment, or why that is not known any more (Japanese).

    ``moment``: when it began; ``handed``: what its start message carried.
    """
    if case.agreement_id is not None:
        known = [await uow.agreements.get(case.agreement_id)]
    else:  # a list over all agreements
        known = [await uow.agreements.get(one.id) for one in await _signed_before(uow, city, moment)]
    agreements, activities, notices, cases = [], list[Activity](), list[Notice](), list[Case]()
    for number, agreement in enumerate(known):
        was = _as_it_was(city, agreement, case, moment)
        if was is None:
            return f"協定 {agreement.id} の期間がその後の変更で改まり、もとの終わりの日が分かりません"
        was.partner = placeholder(number) if agreement.partner else None
        was.parties = [PLACEHOLDERS["name"] + (str(at) if at else "") for at, _ in enumerate(agreement.parties, number)]
        before = await _cases_before(uow, agreement, case, moment)
        names = {one.id for one in before}
        was.case_id = agreement.case_id if agreement.case_id in names else None
        agreements.append(was)
        cases += before
        entered = await uow.activities.of_agreement(agreement.id)
        later = await _begun_later(uow, agreement, moment)
        activities += [_activity(one, moment, names) for one in entered if one.case_id not in {case.id, *later}]
        found = await uow.agreements.notices(agreement.id)
        notices += [_fresh(one) for one in found if one.entered_at < moment]
    return About(
        kind=case.kind,
        period=case.period,
        agreement_id=case.agreement_id,
        agreements=agreements,
        activities=activities,
        notices=notices,
        cases=cases,
        handed=handed,
    )


async def put(open_unit: Callable[[], AbstractAsyncContextManager[UnitOfWork]], found: About) -> None:
    """Put what a procedure was about into an empty registry, in the order in which one names the other."""
    async with open_unit() as uow:
        for case in found.cases:
            if case.agreement_id is None:
                await uow.cases.add(case)
    async with open_unit() as uow:
        for agreement in found.agreements:
            await uow.agreements.add(agreement)
    async with open_unit() as uow:
        for case in found.cases:
            if case.agreement_id is not None:
                await uow.cases.add(case)
    async with open_unit() as uow:
        for activity in found.activities:
            await uow.activities.add(activity)
        for notice in found.notices:
            await uow.agreements.add_notice(notice)


async def _signed_before(uow: UnitOfWork, city: City, moment: datetime) -> list[Agreement]:
    day = jst_date(moment)
    found = await uow.agreements.in_force_between(date(day.year - 1, 1, 1), day, city=city.code)
    return [agreement for agreement in found if agreement.signed_on <= day]


def _as_it_was(city: City, agreement: Agreement, case: Case, moment: datetime) -> Agreement | None:
    """Return an agreement on a past day; None where the end of its term was changed later and is not known."""
    day = jst_date(moment)
    versions = [v for v in agreement.versions if v.applied and v.effective_on <= day and v.case_id != case.id]
    later = [version for version in agreement.versions if version not in versions]
    terms = [_fresh(term, reversed_on=None) for term in _terms(agreement, case, day)]
    if any(version.expires_on is not None for version in later):
        end = _end_before(city, agreement, versions, terms[-1])
        if end is None:
            return None
        terms[-1].expires_on, terms[-1].notice_deadline = end, _deadline(city, agreement, end)
    ended = agreement.ended_on is not None and agreement.ended_on < day
    says = max(versions, key=lambda version: version.number, default=None) if later else None
    was = _fresh(
        agreement,
        id=agreement.id,
        title=says.title if says else agreement.title,
        fields=list(says.fields if says else agreement.fields),
        whole_guideline=agreement.whole_guideline and not (later and city.term.came_before(agreement.signed_on)),
        ended_on=agreement.ended_on if ended else None,
        end=agreement.end if ended else None,
        terms=terms,
        versions=[_fresh(version, fields=list(version.fields), case_id=None) for version in versions],
    )
    if not ended:
        watch(city, was, day)
        if case.kind is CaseKind.RENEWAL and not terms[-1].endless:
            terms[-1].stage, terms[-1].due_on = TermStage.DECIDE, renewal_plan(city, terms[-1]).decide_on
    return was


def _terms(agreement: Agreement, case: Case, day: date) -> list[AgreementTerm]:
    """Return the terms that there were: of a renewal those before the one that it is about."""
    terms = sorted(agreement.terms, key=lambda term: term.number)
    if case.kind is CaseKind.RENEWAL and case.agreement_id == agreement.id and case.period.isdecimal():
        found = [term for term in terms if term.number < int(case.period)]
    else:
        found = [t for t in terms if t.starts_on <= day and (t.reversed_on is None or t.reversed_on > day)]
    return found or terms[:1]


def _end_before(
    city: City, agreement: Agreement, versions: Sequence[AgreementVersion], term: AgreementTerm
) -> date | None:
    """Return the last day of a term before a later version changed it; None where only the agreement says it."""
    said = [version.expires_on for version in versions if version.expires_on is not None]
    if said:
        return said[-1]
    if term.number > 1 or city.term.kind is TermRuleKind.AGREED:
        return None
    try:
        return first_term(city.term, agreement.signed_on, starts_on=term.starts_on).expires_on
    except InputError:
        return None


def _deadline(city: City, agreement: Agreement, end: date) -> date | None:
    own = city.renewing_by(agreement.renewal_years, agreement.notice_months)
    return notice_deadline(own.term, end)


async def _cases_before(uow: UnitOfWork, agreement: Agreement, case: Case, moment: datetime) -> list[Case]:
    """Return the signing and the procedures that there were, with what had been recorded of them, without persons."""
    signing = [await uow.cases.get(agreement.case_id)] if agreement.case_id else []
    day = jst_date(moment)
    found = [*signing, *await uow.cases.of_agreement(agreement.id)]
    return [_case(one, moment) for one in found if one.id != case.id and one.opened_on <= day]


async def _begun_later(uow: UnitOfWork, agreement: Agreement, moment: datetime) -> set[str]:
    day = jst_date(moment)
    return {case.id for case in await uow.cases.of_agreement(agreement.id) if case.opened_on > day}


def _case(case: Case, moment: datetime) -> Case:
    closed = case.closed_on is not None and case.closed_on <= jst_date(moment)
    return Case(
        id=case.id,
        city=case.city,
        process_id=case.process_id,
        opened_on=case.opened_on,
        kind=case.kind,
        agreement_id=case.agreement_id,
        period=case.period,
        origin=case.origin,
        partner=placeholder() if case.partner else None,
        outcome=case.outcome if closed else None,
        closed_on=case.closed_on if closed else None,
        offers=[_fresh(offer, fields=list(offer.fields)) for offer in case.offers],
        projects=[_fresh(project) for project in case.projects],
        records=[_fresh(record) for record in case.records],
        steps=[
            Step(name=step.name, round=step.round, payload=_without_persons(step.payload), recorded_at=step.recorded_at)
            for step in case.steps
            if step.recorded_at < moment
        ],
    )


def _activity(activity: Activity, moment: datetime, cases: Iterable[str]) -> Activity:
    """Return a project as it stood: what was reported later is taken away."""
    reports = [report for report in activity.reports if report.reported_at is not None and report.reported_at < moment]
    newest = max(reports, key=_reported, default=None)
    later = len(reports) < len(activity.reports)
    status = activity.status if not later else newest.status if newest else ActivityStatus.RUNNING
    return _fresh(
        activity,
        case_id=activity.case_id if activity.case_id in set(cases) else None,
        status=status,
        result=newest.result if newest else "" if later else activity.result,
        evaluation=newest.evaluation if newest else "" if later else activity.evaluation,
        reported_at=newest.reported_at if newest else None if later else activity.reported_at,
        reports=[_fresh(report) for report in reports],
    )


def _reported(report: ActivityReport) -> datetime:
    assert report.reported_at is not None  # noqa: S101 (those without were left out; tells mypy)
    return report.reported_at


def _without_persons(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _without_persons(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_persons(part, key) for part in value]
    return (
        PLACEHOLDERS.get(key, PLACEHOLDERS["name"]) if isinstance(value, str) and value and is_personal(key) else value
    )


def _fresh(entity: T, **changes: Any) -> T:
    """Return a copy that no registry knows yet."""
    given = {"id": None, **changes} if hasattr(entity, "id") else changes
    return cast("T", dataclasses.replace(cast("Any", entity), **given))
