"""The years of a project that runs over years: planned, running, done, called off (ALL-6, D-8, D-10)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from workers.domain.activityyears import concerns, counted_until, counts_in, is_same, runs_on, status_in
from workers.domain.agreements import Activity, ActivityReport, ActivityStatus

PLANNED, RUNNING, DONE, CANCELLED = ActivityStatus
YEARS = range(2024, 2031)


def _activity(status: ActivityStatus, *answered: tuple[int, ActivityStatus], **facts: Any) -> Activity:
    reports = [ActivityReport(fiscal_year=year, status=said) for year, said in answered]
    values = {"fiscal_year": 2026, "field": 1, "title": "見守り", **facts}
    return Activity(agreement_id="a", case_id=None, status=status, reports=reports, **values)


@pytest.mark.parametrize(
    ("activity", "years"),
    [
        (_activity(PLANNED), [2026, 2027, 2028, 2029, 2030]),
        (_activity(RUNNING, (2026, RUNNING)), [2026, 2027, 2028, 2029, 2030]),
        (_activity(DONE), [2026]),
        (_activity(DONE, (2026, RUNNING), (2027, DONE)), [2026, 2027]),
        (_activity(DONE, starts_on=date(2025, 10, 1), ends_on=date(2027, 4, 1)), [2025, 2026, 2027]),
        (_activity(DONE, starts_on=date(2027, 5, 1), ends_on=date(2027, 6, 1)), [2027]),
        (_activity(CANCELLED), [2026]),
        (_activity(CANCELLED, (2026, RUNNING), (2027, RUNNING), (2028, CANCELLED)), [2026, 2027, 2028]),
        (_activity(PLANNED, fiscal_year=2028), [2028, 2029, 2030]),
        (_activity(PLANNED, fiscal_year=2028, starts_on=date(2027, 10, 1)), [2027, 2028, 2029, 2030]),
    ],
)
def test_a_project_stands_on_the_list_until_it_is_done_or_called_off(activity: Activity, years: list[int]) -> None:
    assert [year for year in YEARS if concerns(activity, year)] == years


def test_a_year_keeps_what_was_answered_for_it() -> None:
    activity = _activity(DONE, (2026, PLANNED), (2028, DONE), ends_on=date(2028, 9, 30))
    assert [status_in(activity, year) for year in (2026, 2027, 2028)] == [PLANNED, RUNNING, DONE]
    waiting = _activity(PLANNED)
    assert [counts_in(waiting, year) for year in (2025, 2026, 2027)] == [False, True, False]


@pytest.mark.parametrize(
    ("activity", "until"),
    [
        (_activity(PLANNED), None),
        (_activity(RUNNING), date(2027, 3, 31)),
        (_activity(RUNNING, (2026, RUNNING), (2028, RUNNING)), date(2029, 3, 31)),
        (_activity(RUNNING, ends_on=date(2026, 9, 30)), date(2026, 9, 30)),
        (_activity(RUNNING, (2027, RUNNING), ends_on=date(2026, 9, 30)), date(2028, 3, 31)),
        (_activity(DONE), date(2027, 3, 31)),
        (_activity(DONE, ends_on=date(2028, 9, 30)), date(2028, 9, 30)),
        (_activity(CANCELLED), None),
        (_activity(CANCELLED, (2026, RUNNING), (2027, CANCELLED)), date(2027, 3, 31)),
    ],
)
def test_up_to_which_day_a_project_is_a_record(activity: Activity, until: date | None) -> None:
    assert counted_until(activity) == until


def test_a_running_project_runs_until_the_end_of_the_year_for_which_that_was_said() -> None:
    activity = _activity(RUNNING)
    assert [runs_on(activity, day) for day in (date(2027, 3, 31), date(2027, 4, 1))] == [True, False]
    planned = _activity(PLANNED, starts_on=date(2026, 5, 1), ends_on=date(2026, 6, 30))
    assert [runs_on(planned, day) for day in (date(2026, 4, 30), date(2026, 6, 30))] == [False, True]


def test_the_same_title_in_the_same_field_is_the_same_project_while_it_is_open() -> None:
    assert is_same(_activity(RUNNING, title="ＡＢ 見守り"), field=1, title="ab見守り")
    assert not is_same(_activity(RUNNING), field=2, title="見守り")
    assert not is_same(_activity(DONE), field=1, title="見守り")
