"""The survey's time table and tally (ALL-1, D-6, ISE-4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.samples import answer, survey
from workers.domain import survey as rules
from workers.domain.business_days import business_days_between, is_business_day
from workers.domain.cities import SurveyPlan
from workers.domain.entities import AnswerStatus, Rating, TargetStatus
from workers.domain.jst import JST
from workers.errors import InputError

PLAN = SurveyPlan(answer_days=10, remind_before=3)


def test_a_survey_is_due_after_ten_business_days_with_a_reminder_three_before() -> None:
    """ALL-1, D-6: opened on 8 June 2026."""
    plan = rules.schedule(PLAN, date(2026, 6, 8))
    assert plan.due_on == date(2026, 6, 22)
    assert plan.remind_on == date(2026, 6, 17)
    assert plan.remind_at is not None
    assert plan.remind_at.isoformat() == "2026-06-17T09:00:00+09:00"
    assert plan.on_day_at.isoformat() == "2026-06-22T09:00:00+09:00"
    assert plan.last_moment.isoformat() == "2026-06-22T23:59:59+09:00"
    assert plan.due_at.isoformat() == "2026-06-23T00:00:00+09:00"


def test_holidays_lengthen_a_survey() -> None:
    """D-6: Golden Week lies between."""
    assert rules.schedule(PLAN, date(2026, 4, 27)).due_on == date(2026, 5, 15)


@given(
    st.dates(min_value=date(2020, 1, 1), max_value=date(2060, 1, 1)),
    st.integers(min_value=1, max_value=40),
    st.integers(min_value=0, max_value=39),
)
def test_the_time_table_is_in_order_and_on_business_days(opened: date, answer_days: int, remind_before: int) -> None:
    """ALL-1, D-6."""
    plan = rules.schedule(SurveyPlan(answer_days=answer_days, remind_before=remind_before), opened)
    assert business_days_between(opened, plan.due_on) == answer_days
    assert is_business_day(plan.due_on)
    assert plan.on_day_at < plan.last_moment < plan.due_at
    assert (plan.remind_on is None) == (not 0 < remind_before < answer_days)
    if plan.remind_on is not None and plan.remind_at is not None:
        assert opened < plan.remind_on < plan.due_on
        assert is_business_day(plan.remind_on)
        assert plan.remind_at.date() == plan.remind_on


def test_only_reminders_that_lie_ahead_are_given() -> None:
    """ALL-1."""
    plan = rules.schedule(PLAN, date(2026, 6, 8))
    assert plan.reminders_after(datetime(2026, 6, 8, 9, tzinfo=JST)) == [plan.remind_at, plan.on_day_at]
    assert plan.reminders_after(datetime(2026, 6, 17, 0, 0, tzinfo=UTC)) == [plan.on_day_at]
    assert plan.reminders_after(datetime(2026, 6, 22, 9, tzinfo=JST)) == []


def test_an_extension_gets_reminders_of_its_own() -> None:
    """ALL-1."""
    plan = rules.extended(PLAN, date(2026, 6, 30), today=date(2026, 6, 23), present_due_on=date(2026, 6, 22))
    assert plan.due_on == date(2026, 6, 30)
    assert plan.remind_on == date(2026, 6, 25)


def test_a_short_extension_leaves_out_the_reminder_that_would_be_today() -> None:
    """ALL-1: the day's own reminder still goes out."""
    plan = rules.extended(PLAN, date(2026, 6, 26), today=date(2026, 6, 23), present_due_on=date(2026, 6, 22))
    assert (plan.remind_on, plan.remind_at) == (None, None)
    assert plan.reminders_after(datetime(2026, 6, 23, 9, tzinfo=JST)) == [plan.on_day_at]


@pytest.mark.parametrize(
    ("due_on", "message"),
    [
        (date(2026, 6, 23), "今日（令和8年6月23日（火））より後の日にしてください"),
        (date(2026, 6, 1), "今日（令和8年6月23日（火））より後の日にしてください"),
        (
            date(2026, 6, 27),
            "令和8年6月27日は閉庁日（土曜日）です。令和8年6月26日（金）か令和8年6月29日（月）などの開庁日",
        ),
        (date(2026, 7, 20), "令和8年7月20日は閉庁日（海の日）です"),
    ],
)
def test_an_extension_to_a_wrong_day_is_refused(due_on: date, message: str) -> None:
    """ALL-1, ALL-10."""
    with pytest.raises(InputError) as caught:
        rules.extended(PLAN, due_on, today=date(2026, 6, 23), present_due_on=date(2026, 6, 22))
    assert message in caught.value.message
    assert caught.value.where == "回答期限"


def test_an_extension_must_be_later_than_the_present_due_date() -> None:
    """ALL-1: an extension before the due date cannot shorten it."""
    with pytest.raises(InputError, match="今の期限（令和8年6月22日（月））より後"):
        rules.extended(PLAN, date(2026, 6, 22), today=date(2026, 6, 15), present_due_on=date(2026, 6, 22))


