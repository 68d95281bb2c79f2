"""連携事業 of an agreement: what was planned, ran and was reported (ALL-6, ISE-A1, ASA-8, DAT-A)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.activityyears import is_same, report_of
from workers.domain.agreements import Activity, ActivityReport, ActivityStatus, Agreement
from workers.domain.fiscal import fiscal_year, format_fiscal_year
from workers.usecases.activity_scope import ActivityScope
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class ToldActivity:
    """What is told of an activity, ``former`` where it is known; None, and a day without a key, says nothing of it."""

    agreement: Agreement
    former: Activity | None
    title: str
    field: int | None
    department: str | None
    cost_to_city: bool | None
    status: ActivityStatus | None
    days: Mapping[str, date | None] = dataclasses.field(default_factory=dict)
    content: str | None = None
    result: str | None = None
    partner_result: str | None = None
    evaluation: str | None = None


async def record_activities(  # noqa: PLR0913 (what is told, and whose it is)
    uow: UnitOfWork,
    scope: ActivityScope,
    told: Sequence[ToldActivity],
    *,
    year: int | None,
    department: str | None = None,
    reporter: Mapping[str, str] | None = None,
) -> list[Activity]:
    """Put activities of a fiscal year into the registry; one that is known changes.

    ``year`` None: the one in which an activity ended, or that of today. What is told of the status is the answer for
    the year; a new one that names an open project means that one. ``reporter``: ``person`` and ``contact`` of a
    department's sheet, kept as step ``activity-report@CODE`` (DAT-F7).
    """
    today = uow.clock.today()
    kept: list[Activity] = []
    for one in told:
        entry = one.former or _open_one(scope.of(one.agreement.id), one)
        of = year if year is not None else fiscal_year(one.days.get("ends_on") or today)
        if entry is None:
            entry = Activity(
                agreement_id=one.agreement.id, case_id=scope.case.id, fiscal_year=of, field=0, title=one.title
            )
        _apply(entry, one, of, uow.clock.now())
        if entry.id is None:
            await uow.activities.add(entry)
        kept.append(entry)
    if department and reporter:
        await record(uow, scope.case, f"activity-report@{department}", reporter)
    when = f"{format_fiscal_year(year)}の" if year is not None else ""
    await note(uow, scope.case.id, f"{when}連携事業を台帳に載せた（{len(kept)}件）")
    return kept


def _open_one(every: Sequence[Activity], told: ToldActivity) -> Activity | None:
    """Return the open project that a new row means: one that runs over years is entered once."""
    return next((entry for entry in every if is_same(entry, field=told.field or 0, title=told.title)), None)


def _apply(entry: Activity, told: ToldActivity, year: int, now: datetime) -> None:
    """Take over what a row says; its status and results are the answer for the year, and the newest one counts."""
    own = {name: getattr(told, name) for name in ("title", "field", "content", "department", "cost_to_city")}
    for name, value in {**_spoken(own), **told.days}.items():
        setattr(entry, name, value)
    answer = _spoken({name: getattr(told, name) for name in ("status", "result", "partner_result", "evaluation")})
    if not answer:
        return
    report = report_of(entry, year)
    if report is None:
        report = ActivityReport(fiscal_year=year, status=entry.status)
        entry.reports.append(report)
    for name, value in answer.items():
        setattr(report, name, value)
    report.reported_at = now
    if year == max(known.fiscal_year for known in entry.reports):
        entry.status, entry.result, entry.evaluation = report.status, report.result, report.evaluation
        entry.reported_at = now


def _spoken(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
