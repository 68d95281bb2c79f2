"""The period without any record after which an agreement may be ended (D-8). It finds candidates; a person decides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from workers.domain.terms import last_day_of_years
from workers.domain.wareki import format_wareki
from workers.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Period:
    """Days from ``first`` to ``last``, both included. Raises InputError when they stand the wrong way round."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError("除く期間", f"終わり（{format_wareki(self.last)}）が始まりより前です")


def candidate_from(
    last_activity: date, excluded: Iterable[Period] = (), *, running: bool = False, years: int = 2
) -> date | None:
    """Return the first day on which an agreement is a candidate for termination, None while a project runs (D-8).

    ``last_activity`` is the last record, or the signing where there is none; that day is not counted. Days of
    ``excluded`` periods that lie in the window lengthen it, each once, also those it reaches by being lengthened.
    """
    if running:
        return None
    first = last_activity + timedelta(days=1)
    end_without = last_day_of_years(first, years)
    periods = list(excluded)
    end = end_without
    while (longer := end_without + timedelta(days=_days_within(periods, first, end))) != end:
        end = longer
    return end + timedelta(days=1)


def _days_within(periods: Iterable[Period], first: date, last: date) -> int:
    """Count the days of the window that any of the periods covers."""
    count, counted_to = 0, first - timedelta(days=1)
    for period in sorted(periods, key=lambda period: period.first):
        begin = max(period.first, counted_to + timedelta(days=1))
        end = min(period.last, last)
        if begin <= end:
            count += (end - begin).days + 1
            counted_to = end
    return count


@dataclass(frozen=True, kw_only=True)
class TerminationPlan:
    """The last day of an agreement that is to be ended, and by when the notice of so many months must have come."""

    ends_on: date
    notice_months: int
    notice_by: date
