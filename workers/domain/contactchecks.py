"""When a city asks its partners to confirm their contacts, and which agreements one question is for (ALL-25)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from workers.domain.agreements import Agreement
from workers.domain.cities import City, ContactRule, DeadlineRule
from workers.domain.deadlines import Deadline, deadline
from workers.domain.entities import CaseKind
from workers.domain.fiscal import fiscal_year

NEVER: Final = date.max
"""Stands for the day of the next question where the city asks nobody: the watch brings it forward when it begins to."""


def asks_partners(city: City) -> bool:
    """Return whether the city has the yearly question (``[procedures] contacts`` in city.toml)."""
    return CaseKind.CONTACTS in city.procedures


def opening_on_or_before(rule: ContactRule, day: date) -> date:
    """Return the day of the newest yearly question."""
    own = _opening(rule, day.year)
    return own if own <= day else _opening(rule, day.year - 1)


def opening_on_or_after(rule: ContactRule, day: date) -> date:
    """Return the day of the yearly question that comes next, ``day`` itself included."""
    own = _opening(rule, day.year)
    return own if own >= day else _opening(rule, day.year + 1)


def next_question(city: City, after: date) -> date:
    """Return when an agreement's partner is asked next, after a day; :data:`NEVER` where the city asks nobody."""
    return opening_on_or_after(city.contacts, after + timedelta(days=1)) if asks_partners(city) else NEVER


def question_period(opening: date) -> str:
    """Return for which fiscal year a question is asked, as a procedure's period."""
    return str(fiscal_year(opening))


def answer_deadline(rule: ContactRule, today: date) -> Deadline:
    """Return the moments of the day until which a partner that is asked today may answer."""
    own = DeadlineRule(days=rule.answer_days, remind_before=rule.remind_before)
    return deadline(own, today, year=fiscal_year(today))


def asked_together(agreement: Agreement, others: Iterable[Agreement], on: date) -> list[Agreement]:
    """Return the agreements that one question is for: in force, and the same person is written to at the same address.

    ``others``: all of the city's agreements with the partner. A university whose faculties have each their own person
    is asked once for each of them; a company with three agreements and one person is asked once.
    """
    mine = _reached_by(agreement)
    same = [one for one in others if one.id != agreement.id and one.in_force(on) and _reached_by(one) == mine]
    return [agreement, *same]


def _reached_by(agreement: Agreement) -> tuple[str, str]:
    partner = agreement.partner
    return ("", "") if partner is None else (partner.contact.strip(), partner.email.strip().casefold())


def _opening(rule: ContactRule, year: int) -> date:
    month, day = rule.opens
    return date(year, month, day)
