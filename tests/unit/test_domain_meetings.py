"""When a meeting has to be arranged and held, and how its moments are read (AGE-A1, ALL-4, D-6, D-7)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from workers.domain.cities import MeetingPlan
from workers.domain.jst import JST
from workers.domain.meetings import deadlines, format_times, parse_moment, times
from workers.errors import InputError

ANNUAL = MeetingPlan(annual_invite_by=(4, 20), annual_hold_by=(5, 31))
NOW = datetime(2027, 4, 1, 9, 0, tzinfo=JST)


def test_the_yearly_meeting_is_late_after_31_may() -> None:
    """AGE-A1: held on 31 May is in time, also where that is no business day; the next midnight in Japan is late."""
    found = deadlines(ANNUAL, date(2026, 4, 1), fiscal_year=2026)
    assert date(2026, 5, 31).isoweekday() == 7
    assert found.hold_by == datetime(2026, 5, 31, 15, 0, tzinfo=UTC)
    assert found.invite_at == datetime(2026, 4, 20, 9, 0, tzinfo=JST)


def test_a_day_that_has_passed_gives_way_to_business_days() -> None:
    """D-6: a procedure that a clerk begins in November has 10 and 30 business days."""
    found = deadlines(ANNUAL, date(2026, 11, 20), fiscal_year=2026)
    assert found.invite_at.date() == date(2026, 12, 7)
    assert found.hold_by == datetime(2027, 1, 9, 0, 0, tzinfo=JST)


def test_a_day_in_january_to_march_ends_the_fiscal_year() -> None:
    found = deadlines(MeetingPlan(annual_hold_by=(3, 31)), date(2026, 4, 1), fiscal_year=2026)
    assert found.hold_by == datetime(2027, 4, 1, 0, 0, tzinfo=JST)


@pytest.mark.parametrize(
    "text",
    [
        "2027-04-20T14:30",
        "2027-04-20T14:30+09:00",
        "2027-04-20T05:30Z",
        "令和9年4月20日 14時30分",
        "令和9年4月20日１４：３０",
    ],
)
def test_a_moment_is_japanese_however_it_is_written(text: str) -> None:
    assert parse_moment(text, "会議の日時") == datetime(2027, 4, 20, 14, 30, tzinfo=JST)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "入力してください"),
        ("2027-04-20", "時刻がありません"),
        ("令和9年4月20日 25時", "25時」という時刻はありません"),
        ("いつか 14時", "会議の日時: .*いつか"),
    ],
)
def test_what_is_no_moment_is_told(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_moment(text, "会議の日時")


def test_a_meeting_lies_ahead_and_has_a_length() -> None:
    assert times("2027-04-01T09:30", None, NOW)[1] == datetime(2027, 4, 1, 10, 30, tzinfo=JST)
    with pytest.raises(InputError, match="もう過ぎています"):
        times("2027-04-01T09:00", "60", NOW)
    for length in ("0", "601", "abc"):
        with pytest.raises(InputError, match="所要時間"):
            times("2027-04-02T09:00", length, NOW)


def test_times_are_written_as_in_a_letter() -> None:
    begin = datetime(2027, 4, 20, 5, 0, tzinfo=UTC)
    assert format_times(begin, datetime(2027, 4, 20, 15, 30, tzinfo=JST)) == "令和9年4月20日（火）14時から15時30分まで"
    assert "令和9年4月21日（水）9時まで" in format_times(begin, datetime(2027, 4, 21, 9, 0, tzinfo=JST))
