"""First terms, notice deadlines and renewals (D-3 to D-5, ALL-26)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain import terms
from workers.domain.agreements import AgreementTerm
from workers.domain.business_days import is_business_day
from workers.domain.cities import TermRule, TermRuleKind
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki
from workers.errors import InputError

END_OF_NEXT = TermRule(kind=TermRuleKind.END_OF_NEXT_FISCAL_YEAR)
NEXT_MARCH = TermRule(kind=TermRuleKind.NEXT_MARCH_31)
THREE_YEARS = TermRule(kind=TermRuleKind.YEARS, years=3, notice_months=None, renewal_years=3)
THREE_YEARS_FIRST_DAY = TermRule(kind=TermRuleKind.YEARS, years=3, first_day_counts=True)
AGREED = TermRule(kind=TermRuleKind.AGREED)
ONE_MONTH = TermRule(kind=TermRuleKind.NEXT_MARCH_31, notice_months=1)
CLEAR_MONTH = TermRule(kind=TermRuleKind.NEXT_MARCH_31, notice_months=1, notice_clear_month=True)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2080, 12, 31))


def term(expires_on: date, number: int = 1) -> AgreementTerm:
    return AgreementTerm(number=number, starts_on=date(2020, 1, 1), expires_on=expires_on, notice_deadline=None)


@pytest.mark.parametrize(
    ("rule", "signed_on", "expires_on"),
    [
        (END_OF_NEXT, date(2026, 4, 30), date(2028, 3, 31)),
        (END_OF_NEXT, date(2027, 3, 31), date(2028, 3, 31)),
        (END_OF_NEXT, date(2027, 4, 1), date(2029, 3, 31)),
        (END_OF_NEXT, date(2027, 1, 1), date(2028, 3, 31)),
        (NEXT_MARCH, date(2026, 6, 1), date(2027, 3, 31)),
        (NEXT_MARCH, date(2026, 2, 1), date(2027, 3, 31)),
        (NEXT_MARCH, date(2026, 3, 31), date(2027, 3, 31)),
        (NEXT_MARCH, date(2026, 4, 1), date(2027, 3, 31)),
        (NEXT_MARCH, date(2026, 12, 31), date(2027, 3, 31)),
        (NEXT_MARCH, date(2027, 1, 1), date(2028, 3, 31)),
        (THREE_YEARS, date(2026, 5, 10), date(2029, 5, 10)),
        (THREE_YEARS, date(2025, 2, 28), date(2028, 2, 29)),
        (THREE_YEARS, date(2028, 2, 29), date(2031, 2, 28)),
        (THREE_YEARS, date(2026, 3, 31), date(2029, 3, 31)),
        (THREE_YEARS, date(2026, 12, 31), date(2029, 12, 31)),
        (THREE_YEARS_FIRST_DAY, date(2026, 5, 10), date(2029, 5, 9)),
        (THREE_YEARS_FIRST_DAY, date(2026, 4, 1), date(2029, 3, 31)),
        (THREE_YEARS_FIRST_DAY, date(2028, 2, 29), date(2031, 2, 28)),
    ],
)
def test_the_first_term_ends_by_the_citys_rule(rule: TermRule, signed_on: date, expires_on: date) -> None:
    """D-3, AGE-T1, ISE-T1, DAT-T1."""
    first = terms.first_term(rule, signed_on)
    assert (first.number, first.starts_on, first.expires_on) == (1, signed_on, expires_on)
    assert first.notice_deadline == terms.notice_deadline(rule, expires_on)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (END_OF_NEXT, "締結の日から翌年度の3月31日まで"),
        (NEXT_MARCH, "締結の日から翌年3月31日まで"),
        (THREE_YEARS, "締結の日から3年間"),
        (AGREED, "締結の日から両者が協議した日まで"),
    ],
)
def test_a_draft_says_how_the_term_runs(rule: TermRule, words: str) -> None:
    """No day is known before one is agreed, and today is none (ISE-F3); what is known is written."""
    assert terms.term_in_words(rule, None, starts_on=None) == words
    term = terms.first_term(rule, date(2026, 6, 8), ends_on=date(2027, 5, 31))
    assert terms.term_in_words(rule, term, starts_on=None) == "締結の日から令和9年5月31日まで"
    assert terms.term_in_words(rule, term, starts_on=date(2026, 7, 1)) == "令和8年7月1日から令和9年5月31日まで"


@pytest.mark.parametrize(
    ("counts", "words", "last"),
    [
        (False, "締結の日から3年間（締結の日の翌日から起算する）", date(2029, 5, 10)),
        (True, "締結の日から3年間（締結の日を1日目とする）", date(2029, 5, 9)),
    ],
)
def test_a_draft_counts_the_years_as_the_office_chose(counts: bool, words: str, last: date) -> None:  # noqa: FBT001 (a parameter)
    """DAT-T1: the guideline leaves open whether the day of signing counts; the draft says what was chosen."""
    rule = replace(THREE_YEARS, first_day_asked=True, first_day_counts=counts)
    assert terms.term_in_words(rule, None, starts_on=None) == words
    assert terms.first_term(rule, date(2026, 5, 10)).expires_on == last


def test_an_agreement_without_an_end_has_no_deadline_and_no_renewal() -> None:
    """D-3: 無期限. Its text and every list say so; no rule finds a last day for it."""
    endless = terms.first_term(AGREED, date(2026, 6, 8), endless=True)
    assert (endless.endless, endless.notice_deadline) == (True, None)
    assert terms.term_in_words(AGREED, endless, starts_on=None) == "締結の日から無期限"
    assert endless.in_words == "令和8年6月8日から（無期限）"
    assert format_wareki(endless.expires_on, weekday=True) == "無期限"
    assert terms.renewed_term(AGREED, endless, written_in_agreement=True) is None
    assert terms.notice_deadline(ONE_MONTH, endless.expires_on) is None


@pytest.mark.parametrize("rule", [END_OF_NEXT, NEXT_MARCH, THREE_YEARS, AGREED])
def test_dates_written_in_the_agreement_win_over_the_rule(rule: TermRule) -> None:
    """D-3."""
    first = terms.first_term(rule, date(2026, 6, 1), starts_on=date(2026, 7, 1), ends_on=date(2026, 12, 15))
    assert (first.starts_on, first.expires_on) == (date(2026, 7, 1), date(2026, 12, 15))


@pytest.mark.parametrize(
    ("rule", "signed_on", "starts_on", "expires_on"),
    [
        (NEXT_MARCH, date(2026, 12, 20), date(2027, 1, 5), date(2028, 3, 31)),
        (END_OF_NEXT, date(2027, 3, 20), date(2027, 4, 1), date(2029, 3, 31)),
        (THREE_YEARS, date(2026, 5, 10), date(2026, 6, 1), date(2029, 5, 31)),
        (THREE_YEARS, date(2026, 5, 10), date(2026, 5, 10), date(2029, 5, 10)),
    ],
)
def test_the_rule_counts_from_an_agreed_start(
    rule: TermRule, signed_on: date, starts_on: date, expires_on: date
) -> None:
    """ISE-T1; a start later than the signing begins at midnight, so its day is counted (Civil Code art. 140)."""
    first = terms.first_term(rule, signed_on, starts_on=starts_on)
    assert (first.starts_on, first.expires_on) == (starts_on, expires_on)


def test_a_term_of_one_day_is_possible_and_one_of_none_is_not() -> None:
    """D-3, ALL-10."""
    day = date(2026, 6, 1)
    assert terms.first_term(NEXT_MARCH, day, ends_on=day).expires_on == day
    with pytest.raises(InputError, match="令和8年5月31日は開始日（令和8年6月1日）より前です"):
        terms.first_term(NEXT_MARCH, day, ends_on=day - timedelta(days=1))


def test_a_year_that_cannot_be_meant_is_refused() -> None:
    """D-3: no calculation may leave the calendar."""
    both: tuple[dict[str, Any], ...] = ({"starts_on": date(9999, 12, 31)}, {"ends_on": date(9999, 12, 31)})
    for days in both:
        with pytest.raises(InputError, match="先の年すぎます"):
            terms.first_term(THREE_YEARS, date(2026, 4, 1), **days)


@pytest.mark.parametrize("rule", [AGREED, TermRule(kind=TermRuleKind.YEARS)])
def test_a_rule_without_an_end_of_its_own_needs_an_agreed_one(rule: TermRule) -> None:
    """D-3, ALL-10."""
    with pytest.raises(InputError, match="満了日を入力してください"):
        terms.first_term(rule, date(2026, 6, 1))


@pytest.mark.parametrize(
    ("expires_on", "deadline"),
    [
        (date(2027, 3, 31), date(2027, 2, 28)),  # a Sunday: it does not move
        (date(2028, 3, 31), date(2028, 2, 29)),
        (date(2029, 3, 30), date(2029, 2, 28)),
        (date(2027, 3, 15), date(2027, 2, 15)),
        (date(2027, 1, 31), date(2026, 12, 31)),  # a day on which the office is closed
        (date(2026, 12, 31), date(2026, 11, 30)),
        (date(2027, 1, 1), date(2026, 12, 1)),
        (date(2027, 2, 28), date(2027, 1, 28)),
    ],
)
def test_notice_ends_one_civil_code_month_before_expiry(expires_on: date, deadline: date) -> None:
    """D-4, AGE-T1, ISE-T1."""
    assert terms.notice_deadline(ONE_MONTH, expires_on) == deadline
    assert terms.notice_deadline(CLEAR_MONTH, expires_on) == deadline - timedelta(days=1)


def test_more_months_reach_over_the_turn_of_the_year() -> None:
    """D-4."""
    rule = TermRule(kind=TermRuleKind.AGREED, notice_months=14)
    assert terms.notice_deadline(rule, date(2027, 2, 28)) == date(2025, 12, 28)
    assert terms.notice_deadline(TermRule(kind=TermRuleKind.AGREED, notice_months=2), date(2027, 2, 28)) == date(
        2026, 12, 28
    )


def test_a_city_without_a_deadline_has_none() -> None:
    """D-4, DAT-T1."""
    assert terms.notice_deadline(THREE_YEARS, date(2029, 5, 10)) is None


@given(DAYS, st.integers(min_value=1, max_value=24))
def test_the_deadline_lies_in_the_right_month_on_the_same_day_number_or_its_last(expires_on: date, months: int) -> None:
    """D-4."""
    deadline = terms.notice_deadline(TermRule(kind=TermRuleKind.AGREED, notice_months=months), expires_on)
    assert deadline is not None
    assert (expires_on.year - deadline.year) * 12 + expires_on.month - deadline.month == months
    is_last = (deadline + timedelta(days=1)).day == 1
    assert deadline.day == expires_on.day or (is_last and deadline.day < expires_on.day)


@pytest.mark.parametrize(
    ("received", "in_time"),
    [
        (date(2027, 2, 28), True),
        (date(2027, 3, 1), False),
        (datetime(2027, 2, 28, 23, 59, 59, tzinfo=JST), True),
        (datetime(2027, 3, 1, 0, 0, tzinfo=JST), False),
        (datetime(2027, 2, 28, 14, 59, 59, tzinfo=UTC), True),
        (datetime(2027, 2, 28, 15, 0, tzinfo=UTC), False),  # already 1 March in Japan
    ],
)
def test_a_notice_counts_until_the_last_minute_of_the_japanese_day(received: date, in_time: bool) -> None:  # noqa: FBT001 (a column of the table)
    """D-4, D-7."""
    assert terms.arrived_in_time(date(2027, 2, 28), received) is in_time


@pytest.mark.parametrize(("before", "expected"), [(0, 26), (1, 26), (2, 25), (5, 19)])
def test_a_reminder_counts_business_days_back_from_the_deadline(before: int, expected: int) -> None:
    """D-4, D-6: the deadline is Sunday 28 February 2027; the 23rd is a holiday."""
    assert terms.notice_reminder_on(date(2027, 2, 28), before) == date(2027, 2, expected)


@given(DAYS, st.integers(min_value=0, max_value=40))
def test_a_reminder_goes_out_on_a_business_day_before_the_deadline(deadline: date, before: int) -> None:
    """D-4."""
    reminder = terms.notice_reminder_on(deadline, before)
    assert reminder < deadline
    assert is_business_day(reminder)


@pytest.mark.parametrize(
    ("expires_on", "renewed_to"),
    [
        (date(2028, 3, 31), date(2029, 3, 31)),
        (date(2027, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2028, 2, 28), date(2029, 2, 28)),
        (date(2026, 12, 31), date(2027, 12, 31)),
        (date(2026, 5, 9), date(2027, 5, 9)),
    ],
)
def test_a_renewal_ends_with_the_year_that_begins_after_expiry(expires_on: date, renewed_to: date) -> None:
    """D-5."""
    renewed = terms.renewed_term(NEXT_MARCH, term(expires_on))
    assert renewed is not None
    assert (renewed.number, renewed.starts_on) == (2, expires_on + timedelta(days=1))
    assert renewed.expires_on == renewed_to
    assert renewed.notice_deadline == terms.notice_deadline(NEXT_MARCH, renewed_to)


@pytest.mark.parametrize(
    ("expires_on", "renewed_to"),
    [
        (date(2029, 5, 10), date(2032, 5, 10)),
        (date(2028, 2, 28), date(2031, 2, 28)),
        (date(2025, 2, 28), date(2028, 2, 29)),
    ],
)
def test_a_renewal_of_three_years_has_no_notice_deadline(expires_on: date, renewed_to: date) -> None:
    """D-5, DAT-T1."""
    renewed = terms.renewed_term(THREE_YEARS, term(expires_on))
    assert renewed is not None
    assert (renewed.expires_on, renewed.notice_deadline) == (renewed_to, None)


def test_renewal_stops_where_the_pack_says_so() -> None:
    """D-5: ``repeat`` false renews once, ``renewal_years`` None never."""
    once = TermRule(kind=TermRuleKind.NEXT_MARCH_31, repeat=False)
    first = term(date(2027, 3, 31))
    second = terms.renewed_term(once, first)
    assert second is not None
    assert terms.renewed_term(once, second) is None
    assert terms.renewed_term(TermRule(kind=TermRuleKind.NEXT_MARCH_31, renewal_years=None), first) is None
    again = terms.renewed_term(NEXT_MARCH, term(date(2028, 3, 31), number=7))
    assert again is not None
    assert again.number == 8


def test_an_agreed_term_renews_only_where_the_agreement_says_so() -> None:
    """D-5."""
    first = term(date(2027, 3, 31))
    assert terms.renewed_term(AGREED, first) is None
    renewed = terms.renewed_term(AGREED, first, written_in_agreement=True)
    assert renewed is not None
    assert renewed.expires_on == date(2028, 3, 31)


def test_an_agreement_that_says_so_renews_each_time() -> None:
    """D-5: the agreement's word wins over a rule that renews once."""
    once = TermRule(kind=TermRuleKind.AGREED, notice_months=0, repeat=False)
    second = terms.renewed_term(once, term(date(2028, 3, 31), number=2), written_in_agreement=True)
    assert second is not None
    assert (second.number, second.expires_on) == (3, date(2029, 3, 31))
    yearly = TermRule(kind=TermRuleKind.NEXT_MARCH_31, repeat=False)
    assert terms.renewed_term(yearly, term(date(2028, 3, 31), number=2)) is None


