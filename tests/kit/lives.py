"""Agreements of the five cities with what happens to them over years, for simulations on the real engine.

Built from a first day on, as the engine's clock cannot go back; what must come of them is calculated by ``yearsahead``
and ``specdates``, from the specification alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from tests.kit import specdates
from tests.kit.specdates import ONE
from tests.kit.yearsahead import Made, Said, expected
from workers.domain.cities import City
from workers.domain.jst import JST

CITIES = tuple(specdates.CITIES)
SCRIPTS = (
    "quiet",
    "last-day",
    "entered-late",
    "day-after",
    "withdrawn-before",
    "withdrawn-after",
    "withdrawn-ends",
    "entered-next-term",
    "terminated",
    "city",
)
"""What happens in an agreement's chosen term: nothing; a notice that arrives on the last day, or is entered after the
mails, or arrives a day late, or is withdrawn; the end by termination; a notice by the city."""
_NOON = time(12, 0)
_WAIT = 6
"""Business days after the last day for notices by which the mails of every city have left."""


def lives(first: date, through: date, count: int) -> list[Made]:
    """Return agreements of all cities and scripts; their first terms all cover ``first``."""
    made = [_life(first, number) for number in range(count)]
    return [_with_script(life, first, through, number) for number, life in enumerate(made)]


def _life(first: date, number: int) -> Made:
    city = CITIES[number % 5]
    turn = number // 5
    ends = None
    says = None
    if specdates.CITIES[city].first == "written":
        signed, ends, says = first - 100 * ONE, first + (75 + 31 * turn) * ONE, turn % 3 != 2
    elif specdates.CITIES[city].first == "years":
        signed = first.replace(year=first.year - 3, day=min(first.day, 28)) + (80 + 90 * turn % 900) * ONE
    else:
        signed = _covering(city, first, turn)
    return Made(id=f"{city}-a{900 + number}", rule=city, signed=signed, starts=None, ends=ends, says=says or None)


def _covering(city: str, first: date, turn: int) -> date:
    """Return a day of signing whose first term is not over on ``first``."""
    signed = first - (40 + 30 * turn % 300) * ONE
    while specdates.first_end(specdates.CITIES[city], signed) < first + 70 * ONE:
        signed += 30 * ONE
    return signed


def _with_script(life: Made, first: date, through: date, number: int) -> Made:
    """Let the script of its turn happen in one of the terms that it would have had."""
    script = SCRIPTS[(number // 5 + number) % len(SCRIPTS)]
    rule, terms = specdates.CITIES[life.rule], expected(life, through).terms
    late = through - 60 * ONE
    open_to = [(start, end) for start, end in terms if first + 5 * ONE < specdates.last_notice_day(rule, end) < late]
    if script == "quiet" or not open_to:
        return life
    start, end = open_to[number % len(open_to)]
    last = specdates.last_notice_day(rule, end)
    if script == "terminated":
        return replace(life, terminated=max(start, first) + 20 * ONE)
    return replace(life, said=(_said(script, last, end),))


def _said(script: str, last: date, end: date) -> Said:
    told = specdates.business_day_after(last, _WAIT)
    back = last + 3 * ONE if last + 3 * ONE <= end else last
    before = Said(received=last - 3 * ONE, entered=last - 2 * ONE, withdrawn=last - ONE)
    said = {
        "entered-late": Said(received=last, entered=told),
        "day-after": Said(received=last + ONE, entered=last + ONE),
        "withdrawn-before": replace(before, renew=True),
        "withdrawn-after": replace(before, withdrawn=back, renew=True),
        "withdrawn-ends": before,
        "entered-next-term": Said(received=last, entered=max(end, told) + 5 * ONE),
    }
    return said.get(script, Said(received=last, entered=last))


def moments(life: Made, city: City, through: date) -> Iterator[datetime]:
    """Yield when something is due in a life, moments later than the timers themselves."""
    for start, end in _all_terms(life, through):
        last = specdates.last_notice_day(specdates.CITIES[life.rule], end)
        plan = city.renewal
        tell = specdates.business_day_after(last, plan.tell_after)
        yield _at(last - plan.opens_days_before * ONE, 6, 1)
        yield _at(specdates.business_day_before(last, plan.remind_before), 9, 1)
        yield _at(last + ONE, 0, 11)
        yield _at(tell, 9, 1)
        yield _at(max(end + ONE, tell + ONE), 0, 11)
        yield _at(end + ONE, 6, 1)
        for said in life.said:
            if start <= said.received <= end:
                yield from spoken(said)
    if life.terminated:
        yield _at(life.terminated, 12, 0)


def spoken(said: Said) -> Iterator[datetime]:
    """Yield when a notice is entered and withdrawn."""
    yield datetime.combine(said.entered, _NOON, JST)
    if said.withdrawn:
        yield datetime.combine(said.withdrawn, _NOON, JST) + timedelta(minutes=30)


def cycles(life: Made, city: City, first: date, through: date) -> list[str]:
    """Return the fiscal years whose yearly procedure opens: the agreement is in force on that day, as far as known.

    Or it was in force on a day of the fiscal year that is collected then, which is the one before the opening in April
    and the one that ends after an opening in March. One that opens in January to March is that of the fiscal year which
    ends, unless the pack says the coming one (D-1).
    """
    days = [date(year, *city.cycle.opens) for year in range(first.year, through.year + 1)]
    ending = city.cycle.opens < (4, 1) and not city.cycle.coming
    return [
        str(day.year - ending)
        for day in days
        if first < day <= through and (_in_force(life, day, through) or _in_force_in(life, day, through))
    ]


def _in_force_in(life: Made, opening: date, through: date) -> bool:
    """Whether an agreement is in force on some day of the fiscal year that a yearly procedure collects."""
    year = opening.year - 1
    begin, end = date(year, 4, 1), date(year + 1, 3, 31)
    outcome = expected(life, through)
    return any(
        start <= min(end, outcome.ended or end) and begin <= min(last, outcome.ended or last)
        for start, last in outcome.terms
    )


def _in_force(life: Made, day: date, through: date) -> bool:
    """Whether an agreement is in force on a day, by what has been entered before it."""
    known = tuple(
        said if said.withdrawn is not None and said.withdrawn < day else replace(said, withdrawn=None, renew=False)
        for said in life.said
        if said.entered < day
    )
    outcome = expected(replace(life, said=known), through)
    covered = any(start <= day <= end for start, end in outcome.terms)
    return covered and (outcome.ended is None or day <= outcome.ended)


def outcomes(life: Made, through: date) -> dict[str, str]:
    """Return how each renewal procedure that is over must have closed, by the number of the term after it."""
    result = expected(life, through)
    closed = {}
    for number in result.decided:
        end = result.terms[number - 1][1]
        if max(end, specdates.business_day_after(end, _WAIT)) < through:
            closed[str(number + 1)] = "renewed"
    if result.ended is not None and result.ended != life.terminated:
        closed[str(len(result.terms) + 1)] = "expired"
    return closed


def _all_terms(life: Made, through: date) -> Sequence[tuple[date, date]]:
    return expected(life, through).terms


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), JST)
