"""The period without records (D-8)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.dissolution import Period, candidate_from
from workers.errors import InputError

LAST = date(2026, 6, 30)
DAYS = st.dates(min_value=date(2025, 1, 1), max_value=date(2032, 12, 31))
PERIODS = st.lists(
    st.tuples(DAYS, st.integers(0, 400)).map(lambda x: Period(first=x[0], last=x[0] + timedelta(days=x[1]))), max_size=5
)


@pytest.mark.parametrize(
    ("last_activity", "excluded", "expected"),
    [
        (LAST, [], date(2028, 7, 1)),
        (LAST, [(date(2027, 4, 1), date(2027, 6, 29))], date(2028, 9, 29)),
        # the same 90 days written as two overlapping periods
        (LAST, [(date(2027, 4, 1), date(2027, 5, 31)), (date(2027, 5, 1), date(2027, 6, 29))], date(2028, 9, 29)),
        (LAST, [(date(2027, 4, 1), date(2027, 6, 29)), (date(2027, 4, 10), date(2027, 4, 20))], date(2028, 9, 29)),
        # days before the window do not count
        (LAST, [(date(2026, 6, 1), date(2026, 7, 1))], date(2028, 7, 2)),
        # days far behind it do not count either
        (LAST, [(date(2028, 7, 1), date(2028, 12, 31))], date(2028, 7, 1)),
        # a period that begins on the window's last day lengthens it day by day to its own end
        (LAST, [(date(2028, 6, 30), date(2028, 7, 9))], date(2028, 7, 11)),
        # the second period is reached only because the first lengthened the window
        (LAST, [(date(2027, 1, 1), date(2027, 1, 10)), (date(2028, 7, 5), date(2028, 7, 6))], date(2028, 7, 13)),
        (date(2026, 2, 28), [], date(2028, 3, 1)),
        (date(2028, 2, 29), [], date(2030, 3, 1)),
    ],
)
def test_excluded_days_lengthen_the_window(
    last_activity: date, excluded: list[tuple[date, date]], expected: date
) -> None:
    """D-8."""
    assert candidate_from(last_activity, [Period(first=a, last=b) for a, b in excluded]) == expected


def test_a_running_project_stops_the_clock() -> None:
    """D-8."""
    assert candidate_from(LAST, running=True) is None


def test_a_period_the_wrong_way_round_is_refused() -> None:
    """D-8, ALL-10."""
    with pytest.raises(InputError, match="除く期間: 終わり（令和8年6月30日）が始まりより前です"):
        Period(first=date(2026, 7, 1), last=date(2026, 6, 30))
    assert Period(first=LAST, last=LAST).last == LAST


@given(PERIODS)
def test_just_two_years_of_the_window_are_not_excluded(periods: list[Period]) -> None:
    """D-8: counted day by day; 2026-07-01 to 2028-06-30 are 731 days."""
    candidate = candidate_from(LAST, periods)
    assert candidate is not None
    window = [LAST + timedelta(days=n) for n in range(1, (candidate - LAST).days)]
    free = [day for day in window if not any(p.first <= day <= p.last for p in periods)]
    assert len(free) == 731


@given(PERIODS, st.randoms())
def test_the_order_of_the_periods_does_not_matter(periods: list[Period], random: object) -> None:
    """D-8."""
    shuffled = list(periods)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert candidate_from(LAST, shuffled) == candidate_from(LAST, periods)
