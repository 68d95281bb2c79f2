"""In which years a project under an agreement stands on the list, up to which day it is a record (ALL-6, D-8, D-10).

A project that is planned or runs is asked about in every yearly procedure from the year of its plan, until it is said
to have ended or to be called off. Without dates it counts to 31 March of its year.
"""

from __future__ import annotations

from datetime import date

from workers.domain.agreements import Activity, ActivityReport, ActivityStatus
from workers.domain.fiscal import first_day, fiscal_year, last_day
from workers.domain.text import comparable

OPEN = (ActivityStatus.PLANNED, ActivityStatus.RUNNING)
WORKED = (ActivityStatus.RUNNING, ActivityStatus.DONE)


def report_of(activity: Activity, year: int) -> ActivityReport | None:
    """Return what was answered for a year."""
    return next((report for report in activity.reports if report.fiscal_year == year), None)


def concerns(activity: Activity, year: int) -> bool:
    """Whether a project stands on the list of a year: it is open since then, ran in it or was answered for it."""
    if report_of(activity, year) is not None:
        return True
    first = fiscal_year(activity.starts_on) if activity.starts_on else activity.fiscal_year
    if activity.status in OPEN:
        return min(first, activity.fiscal_year) <= year
    if activity.status is ActivityStatus.DONE and (activity.starts_on or activity.ends_on):
        last = fiscal_year(activity.ends_on) if activity.ends_on else first
        return min(first, last) <= year <= last
    return activity.fiscal_year == year and not activity.reports


def awaits_answer(activity: Activity, year: int) -> bool:
    """Whether a project is asked about for a year: it is open, or the answer given for that year may be corrected."""
    return concerns(activity, year) and (activity.status in OPEN or report_of(activity, year) is not None)


def counts_in(activity: Activity, year: int) -> bool:
    """Whether statistics count a project in a year: what is merely planned counts in the year of its plan alone."""
    waits = status_in(activity, year) is ActivityStatus.PLANNED and activity.fiscal_year != year
    return concerns(activity, year) and not waits


def status_in(activity: Activity, year: int) -> ActivityStatus:
    """Return how a project stood in a year: what was answered, or what its days tell."""
    report = report_of(activity, year)
    if report is not None:
        return report.status
    ended_later = activity.ends_on is not None and fiscal_year(activity.ends_on) > year
    return ActivityStatus.RUNNING if activity.status is ActivityStatus.DONE and ended_later else activity.status


def counted_until(activity: Activity) -> date | None:
    """Return the last day for which a project is a record, None where it is none (planned, called off).

    One that is said to run counts to the end of the year for which that was last said, or to the last day it was given.
    """
    if activity.status is ActivityStatus.DONE:
        if activity.ends_on or activity.starts_on:
            return activity.ends_on or activity.starts_on
        reported = activity.reported_at.date() if activity.reported_at else date.max
        return min(last_day(_last_year(activity)), reported)
    if activity.status is ActivityStatus.RUNNING:
        said = _last_year(activity)
        return activity.ends_on if activity.ends_on and activity.ends_on >= first_day(said) else last_day(said)
    worked = [report.fiscal_year for report in activity.reports if report.status is ActivityStatus.RUNNING]
    return last_day(max(worked)) if worked else None


def runs_on(activity: Activity, on: date) -> bool:
    """Whether a project is under way on a day: it is said to run then, or its days cover it (not one called off)."""
    until = counted_until(activity)
    if activity.status is ActivityStatus.RUNNING and until is not None:
        return (activity.starts_on is None or activity.starts_on <= on) and on <= until
    covered = bool(activity.starts_on and activity.ends_on and activity.starts_on <= on <= activity.ends_on)
    return covered and activity.status is not ActivityStatus.CANCELLED


def is_same(activity: Activity, *, field: int, title: str) -> bool:
    """Whether an open project is meant: the same field, the same title but for blanks and widths of signs."""
    return activity.status in OPEN and activity.field == field and comparable(activity.title) == comparable(title)


def _last_year(activity: Activity) -> int:
    return max([activity.fiscal_year, *(r.fiscal_year for r in activity.reports if r.status in WORKED)])
