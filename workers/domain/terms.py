"""Terms of agreements: first term, notice deadline, renewal (D-3 to D-5, ALL-26), by the Civil Code's calendar."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

from workers.domain.agreements import AgreementTerm
from workers.domain.business_days import subtract_business_days
from workers.domain.cities import TermRule, TermRuleKind
from workers.domain.fiscal import fiscal_year, last_day
from workers.domain.jst import jst_date
from workers.domain.wareki import NEVER, WITHOUT_END, format_wareki
from workers.errors import InputError

_LAST_DAYS: Final = {
    TermRuleKind.END_OF_NEXT_FISCAL_YEAR: "翌年度の3月31日",
    TermRuleKind.NEXT_MARCH_31: "翌年3月31日",
}
"""How a draft names the last day that follows from the signing day."""
_DAY: Final = timedelta(days=1)
_LAST_YEAR: Final = 2999  # beyond it somebody has mistyped; renewals must not run past the last day that dates have


def first_term(
    rule: TermRule,
    signed_on: date,
    *,
    starts_on: date | None = None,
    ends_on: date | None = None,
    endless: bool = False,
) -> AgreementTerm:
    """Return term 1 of an agreement; dates written in the agreement win over the rule (D-3, D-4).

    The rule counts from ``starts_on`` where the agreement names one. ``endless``: the agreement names no last day.
    Raises InputError when the end lies before the start, when the rule is ``agreed`` and no end is given, or for a year
    that cannot be meant.
    """
    start = starts_on or signed_on
    if endless and ends_on is None:
        return AgreementTerm(number=1, starts_on=start, expires_on=NEVER, notice_deadline=None)
    for day, where in ((start, "有効期間の始まり"), (ends_on or start, "有効期間の終わり")):
        if day.year > _LAST_YEAR:
            raise InputError(where, f"{format_wareki(day)}は先の年すぎます。日付を確かめてください")
    end = ends_on or _end_by_rule(rule, signed_on, starts_on)
    if end < start:
        raise InputError(
            "協定の満了日", f"{format_wareki(end)}は開始日（{format_wareki(start)}）より前です。日付を確かめてください"
        )
    return AgreementTerm(number=1, starts_on=start, expires_on=end, notice_deadline=notice_deadline(rule, end))


def notice_deadline(rule: TermRule, expires_on: date) -> date | None:
    """Return the last day on which a notice of non-renewal may arrive, or None where the city has no deadline (D-4).

    The same day-number ``notice_months`` earlier, or that month's last day; ``notice_clear_month`` takes one day more.
    It never moves for a holiday.
    """
    if rule.notice_months is None or expires_on == NEVER:
        return None
    deadline = months_before(expires_on, rule.notice_months)
    return deadline - _DAY if rule.notice_clear_month else deadline


def arrived_in_time(deadline: date, received: date | datetime) -> bool:
    """Whether a notice counts: arrival until 23:59 JST of the deadline day (D-4)."""
    day = jst_date(received) if isinstance(received, datetime) else received
    return day <= deadline


def notice_reminder_on(deadline: date, business_days_before: int) -> date:
    """Return the business day on which to remind: ``business_days_before`` of them before the deadline (D-4, D-6)."""
    return subtract_business_days(deadline, max(1, business_days_before))


def renewed_term(rule: TermRule, term: AgreementTerm, *, written_in_agreement: bool = False) -> AgreementTerm | None:
    """Return the term after ``term``, or None where it expires (D-5).

    It begins on the day after expiry and ends on the last day of ``renewal_years``. A rule of kind ``agreed`` renews
    only where the agreement itself says so. An agreement that says so renews each time; one that leaves it to the rule
    renews once where that does not ``repeat``.
    """
    if term.endless or rule.renewal_years is None or (rule.kind is TermRuleKind.AGREED and not written_in_agreement):
        return None
    if term.number > 1 and not (rule.repeat or written_in_agreement):
        return None
    start = term.expires_on + _DAY
    end = last_day_of_years(start, rule.renewal_years)
    return AgreementTerm(
        number=term.number + 1, starts_on=start, expires_on=end, notice_deadline=notice_deadline(rule, end)
    )


def renewal_clause(rule: TermRule, term: AgreementTerm, says: bool | None) -> str:  # noqa: FBT001 (None is a third answer)
    """Return what the agreement's text says of its renewal: ``""`` (none), ``once`` or ``each-time`` (D-5).

    ``says``: what was agreed for this agreement, None where the city's rule holds.
    """
    if says is False or renewed_term(rule, term, written_in_agreement=says is True) is None:
        return ""
    return "each-time" if rule.repeat or says else "once"


def term_in_words(rule: TermRule, term: AgreementTerm | None, *, starts_on: date | None) -> str:
    """Return how the agreement's text gives its first term: 「締結の日から翌年3月31日まで」 (D-3).

    Without ``term`` no day is known yet, and the text says how the term runs; else it names the last day. Years are
    counted as the office chose where the guideline leaves that open (DAT-T1).
    """
    start = format_wareki(starts_on) if starts_on else "締結の日"
    if term is not None and term.endless:
        return f"{start}から{WITHOUT_END}"
    if term is not None:
        return f"{start}から{format_wareki(term.expires_on)}まで"
    if rule.kind is TermRuleKind.YEARS:
        counted = "を1日目とする" if rule.first_day_counts else "の翌日から起算する"
        how = f"（{start}{counted}）" if rule.first_day_asked and starts_on is None else ""
        return f"{start}から{rule.years}年間{how}"
    return f"{start}から{_LAST_DAYS.get(rule.kind, '両者が協議した日')}まで"


def last_day_of_years(first_day: date, years: int) -> date:
    """Return the last day of a period of years whose first day is counted (Civil Code art. 143).

    The day before the same date, or, where that year has no such date, the month's last day.
    """
    try:
        return first_day.replace(year=first_day.year + years) - _DAY
    except ValueError:  # 29 February
        return date(first_day.year + years, 2, 28)


def last_day_of_months(first_day: date, months: int) -> date:
    """Return the last day of a period of months whose first day is counted (Civil Code art. 143), as of years."""
    year, month = divmod(first_day.year * 12 + first_day.month - 1 + months, 12)
    try:
        return date(year, month + 1, first_day.day) - _DAY
    except ValueError:  # that month has no such day
        return date(year, month + 1, monthrange(year, month + 1)[1])


def _end_by_rule(rule: TermRule, signed_on: date, starts_on: date | None) -> date:
    start = starts_on or signed_on
    match rule.kind:
        case TermRuleKind.END_OF_NEXT_FISCAL_YEAR:
            return last_day(fiscal_year(start) + 1)
        case TermRuleKind.NEXT_MARCH_31:
            return date(start.year + 1, 3, 31)
        case TermRuleKind.YEARS if rule.years:
            # Art. 140: the day of signing is no whole day and not counted; a start date of its own begins at 0:00.
            counted = rule.first_day_counts or start != signed_on
            return last_day_of_years(start if counted else start + _DAY, rule.years)
    raise InputError("協定の満了日", "満了日を入力してください（この協定の期間は、当事者が合意した日までです）")


def months_before(day: date, months: int) -> date:
    """Return the same day-number that many months earlier, or that month's last day (D-4)."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
