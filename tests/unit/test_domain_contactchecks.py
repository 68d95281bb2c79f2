"""When partners are asked for their contacts, and which agreements one question is for (ALL-25)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.kit.papers import CITY
from workers.domain.agreements import Agreement, AgreementTerm
from workers.domain.cities import ContactRule
from workers.domain.contactchecks import (
    NEVER,
    answer_deadline,
    asked_together,
    next_question,
    opening_on_or_after,
    opening_on_or_before,
    question_period,
)
from workers.domain.entities import CaseKind, Partner

_RULE = ContactRule(opens=(10, 1))
_ON = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("day", "before", "after"),
    [
        (date(2026, 9, 30), date(2025, 10, 1), date(2026, 10, 1)),
        (date(2026, 10, 1), date(2026, 10, 1), date(2026, 10, 1)),
        (date(2026, 10, 2), date(2026, 10, 1), date(2027, 10, 1)),
        (date(2027, 1, 1), date(2026, 10, 1), date(2027, 10, 1)),
    ],
)
def test_the_openings_around_a_day(day: date, before: date, after: date) -> None:
    """The day itself counts on both sides."""
    assert (opening_on_or_before(_RULE, day), opening_on_or_after(_RULE, day)) == (before, after)


def test_a_city_that_asks_nobody_waits_for_ever() -> None:
    """Its agreements have no day until it begins to ask."""
    silent = replace(CITY, procedures={}, contacts=_RULE)
    asking = replace(silent, procedures={CaseKind.CONTACTS: "common-contact-check"})
    assert (next_question(silent, _ON), next_question(asking, _ON)) == (NEVER, date(2027, 10, 1))


@pytest.mark.parametrize("opens", [(1, 4), (3, 31), (4, 1), (10, 1)])
def test_ten_years_of_questions_have_ten_periods(opens: tuple[int, int]) -> None:
    """Whatever day a city chooses, no fiscal year has two openings."""
    rule, day, periods = ContactRule(opens=opens), _ON, set()
    for _ in range(10):
        day = opening_on_or_after(rule, day + timedelta(days=1))
        periods.add(question_period(day))
    assert len(periods) == 10


def test_the_answers_day_has_its_reminder_before() -> None:
    """Business days: 15 to answer, the reminder 5 before."""
    found = answer_deadline(ContactRule(answer_days=15, remind_before=5), date(2026, 10, 1))
    assert (found.on, found.remind_at.date()) == (date(2026, 10, 23), date(2026, 10, 16))


def _agreement(number: int, partner: Partner | None, *, ended_on: date | None = None) -> Agreement:
    term = AgreementTerm(number=1, starts_on=date(2026, 4, 1), expires_on=date(2029, 3, 31), notice_deadline=None)
    return Agreement(
        id=f"isesaki-a{number}",
        case_id=None,
        city="isesaki",
        kind="comprehensive",
        title="協定",
        signed_on=date(2026, 4, 1),
        parties=["見本大学"],
        fields=[1],
        partner=partner,
        terms=[term],
        ended_on=ended_on,
    )


def _person(contact: str, email: str) -> Partner:
    return Partner(name="見本大学", representative="", contact=contact, email=email)


def test_one_question_is_for_the_agreements_of_one_person() -> None:
    """Another faculty's person is asked apart; an agreement that is over is not asked about."""
    mine = _agreement(1, _person("総務課", "soumu@u.example"))
    same = _agreement(2, _person(" 総務課 ", "Soumu@u.example"))
    other = _agreement(3, _person("医学部", "igaku@u.example"))
    over = _agreement(4, _person("総務課", "soumu@u.example"), ended_on=date(2026, 9, 1))
    found = asked_together(mine, [mine, same, other, over], _ON)
    assert [one.id for one in found] == ["isesaki-a1", "isesaki-a2"]