def test_an_extension_on_the_due_day_itself_starts_from_today() -> None:
    """ALL-1."""
    due = date(2026, 6, 22)
    with pytest.raises(InputError, match="今日（令和8年6月22日（月））より後"):
        rules.extended(PLAN, due, today=due, present_due_on=due)
    assert rules.extended(PLAN, date(2026, 6, 23), today=due, present_due_on=due).due_on == date(2026, 6, 23)


@pytest.mark.parametrize(
    ("moment", "late"),
    [
        (datetime(2026, 6, 22, 23, 59, 59, tzinfo=JST), False),
        (datetime(2026, 6, 23, 0, 0, tzinfo=JST), True),
        (datetime(2026, 6, 22, 14, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 22, 15, 0, tzinfo=UTC), True),
    ],
)
def test_late_begins_with_the_day_after_in_japan(moment: datetime, late: bool) -> None:  # noqa: FBT001 (a column of the table)
    """ALL-1, D-7."""
    assert rules.is_late(date(2026, 6, 22), moment) is late
    assert (moment >= rules.schedule(PLAN, date(2026, 6, 8)).due_at) is late


def test_a_moment_without_a_zone_is_no_japanese_date() -> None:
    """D-7."""
    with pytest.raises(ValueError, match="without a zone"):
        rules.is_late(date(2026, 6, 22), datetime(2026, 6, 22))  # noqa: DTZ001 (the mistake under test)


def test_ratings_are_counted_project_by_project() -> None:
    """ISE-4: ○, △, ×, not concerned, unanswered."""
    asked = survey(
        ["a", "b", "c", "d", "e"],
        [
            answer("a", {1: Rating.FEASIBLE, 2: Rating.INFEASIBLE}),
            answer("b", {1: Rating.ADJUST, 2: Rating.INFEASIBLE}),
            answer("c", {2: Rating.INFEASIBLE}),
            answer("d", {}, concerned=False),
        ],
    )
    first, second, third = rules.tally(asked, [1, 2, 3])
    assert (first.feasible, first.adjust, first.infeasible, first.not_concerned, first.unanswered) == (1, 1, 0, 2, 1)
    assert first.interested == ("a", "b")
    assert (second.feasible, second.adjust, second.infeasible, second.not_concerned, second.unanswered) == (
        0,
        0,
        3,
        1,
        1,
    )
    assert (third.not_concerned, third.unanswered, third.prospective) == (4, 1, False)
    assert rules.prospective([first, second, third]) == [1]


def test_only_the_answer_that_counts_is_counted() -> None:
    """ALL-1: superseded, second and too late answers are kept but do not count."""
    asked = survey(
        ["a", "b"],
        [
            answer("a", {1: Rating.INFEASIBLE}, status=AnswerStatus.SUPERSEDED),
            answer("a", {1: Rating.ADJUST}),
            answer("a", {1: Rating.FEASIBLE}, status=AnswerStatus.SECOND),
            answer("b", {1: Rating.FEASIBLE}, status=AnswerStatus.AFTER_CLOSING),
            answer("stranger", {1: Rating.FEASIBLE}),
        ],
    )
    (only,) = rules.tally(asked, [1])
    assert (only.feasible, only.adjust, only.infeasible, only.unanswered) == (0, 1, 0, 1)


def test_ratings_of_a_department_that_is_not_concerned_do_not_count() -> None:
    """ALL-1: it may have filled in a line before it said so."""
    (only,) = rules.tally(survey(["a"], [answer("a", {1: Rating.FEASIBLE}, concerned=False)]), [1])
    assert (only.feasible, only.not_concerned, only.prospective) == (0, 1, False)


def test_a_department_marked_as_not_concerned_needs_no_answer() -> None:
    """ALL-1: the office may say so for it."""
    asked = survey(["a", "b"], [])
    asked.targets[0].status = TargetStatus.NOT_CONCERNED
    asked.targets[1].status = TargetStatus.UNANSWERED
    (only,) = rules.tally(asked, [1])
    assert (only.not_concerned, only.unanswered) == (1, 1)


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from([*Rating, None])), st.integers(0, 4))
def test_the_five_counts_add_up_to_the_departments_asked(given_ratings: dict[str, Rating | None], silent: int) -> None:
    """ISE-4."""
    answers = [answer(code, {} if rating is None else {1: rating}) for code, rating in given_ratings.items()]
    asked = survey([*given_ratings, *(f"silent{n}" for n in range(silent))], answers)
    (only,) = rules.tally(asked, [1])
    total = only.feasible + only.adjust + only.infeasible + only.not_concerned + only.unanswered
    assert total == len(given_ratings) + silent
    assert only.unanswered == silent
    assert only.prospective == (only.feasible + only.adjust > 0)


def test_the_due_day_ends_at_midnight_in_japan() -> None:
    """D-7: the shown end and the escalation are one second apart."""
    plan = rules.schedule(PLAN, date(2026, 6, 8))
    assert plan.due_at - plan.last_moment == timedelta(seconds=1)
