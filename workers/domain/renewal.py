"""Renewal of agreements as a pure rule: when each step of a term is due, and what notices lead to (D-4, D-5, ALL-5).

A term passes through stages: its procedure opens; on the day after the last day for notices it is renewed or not; the
result is told; without renewal the agreement ends with the term. ``due_on`` of a term is the next day on which somebody
has to look at it, so that the daily watch finds its work by one index, however many agreements there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from workers.domain.agreements import Agreement, AgreementEnd, AgreementTerm, Notice, TermStage
from workers.domain.business_days import add_business_days
from workers.domain.cities import City
from workers.domain.contactchecks import next_question
from workers.domain.deadlines import open_period, opening_day, reported_year
from workers.domain.fiscal import first_day, last_day
from workers.domain.terms import arrived_in_time, notice_reminder_on, renewed_term
from workers.domain.wareki import format_wareki
from workers.errors import InputError

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class RenewalPlan:
    """The days of a term's renewal, all Japanese dates.

    ``last_day``: a notice that arrives until its end counts; the notice deadline, or the expiry day where the city has
    none (DAT-T1). ``decide_on``: the day after it. ``tell_on``: when the result is told.
    """

    opens_on: date
    remind_on: date
    last_day: date
    decide_on: date
    tell_on: date
    expires_on: date

    @property
    def over_on(self) -> date:
        """The first day after the term."""
        return self.expires_on + _DAY


def opens_on(city: City, term: AgreementTerm) -> date:
    """Return the day on which a term's renewal procedure opens; raises InputError for one that has no end."""
    if term.endless:
        raise InputError("更新", "有効期間の終わりがない（無期限の）協定に、更新の手続はありません")
    return (term.notice_deadline or term.expires_on) - timedelta(days=city.renewal.opens_days_before)


def renewal_plan(city: City, term: AgreementTerm) -> RenewalPlan:
    """Return the days of a term's renewal under the city's rule (D-4, ALL-5); raises InputError as :func:`opens_on`."""
    last_day = term.notice_deadline or term.expires_on
    return RenewalPlan(
        opens_on=opens_on(city, term),
        remind_on=notice_reminder_on(last_day, city.renewal.remind_before),
        last_day=last_day,
        decide_on=last_day + _DAY,
        tell_on=add_business_days(last_day, max(1, city.renewal.tell_after)),
        expires_on=term.expires_on,
    )


def next_term(city: City, agreement: Agreement, term: AgreementTerm) -> AgreementTerm | None:
    """Return the term that follows without a notice, None where the agreement ends with this one (D-5).

    What the agreement itself says of its renewal wins over the city's rule.
    """
    if agreement.renews is False:
        return None
    rule = city.renewing_by(agreement.renewal_years, agreement.notice_months).term
    return renewed_term(rule, term, written_in_agreement=agreement.renews is True)


def renews_by(city: City, agreement: Agreement) -> int | None:
    """Return the years by which the newest term is renewed without a notice, None where it is not (D-5)."""
    renewed = next_term(city, agreement, agreement.current_term) is not None
    return city.renewing_by(agreement.renewal_years).term.renewal_years if renewed else None


def watch(city: City, agreement: Agreement, today: date) -> None:
    """Put an agreement under the daily watch: the newest term's first step, the next yearly cycle and question."""
    watch_term(city, agreement.current_term)
    agreement.cycle_due_on = first_opening(city, today)
    agreement.contacts_due_on = next_question(city, today)


def watch_term(city: City, term: AgreementTerm) -> None:
    """Let a term wait for its renewal's opening; one without an end waits for nothing."""
    if term.endless:
        term.stage, term.due_on = TermStage.SETTLED, None
    else:
        term.stage, term.due_on = TermStage.OPEN, opens_on(city, term)


def unwatch(city: City, agreement: Agreement) -> None:
    """Take an agreement that has ended off the daily watch; its last year is still collected."""
    agreement.cycle_due_on = due_opening(city, agreement, agreement.cycle_due_on)
    agreement.contacts_due_on = None
    for term in agreement.terms:
        term.stage, term.due_on = TermStage.SETTLED, None


def first_opening(city: City, today: date) -> date:
    """Return when the yearly procedure of an agreement opens first.

    Where the year that it collects has not ended yet, the one that is open already is for a new agreement, too.
    """
    period = open_period(city.cycle, today)
    if today <= last_day(reported_year(city.cycle, period)):
        return opening_day(city.cycle, period)
    return next_opening(city, today)


