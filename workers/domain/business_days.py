"""Business days of a Japanese city office: no weekends, national holidays, 29 December to 3 January (D-6).

National holidays, substitute and in-between holidays come from the library ``holidays``; the year-end closing is the
offices' own and no national holiday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import Final

from workers.errors import PermanentError

_SATURDAY: Final = 5
_REMEMBERED: Final = 4096  # a sweep asks the same few days of every agreement
_CLOSED_AT_YEAR_END: Final = frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)})


def is_business_day(day: date) -> bool:
    """Whether the office is open (D-6). Raises PermanentError for a year whose holidays are not known."""
    return (
        day.weekday() < _SATURDAY
        and (day.month, day.day) not in _CLOSED_AT_YEAR_END
        and day not in _holidays_of(day.year)
    )


def holiday_name(day: date) -> str | None:
    """Return why the office is closed on a day, in Japanese, or None on a business day."""
    if (name := _holidays_of(day.year).get(day)) is not None:
        return name
    if (day.month, day.day) in _CLOSED_AT_YEAR_END:
        return "年末年始"
    if day.weekday() >= _SATURDAY:
        return "土曜日" if day.weekday() == _SATURDAY else "日曜日"
    return None


def next_business_day(day: date) -> date:
    """Return the first business day after a day."""
    return next(_walk(day, 1))


def previous_business_day(day: date) -> date:
    """Return the last business day before a day."""
    return next(_walk(day, -1))


def on_or_after(day: date) -> date:
    """Return the day itself when it is a business day, else the next one."""
    return day if is_business_day(day) else next_business_day(day)


def on_or_before(day: date) -> date:
    """Return the day itself when it is a business day, else the one before."""
    return day if is_business_day(day) else previous_business_day(day)


@lru_cache(maxsize=_REMEMBERED)
def add_business_days(day: date, count: int) -> date:
    """Return the ``count``-th business day after a day, not counting itself; 0 gives ``on_or_after`` (D-6)."""
    if count < 0:
        return subtract_business_days(day, -count)
    return on_or_after(day) if count == 0 else next(islice(_walk(day, 1), count - 1, None))


@lru_cache(maxsize=_REMEMBERED)
def subtract_business_days(day: date, count: int) -> date:
    """Return the ``count``-th business day before a day, not counting itself; 0 gives ``on_or_before`` (D-6)."""
    if count < 0:
        return add_business_days(day, -count)
    return on_or_before(day) if count == 0 else next(islice(_walk(day, -1), count - 1, None))


def business_days_between(first: date, last: date) -> int:
    """Return how many business days lie after ``first`` up to and including ``last``; 0 when ``last`` is not later."""
    return sum(is_business_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def _walk(day: date, step: int) -> Iterator[date]:
    while True:
        day += timedelta(days=step)
        if is_business_day(day):
            yield day


@lru_cache(maxsize=256)
def _holidays_of(year: int) -> dict[date, str]:
    import holidays  # many commands ask for no business day

    calendar = holidays.country_holidays("JP", years=year, language="ja")
    if not calendar.start_year <= year <= calendar.end_year:
        # The library answers "no holidays" outside its years, which would be a wrong date without a word.
        raise PermanentError(f"{year}年の祝日が分からないため、期限を計算できません")
    return dict(calendar)
