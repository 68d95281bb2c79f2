"""Terms, deadlines and renewals as the specification words them (D-3 to D-5), calculated a second time.

Nothing here comes from ``workers``: a mistake there must not repeat itself in what the tests expect. The days are found
by walking the calendar, where the program calculates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import holidays

ONE = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a city's guideline says of terms.

    ``first``: ``fiscal`` (31 March that ends the next fiscal year), ``march`` (31 March of the next calendar year),
    ``years`` or ``written`` (the agreement's own end; then only an agreement that says so renews). ``notice``: whether
    notices have to arrive a month before the end; ``clear``: one day earlier still. ``renewal``: for how many years a
    term renews. ``again``: whether a renewed term renews too.
    """

    first: str
    years: int = 0
    first_day_counts: bool = False
    notice: bool = True
    clear: bool = False
    renewal: int = 1
    again: bool = True


CITIES = {
    "ageo": Rule(first="fiscal"),
    "isesaki": Rule(first="march"),
    "date": Rule(first="years", years=3, notice=False, renewal=3),
    "chigasaki": Rule(first="written", notice=False),
    "asahikawa": Rule(first="written", notice=False),
}
"""The five cities: AGE-T1, ISE-T1, DAT-T1, and 旭川市 and 茅ヶ崎市, whose guidelines name no term (D-3)."""


def first_end(rule: Rule, signed: date, *, starts: date | None = None, ends: date | None = None) -> date:
    """Return the last day of the first term; a date written in the agreement wins (D-3)."""
    if ends is not None:
        return ends
    start = starts or signed
    if rule.first == "fiscal":
        marches = list(_marches_from(start, 2))
        return marches[1]  # the first ends the fiscal year of the start, the second the next one
    if rule.first == "march":
        return next(day for day in _walk(date(start.year + 1, 1, 1)) if (day.month, day.day) == (3, 31))
    counted = start if rule.first_day_counts or starts not in {None, signed} else start + ONE
    return period_end(counted, rule.years)


def period_end(start: date, years: int) -> date:
    """Return the last day of a period of years that begins with ``start`` (D-5): the day before it begins anew."""
    anew = (start.month, start.day)
    return next(day for day in _walk(date(start.year + years, 1, 1)) if (day.month, day.day) >= anew) - ONE


def last_notice_day(rule: Rule, end: date) -> date:
    """Return the last day on which a notice counts: a month before the end, or the end itself (D-4, DAT-T1)."""
    if not rule.notice:
        return end
    day = end.replace(day=1) - ONE
    while day.day > end.day:
        day -= ONE
    return day - ONE if rule.clear else day


def next_end(rule: Rule, number: int, end: date, *, says: bool | None) -> date | None:
    """Return the end of the term after term ``number``, None where none follows without anybody's doing (D-5).

    ``says``: what the agreement itself says of its renewal; where it renews, it does so each time.
    """
    if says is False or (rule.first == "written" and not says) or (number > 1 and not (rule.again or says)):
        return None
    return period_end(end + ONE, rule.renewal)


def business_day_after(day: date, count: int) -> date:
    """Return the ``count``-th day after a day on which a city office is open (D-6)."""
    for later in _walk(day + ONE):
        if open_office(later):
            count -= 1
            if count == 0:
                return later
    raise AssertionError


def business_day_before(day: date, count: int) -> date:
    """Return the ``count``-th open day before a day."""
    while count:
        day -= ONE
        count -= open_office(day)
    return day


def open_office(day: date) -> bool:
    """Whether a city office is open on a day (D-6)."""
    closed = day.weekday() > 4 or (day.month == 12 and day.day > 28) or (day.month == 1 and day.day < 4)
    return not closed and day not in _HOLIDAYS


_HOLIDAYS = holidays.country_holidays("JP", years=range(2015, 2051))


def _walk(day: date) -> Iterator[date]:
    while True:
        yield day
        day += ONE


def _marches_from(day: date, count: int) -> Iterator[date]:
    for later in _walk(day):
        if (later.month, later.day) == (3, 31):
            yield later
            count -= 1
            if not count:
                return