def due_opening(city: City, agreement: Agreement, opening: date | None) -> date | None:
    """Return an opening day, None where the agreement ended before the year whose projects are collected then."""
    if opening is None or agreement.ended_on is None:
        return opening
    year = reported_year(city.cycle, open_period(city.cycle, opening))
    return opening if first_day(year) <= agreement.ended_on else None


def concerns_opening(city: City, agreement: Agreement, opening: date) -> bool:
    """Whether a yearly procedure is for an agreement: in force when it opens or in the year that it collects."""
    year = reported_year(city.cycle, open_period(city.cycle, opening))
    return agreement.in_force(opening) or agreement.in_force_between(first_day(year), last_day(year))


def next_opening(city: City, after: date) -> date:
    """Return the first opening day of the yearly cycle after a day."""
    return opening_day(city.cycle, open_period(city.cycle, after) + 1)


def blocking(term: AgreementTerm, notices: Iterable[Notice], last_day: date) -> list[Notice]:
    """Return the notices that keep a term from being renewed: received in time and not taken back."""
    return [
        notice
        for notice in notices
        if notice.term_number == term.number and not notice.overruled and arrived_in_time(last_day, notice.received_on)
    ]


def term_at(agreement: Agreement, day: date) -> AgreementTerm | None:
    """Return the term that covers a day."""
    return next((term for term in agreement.terms if term.counts and term.starts_on <= day <= term.expires_on), None)


def decide(city: City, agreement: Agreement, term: AgreementTerm, *, blocked: bool) -> bool:
    """Renew a term or let it run out, and return whether it is renewed; deciding again changes nothing.

    The successor of a renewal that was reversed is taken back into force: a term's number is given once.
    """
    successor = next((entry for entry in agreement.terms if entry.number == term.number + 1), None)
    if successor is not None and successor.counts:
        return True
    planned = None if blocked else next_term(city, agreement, term)
    plan = renewal_plan(city, term)
    if planned is None:
        term.stage, term.due_on = TermStage.EXPIRE, plan.over_on
        return False
    if successor is None:
        successor = planned
        agreement.terms.append(successor)
    successor.reversed_on = None
    watch_term(city, successor)
    term.stage, term.due_on = TermStage.TELL, plan.tell_on
    return True


def reverse(city: City, agreement: Agreement, term: AgreementTerm, today: date) -> bool:
    """Take a recorded renewal back, because a notice had arrived in time; False where there was none (ALL-5)."""
    successor = next((entry for entry in agreement.terms if entry.number == term.number + 1 and entry.counts), None)
    if successor is None:
        return False
    if any(entry.number > successor.number and entry.counts for entry in agreement.terms):
        raise InputError(
            "受領日", f"第{term.number}期のあとに2回以上更新されています。協定の変更または解除の手続で扱ってください"
        )
    successor.reversed_on, successor.stage, successor.due_on = today, TermStage.SETTLED, None
    term.stage, term.due_on = TermStage.EXPIRE, renewal_plan(city, term).over_on
    return True


def expire(city: City, agreement: Agreement, term: AgreementTerm) -> None:
    """End an agreement with its term; one that was terminated before stays so."""
    if agreement.ended_on is None:
        agreement.ended_on, agreement.end = term.expires_on, AgreementEnd.EXPIRED
    unwatch(city, agreement)


def open_to_notices(city: City, agreement: Agreement, term: AgreementTerm) -> bool:
    """Whether a notice means anything: the term is renewed without one, or was."""
    return next_term(city, agreement, term) is not None


def check_received(term: AgreementTerm | None, received_on: date, last_day: date | None, today: date) -> None:
    """Refuse a notice that cannot count: not arrived yet, outside every term, after the last day (D-4).

    Raises InputError for the field 受領日.
    """
    if received_on > today:
        raise InputError("受領日", f"{format_wareki(received_on)} はまだ来ていません")
    if term is None or last_day is None:
        raise InputError("受領日", f"{format_wareki(received_on)} は、この協定の有効期間に入っていません")
    if received_on > last_day:
        raise InputError(
            "受領日",
            f"{format_wareki(received_on)} は期限（{format_wareki(last_day)}）のあとです。"
            "この申出では更新は止まりません。解除の手続で扱ってください",
        )
