"""Business days (D-6)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain import business_days as days
from workers.errors import PermanentError

SPAN = st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1))

# The Cabinet Office's holidays of 2026 and 2027, substitute and in-between holidays included.
HOLIDAYS = {
    2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
    2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
}


@pytest.mark.parametrize("year", HOLIDAYS)
def test_a_whole_year_is_closed_on_just_the_known_days(year: int) -> None:
    """D-6: weekends, the published holidays, 29 December to 3 January."""
    closed = {date(year, *map(int, text.split("/"))) for text in HOLIDAYS[year].split()}
    closed |= {date(year, 1, day) for day in (1, 2, 3)} | {date(year, 12, day) for day in (29, 30, 31)}
    for offset in range(365):
        day = date(year, 1, 1) + timedelta(days=offset)
        assert days.is_business_day(day) == (day.weekday() < 5 and day not in closed), day


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 5, 6), "振替休日"),
        (date(2026, 9, 22), "国民の休日"),
        (date(2026, 12, 29), "年末年始"),
        (date(2027, 1, 2), "年末年始"),
        (date(2026, 6, 6), "土曜日"),
        (date(2026, 6, 7), "日曜日"),
        (date(2026, 12, 28), None),
        (date(2027, 1, 4), None),
    ],
)
def test_a_closed_day_has_a_japanese_reason(day: date, name: str | None) -> None:
    """D-6, ALL-10."""
    assert days.holiday_name(day) == name
    assert days.is_business_day(day) == (name is None)


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 6, 1), 1, date(2026, 6, 2)),
        (date(2026, 6, 5), 1, date(2026, 6, 8)),  # over a weekend
        (date(2026, 6, 6), 1, date(2026, 6, 8)),  # from a Saturday
        (date(2026, 6, 1), 10, date(2026, 6, 15)),
        (date(2026, 4, 28), 1, date(2026, 4, 30)),  # Shōwa Day
        (date(2026, 4, 30), 2, date(2026, 5, 7)),  # 3-5 May and the substitute on the 6th
        (date(2026, 9, 18), 1, date(2026, 9, 24)),  # five days in a row
        (date(2026, 12, 28), 1, date(2027, 1, 4)),  # over the year's end
        (date(2026, 12, 25), 10, date(2027, 1, 15)),  # with Coming of Age Day
        (date(2026, 6, 6), 0, date(2026, 6, 8)),
        (date(2026, 6, 5), 0, date(2026, 6, 5)),
        (date(2026, 6, 8), -1, date(2026, 6, 5)),
    ],
)
def test_adding_business_days(start: date, count: int, expected: date) -> None:
    """D-6."""
    assert days.add_business_days(start, count) == expected


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        (date(2026, 6, 8), 1, date(2026, 6, 5)),
        (date(2026, 6, 7), 1, date(2026, 6, 5)),
        (date(2026, 5, 7), 3, date(2026, 4, 28)),
        (date(2027, 1, 4), 1, date(2026, 12, 28)),
        (date(2027, 2, 28), 1, date(2027, 2, 26)),  # the notice deadline's Sunday (D-4)
        (date(2026, 6, 7), 0, date(2026, 6, 5)),
        (date(2026, 6, 5), -1, date(2026, 6, 8)),
    ],
)
def test_subtracting_business_days(start: date, count: int, expected: date) -> None:
    """D-6."""
    assert days.subtract_business_days(start, count) == expected


@given(SPAN, st.integers(min_value=1, max_value=60))
def test_adding_passes_exactly_that_many_business_days(start: date, count: int) -> None:
    """D-6."""
    end = days.add_business_days(start, count)
    assert days.is_business_day(end)
    assert days.business_days_between(start, end) == count


@given(SPAN, st.integers(min_value=1, max_value=60))
def test_subtracting_undoes_adding(start: date, count: int) -> None:
    """D-6: from a business day there and back is the same day."""
    day = days.on_or_after(start)
    assert days.subtract_business_days(days.add_business_days(day, count), count) == day


@given(SPAN)
def test_neighbours_enclose_a_day_without_business_days_between(day: date) -> None:
    """D-6."""
    before, after = days.previous_business_day(day), days.next_business_day(day)
    assert before < day < after
    assert days.business_days_between(before, after) == 1 + days.is_business_day(day)
    assert days.on_or_before(day) == (day if days.is_business_day(day) else before)
    assert days.on_or_after(day) == (day if days.is_business_day(day) else after)


@given(SPAN)
def test_an_office_is_never_closed_for_more_than_ten_days(day: date) -> None:
    """D-6: a sanity bound; ten days in a row in May 2019."""
    assert (days.next_business_day(day) - day).days <= 11


def test_ten_closed_days_of_2019_are_known() -> None:
    """D-6: the enthronement's one-time holidays."""
    assert days.next_business_day(date(2019, 4, 26)) == date(2019, 5, 7)


def test_no_days_lie_between_a_day_and_an_earlier_one() -> None:
    """D-6."""
    assert days.business_days_between(date(2026, 6, 5), date(2026, 6, 1)) == 0


@pytest.mark.parametrize("year", [1949, 2099])
def test_the_first_and_last_year_with_known_holidays_are_usable(year: int) -> None:
    """D-6."""
    assert days.is_business_day(date(year, 6, 1))


@pytest.mark.parametrize("year", [1948, 2100])
def test_a_year_with_unknown_holidays_is_refused_and_not_taken_for_one_without(year: int) -> None:
    """D-6: the library itself answers that such a year has no holidays."""
    with pytest.raises(PermanentError, match=f"{year}年の祝日が分からない"):
        days.is_business_day(date(year, 6, 1))
