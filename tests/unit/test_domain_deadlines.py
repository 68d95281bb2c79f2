"""Deadlines by a city's rule, and when the yearly procedure opens (D-1, D-6, D-9)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from workers.domain.cities import CycleRule, DeadlineRule
from workers.domain.deadlines import deadline, moments, open_period, opening_day, period_of
from workers.domain.jst import JST
from workers.packs import CityPacks


@pytest.mark.parametrize(
    ("rule", "today", "on"),
    [
        (DeadlineRule(days=5), date(2026, 4, 24), date(2026, 5, 7)),  # the holidays of early May between
        (DeadlineRule(days=10, date=(3, 31)), date(2027, 3, 1), date(2027, 3, 31)),
        (DeadlineRule(days=10, date=(3, 31)), date(2027, 4, 1), date(2027, 4, 15)),  # opened late: days still to answer
        (DeadlineRule(date=(3, 31)), date(2029, 3, 1), date(2029, 3, 30)),  # 31 March 2029 is a Saturday
        (DeadlineRule(date=(4, 1), opens=True), date(2028, 3, 1), date(2028, 4, 3)),  # never in the year before
        (DeadlineRule(date=(4, 1), opens=True), date(2034, 3, 1), date(2034, 4, 3)),
        (DeadlineRule(date=(4, 1), opens=True), date(2027, 3, 1), date(2027, 4, 1)),
        (DeadlineRule(date=(4, 20)), date(2027, 6, 1), date(2027, 4, 20)),  # over already: what waits for it goes on
    ],
)
def test_a_deadline_is_the_later_of_days_and_date(rule: DeadlineRule, today: date, on: date) -> None:
    assert on == deadline(rule, today, year=on.year).on


def test_publication_falls_between_21_and_30_april_in_every_year() -> None:
    """DAT-A: I. Its approval is due before."""
    rule = CityPacks([Path(__file__).parents[2] / "bpmn"]).city("date").deadline("publication")
    for year in range(2026, 2050):
        due = deadline(rule, date(year, 4, 1), year=year)
        assert date(year, 4, 21) <= due.on <= date(year, 4, 30)
        assert due.remind_at < due.starts_at


def test_the_moments_of_a_day_are_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    due = moments(date(2027, 3, 31), date(2027, 3, 1), remind_before=3)
    assert datetime(2027, 3, 31, 9, tzinfo=JST) == due.starts_at
    assert datetime(2027, 3, 26, 9, tzinfo=JST) == due.remind_at
    assert datetime(2027, 4, 1, 0, tzinfo=JST) == due.overdue_at
    assert due.overdue_at - due.last_moment == timedelta(seconds=1)


def test_a_reminder_whose_day_has_come_reminds_nobody_before_the_last_moment() -> None:
    due = moments(date(2027, 3, 3), date(2027, 3, 1), remind_before=3)
    assert due.last_moment == due.remind_at


APRIL = CycleRule()
MARCH_BEFORE = CycleRule(opens=(3, 1), coming=True)
MARCH_AFTER = CycleRule(opens=(3, 1))


@pytest.mark.parametrize(
    ("rule", "opens"),
    [(APRIL, date(2027, 4, 1)), (MARCH_BEFORE, date(2027, 3, 1)), (MARCH_AFTER, date(2028, 3, 1))],
)
def test_the_yearly_procedure_opens_once_a_year(rule: CycleRule, opens: date) -> None:
    assert opens == opening_day(rule, 2027)
    assert open_period(rule, opens) == 2027
    assert open_period(rule, opens - timedelta(days=1)) == 2026


@pytest.mark.parametrize(
    ("rule", "today", "period"),
    [
        (APRIL, date(2027, 3, 31), 2026),
        (APRIL, date(2027, 4, 1), 2027),
        (MARCH_BEFORE, date(2027, 2, 28), 2026),
        (MARCH_BEFORE, date(2027, 3, 1), 2027),
        (MARCH_AFTER, date(2027, 2, 28), 2026),
        (MARCH_AFTER, date(2027, 3, 1), 2026),
        (MARCH_AFTER, date(2027, 4, 1), 2027),
    ],
)
def test_a_clerk_begins_the_procedure_of_the_year_that_is_on(rule: CycleRule, today: date, period: int) -> None:
    assert period == period_of(rule, today)
