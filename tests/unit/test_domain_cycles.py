"""For which agreements a yearly procedure opens: in force on any day of the year that it collects (ISE-A1, DAT-A)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.kit.samples import city
from workers.domain.agreements import Agreement, AgreementEnd, AgreementTerm
from workers.domain.cities import CycleRule
from workers.domain.renewal import concerns_opening, due_opening, expire, unwatch, watch

APRIL = city(cycle=CycleRule())
MARCH_BEFORE = city(cycle=CycleRule(opens=(3, 1), coming=True))
MARCH_AFTER = city(cycle=CycleRule(opens=(3, 1)))
DAY = timedelta(days=1)


def _agreement(starts: date, expires: date, ended: date | None = None) -> Agreement:
    term = AgreementTerm(number=1, starts_on=starts, expires_on=expires, notice_deadline=None)
    facts = {"kind": "comprehensive", "title": "", "signed_on": starts, "parties": [], "fields": [1]}
    agreement = Agreement(id="a", case_id=None, city="midori", terms=[term], **facts)  # type: ignore[arg-type]
    if ended:
        agreement.ended_on, agreement.end = ended, AgreementEnd.TERMINATED
    return agreement


@pytest.mark.parametrize(
    ("starts", "expires", "ended", "concerned"),
    [
        (date(2024, 6, 1), date(2027, 3, 31), None, True),  # its last day is the last of the year collected
        (date(2024, 6, 1), date(2026, 4, 1), None, True),
        (date(2024, 6, 1), date(2026, 3, 31), None, False),
        (date(2024, 6, 1), date(2029, 3, 31), date(2026, 6, 30), True),
        (date(2024, 6, 1), date(2029, 3, 31), date(2026, 3, 31), False),
        (date(2027, 2, 1), date(2028, 3, 31), None, True),  # signed in February: its first year ends in March
        (date(2027, 4, 1), date(2028, 3, 31), None, True),  # begins on the day itself
        (date(2027, 4, 2), date(2028, 3, 31), None, False),
    ],
)
def test_the_opening_of_april_2027_is_for_every_agreement_of_the_year_before(
    starts: date, expires: date, ended: date | None, *, concerned: bool
) -> None:
    assert concerns_opening(APRIL, _agreement(starts, expires, ended), date(2027, 4, 1)) is concerned


@pytest.mark.parametrize(
    ("rule", "signed", "opening"),
    [
        (APRIL, date(2027, 2, 1), date(2027, 4, 1)),
        (APRIL, date(2027, 4, 1), date(2028, 4, 1)),
        (MARCH_BEFORE, date(2027, 2, 28), date(2027, 3, 1)),
        (MARCH_BEFORE, date(2027, 3, 10), date(2027, 3, 1)),  # the procedure that is open is for it, too
        (MARCH_BEFORE, date(2027, 4, 1), date(2028, 3, 1)),
        (MARCH_AFTER, date(2027, 3, 31), date(2027, 3, 1)),
        (MARCH_AFTER, date(2027, 4, 1), date(2028, 3, 1)),
    ],
    ids=str,
)
def test_the_first_opening_collects_the_year_of_the_signature(rule: object, signed: date, opening: date) -> None:
    agreement = _agreement(signed, date(2030, 3, 31))
    watch(rule, agreement, signed)  # type: ignore[arg-type]
    assert agreement.cycle_due_on == opening


def test_an_agreement_that_has_ended_stays_due_until_its_last_year_is_collected() -> None:
    agreement = _agreement(date(2026, 6, 1), date(2027, 3, 31))
    watch(APRIL, agreement, date(2026, 6, 1))
    expire(APRIL, agreement, agreement.terms[0])
    assert (agreement.ended_on, agreement.cycle_due_on) == (date(2027, 3, 31), date(2027, 4, 1))
    assert due_opening(APRIL, agreement, date(2028, 4, 1)) is None
    assert agreement.terms[0].due_on is None


def test_one_that_ended_before_the_year_is_not_due() -> None:
    agreement = _agreement(date(2024, 6, 1), date(2029, 3, 31), date(2027, 4, 30))
    agreement.cycle_due_on = date(2028, 3, 1)
    unwatch(MARCH_BEFORE, agreement)
    assert agreement.cycle_due_on == date(2028, 3, 1)
    agreement.ended_on = date(2027, 4, 1) - DAY
    unwatch(MARCH_BEFORE, agreement)
    assert agreement.cycle_due_on is None