@pytest.mark.parametrize(
    ("rule", "says", "clause"),
    [
        (NEXT_MARCH, None, "each-time"),
        (NEXT_MARCH, False, ""),
        (TermRule(kind=TermRuleKind.NEXT_MARCH_31, repeat=False), None, "once"),
        (TermRule(kind=TermRuleKind.NEXT_MARCH_31, repeat=False), True, "each-time"),
        (AGREED, None, ""),
        (AGREED, True, "each-time"),
    ],
)
def test_the_agreements_text_says_what_will_happen(rule: TermRule, says: bool | None, clause: str) -> None:  # noqa: FBT001
    """D-5: the paper and the watch follow the same rule."""
    assert terms.renewal_clause(rule, term(date(2027, 3, 31)), says) == clause


@given(DAYS, st.integers(min_value=1, max_value=10))
def test_renewals_leave_no_day_out_and_keep_the_anniversary(expires_on: date, years: int) -> None:
    """D-5: five renewals in a row."""
    rule = TermRule(kind=TermRuleKind.NEXT_MARCH_31, renewal_years=years)
    current = term(expires_on)
    for _ in range(5):
        following = terms.renewed_term(rule, current)
        assert following is not None
        assert following.starts_on == current.expires_on + timedelta(days=1)
        assert following.expires_on.year - current.expires_on.year == years
        assert following.expires_on.month == current.expires_on.month
        current = following
