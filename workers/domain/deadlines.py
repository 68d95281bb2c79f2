"""When a task is due, and when the yearly procedure of an agreement opens (D-1, D-6, D-7, D-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from workers.domain.business_days import add_business_days, on_or_after, on_or_before, subtract_business_days
from workers.domain.cities import CycleRule, DeadlineRule
from workers.domain.fiscal import fiscal_year
from workers.domain.jst import at, end_of

_REMIND_HOUR: Final = 9
_APRIL: Final = 4


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A due day with its moments, aware, in JST.

    ``starts_at`` is 09:00 of the day itself, for what begins on it; ``remind_at`` 09:00 of the reminder's day, the last
    moment where that day has come already; ``overdue_at`` the first moment after the day.
    """

    on: date
    starts_at: datetime
    remind_at: datetime
    last_moment: datetime
    overdue_at: datetime


def deadline(rule: DeadlineRule, today: date, *, year: int) -> Deadline:
    """Return when something is due under a city's rule, asked for today, in a procedure of fiscal year ``year``.

    A day of the year on which the office is closed moves to the business day before it; to the next one where
    something opens on it, which is not for the year before.
    """
    days = [add_business_days(today, rule.days)] if rule.days or rule.date is None else []
    if rule.date is not None:
        month, day = rule.date
        named = date(year, month, day)
        days.append(on_or_after(named) if rule.opens else on_or_before(named))
    return moments(max(days), today, remind_before=rule.remind_before)


def moments(on: date, today: date, *, remind_before: int) -> Deadline:
    """Return the moments of a due day."""
    last = at(on, 23, 59, 59)
    remind_on = subtract_business_days(on, remind_before) if remind_before else None
    return Deadline(
        on=on,
        starts_at=at(on, _REMIND_HOUR),
        remind_at=at(remind_on, _REMIND_HOUR) if remind_on is not None and remind_on > today else last,
        last_moment=last,
        overdue_at=end_of(on),
    )


def opening_day(rule: CycleRule, period: int) -> date:
    """Return the day on which the yearly procedure of a fiscal year opens."""
    month, day = rule.opens
    return date(period if month >= _APRIL or rule.coming else period + 1, month, day)


def reported_year(rule: CycleRule, period: int) -> int:
    """Return which fiscal year's projects the yearly procedure collects: the one that ends, or that ended last."""
    return period if rule.opens[0] < _APRIL and not rule.coming else period - 1


def open_period(rule: CycleRule, on: date) -> int:
    """Return the fiscal year whose yearly procedure opened last, on or before a day."""
    return next(year for year in (on.year + 1, on.year, on.year - 1, on.year - 2) if opening_day(rule, year) <= on)


def period_of(rule: CycleRule, on: date) -> int:
    """Return of which fiscal year a yearly procedure is that a person begins on a day."""
    return max(fiscal_year(on), open_period(rule, on))
