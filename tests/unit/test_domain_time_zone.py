"""Every business date is a Japanese date, wherever the machine stands (D-7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tests.kit.samples import CITY
from workers.domain.business_days import add_business_days
from workers.domain.cities import SurveyPlan, TermRule, TermRuleKind
from workers.domain.fiscal import fiscal_year
from workers.domain.jst import JST, at, end_of, jst, jst_date
from workers.domain.survey import is_late, schedule
from workers.domain.terms import arrived_in_time, first_term
from workers.domain.wareki import format_wareki, parse_date
from workers.readers.offerinput import parse_content

NEW_YORK = timezone(timedelta(hours=-4))


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York"], autouse=True)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run each test with the machine in another zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_the_zone_is_really_set(zone: str) -> None:
    """The tests below would prove nothing if the machine's zone stood still."""
    offset = datetime(2026, 6, 1, tzinfo=UTC).astimezone().utcoffset()
    hours = {"UTC": 0, "Asia/Tokyo": 9, "America/New_York": -4}[zone]
    assert offset == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 31, 14, 59, 59, tzinfo=UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 15, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2026, 3, 31, 23, 59, tzinfo=UTC), date(2026, 4, 1)),  # 08:59 in Japan: UTC says yesterday
        (datetime(2026, 3, 31, 10, 59, tzinfo=NEW_YORK), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 11, 0, tzinfo=NEW_YORK), date(2026, 4, 1)),
        (datetime(2026, 4, 1, 0, 0, tzinfo=JST), date(2026, 4, 1)),
    ],
)
def test_a_moment_has_its_japanese_date(moment: datetime, day: date) -> None:
    """D-7, D-1: the fiscal year turns with Japan's midnight."""
    assert jst_date(moment) == day
    assert fiscal_year(jst_date(moment)) == (2026 if day.month == 4 else 2025)
    assert jst(moment) == moment


def test_a_moment_without_a_zone_is_refused() -> None:
    """D-7: it would be read in the machine's zone."""
    with pytest.raises(ValueError, match="without a zone"):
        jst_date(datetime(2026, 4, 1))  # noqa: DTZ001 (the mistake under test)


def test_clock_times_of_a_day_are_those_of_japan() -> None:
    """D-7."""
    assert at(date(2026, 6, 22), 9).astimezone(UTC) == datetime(2026, 6, 22, 0, 0, tzinfo=UTC)
    assert end_of(date(2026, 6, 22)).astimezone(UTC) == datetime(2026, 6, 22, 15, 0, tzinfo=UTC)


def test_the_surveys_moments_do_not_move_with_the_machine() -> None:
    """D-6, D-7."""
    plan = schedule(SurveyPlan(answer_days=10, remind_before=3), date(2026, 6, 8))
    assert plan.due_at.astimezone(UTC) == datetime(2026, 6, 22, 15, tzinfo=UTC)
    assert plan.on_day_at.astimezone(UTC) == datetime(2026, 6, 22, 0, tzinfo=UTC)
    assert not is_late(plan.due_on, datetime(2026, 6, 22, 14, 59, 59, tzinfo=UTC))
    assert is_late(plan.due_on, datetime(2026, 6, 22, 15, 0, tzinfo=UTC))


def test_dates_and_terms_do_not_move_with_the_machine() -> None:
    """D-2, D-3, D-4, D-6, D-7."""
    assert parse_date("令和8年4月1日") == date(2026, 4, 1)
    assert format_wareki(date(2019, 5, 1)) == "令和元年5月1日"
    assert add_business_days(date(2026, 12, 28), 1) == date(2027, 1, 4)
    term = first_term(TermRule(kind=TermRuleKind.NEXT_MARCH_31), date(2026, 6, 1))
    assert (term.expires_on, term.notice_deadline) == (date(2027, 3, 31), date(2027, 2, 28))
    assert arrived_in_time(date(2027, 2, 28), datetime(2027, 2, 28, 14, 59, tzinfo=UTC))
    assert not arrived_in_time(date(2027, 2, 28), datetime(2027, 2, 28, 15, 0, tzinfo=UTC))


def test_an_offers_date_does_not_move_with_the_machine() -> None:
    """D-2, D-7."""
    project = {"field": 1, "title": "事業", "content": "内容"}
    data = {"date": "令和8年6月8日", "purpose": "目的", "fields": [1], "projects": [project]}
    assert parse_content(data, CITY, date(2026, 6, 8)).offered_on == date(2026, 6, 8)
