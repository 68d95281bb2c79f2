"""The register of agreements as a list: what one may ask it, and a line of the answer (ASA-7, ALL-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from workers.domain.agreements import ActivityStatus, AgreementEnd
from workers.domain.entities import CaseOutcome


@dataclass(frozen=True, kw_only=True)
class RegisterQuery:
    """Which agreements: in force on a day from ``first`` to ``last`` (both included), signed on ``since`` or later.

    What is None or ``""`` does not matter. ``department`` is a code; ``office`` stands for the office itself.
    """

    first: date
    last: date
    city: str | None = None
    since: date | None = None
    field: int | None = None
    partner_kind: str = ""
    trade: str = ""
    department: str = ""
    kind: str = ""


class BookState(StrEnum):
    """How an agreement stands on the day that the book is opened at."""

    IN_FORCE = "in-force"
    ENDING = "ending"
    BEFORE = "before"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    ALL = "all"


STATE_NAMES: Final = {
    BookState.IN_FORCE: "効力あり",
    BookState.ENDING: "満了が近い",
    BookState.BEFORE: "開始前",
    BookState.EXPIRED: "満了",
    BookState.TERMINATED: "解除",
    BookState.ALL: "すべて",
}
ENDING_DAYS: Final = 90
"""So many days before its last day an agreement's end is near."""


class BookOrder(StrEnum):
    """In what order the book is shown."""

    SIGNED = "signed"
    NEWEST = "newest"
    LAST_DAY = "last-day"


@dataclass(frozen=True, kw_only=True)
class BookQuery:
    """What one asks the book of agreements as it is on a day; what is None or ``""`` does not matter.

    ``words``: parts of the partner's name, the title or the number, in any width, kana and legal form. ``since`` and
    ``until``: days of signing, both included. ``department`` is a code; ``office`` stands for the office itself.
    ``last_by``: its last day is that day at the latest.
    ``cities``: None for all. ``of_departments``: beside those cities, agreements of a city that one of some departments
    has signed or works under (city's code, departments' codes).
    """

    on: date
    cities: tuple[str, ...] | None = None
    of_departments: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: str = ""
    state: BookState = BookState.IN_FORCE
    field: int | None = None
    partner_kind: str = ""
    trade: str = ""
    department: str = ""
    kind: str = ""
    since: date | None = None
    until: date | None = None
    last_by: date | None = None
    order: BookOrder = BookOrder.SIGNED


@dataclass(frozen=True, kw_only=True)
class RegisterEntry:
    """An agreement with its newest term and version of the asked days; the fields are those of ``Agreement``."""

    id: str
    number: str
    city: str
    kind: str
    title: str
    signed_on: date
    term_number: int
    starts_on: date
    expires_on: date
    notice_deadline: date | None
    partner: str
    partner_kind: str
    trade: str
    department: str
    fields: tuple[int, ...]
    renews: bool | None
    renewal_years: int | None
    notice_months: int | None
    whole_guideline: bool
    ended_on: date | None
    end: AgreementEnd | None

    @property
    def last_day(self) -> date:
        """The last day of its term, or of the agreement where that ended before."""
        return min(self.expires_on, self.ended_on or date.max)

    def state(self, on: date) -> BookState:
        """Return how it stands on a day."""
        if self.last_day < on:
            return BookState.TERMINATED if self.end is AgreementEnd.TERMINATED else BookState.EXPIRED
        if on < self.starts_on and self.term_number == 1:
            return BookState.BEFORE
        return BookState.ENDING if self.last_day <= on + timedelta(days=ENDING_DAYS) else BookState.IN_FORCE


@dataclass(frozen=True, kw_only=True)
class BookPage:
    """Some lines of the book and how many there are in all."""

    total: int
    entries: tuple[RegisterEntry, ...]


@dataclass(frozen=True, kw_only=True)
class SigningEntry:
    """A signing case as figures count it: the fields of its newest offer, the departments of its projects (codes)."""

    case_id: str
    opened_on: date
    closed_on: date | None
    outcome: CaseOutcome | None
    fields: tuple[int, ...]
    departments: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ActivityEntry:
    """A project under an agreement, as statistics count it."""

    agreement_id: str
    fiscal_year: int
    field: int
    department: str
    cost_to_city: bool
    status: ActivityStatus
