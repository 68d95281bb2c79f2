"""The registry's agreements, their terms and what is done under them: plain dataclasses, mapped like ``entities``.

Dates are Japanese calendar dates. Field numbers are those of the city's own list (``city.toml`` ``[[fields]]``).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from workers.domain.entities import Partner
from workers.domain.wareki import NEVER, WITHOUT_END, format_wareki
from workers.errors import InputError


class AgreementEnd(StrEnum):
    """Why an agreement is no longer in force."""

    EXPIRED = "expired"
    TERMINATED = "terminated"


class TermStage(StrEnum):
    """What comes next in a term: open its procedure, decide on its renewal, tell the result, end with it."""

    OPEN = "open"
    DECIDE = "decide"
    TELL = "tell"
    EXPIRE = "expire"
    SETTLED = "settled"


class Side(StrEnum):
    """Who speaks: the city or the partner."""

    CITY = "city"
    PARTNER = "partner"


class ActivityStatus(StrEnum):
    """Where a project under an agreement stands (ALL-6)."""

    PLANNED = "planned"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(eq=False, kw_only=True)
class AgreementTerm:
    """One term of an agreement; term 1 begins with the signature (D-3, D-4).

    ``stage`` and ``due_on``: the next step of its renewal and the day from which it is due, see ``domain.renewal``.
    ``reversed_on``: when the renewal that made this term was taken back; the row stays as a record. ``expires_on`` is
    ``NEVER`` where the agreement has no end (D-3).
    """

    id: int | None = None
    number: int
    starts_on: date
    expires_on: date
    notice_deadline: date | None
    stage: TermStage = TermStage.SETTLED
    due_on: date | None = None
    reversed_on: date | None = None

    @property
    def counts(self) -> bool:
        """Whether the term is in force on its days: its renewal was not taken back."""
        return self.reversed_on is None

    @property
    def endless(self) -> bool:
        """Whether it goes on until somebody ends it: no renewal is ever due."""
        return self.expires_on == NEVER

    @property
    def in_words(self) -> str:
        """``令和8年4月1日から令和9年3月31日まで``, or ``令和8年4月1日から（無期限）``."""
        start = format_wareki(self.starts_on)
        return f"{start}から（{WITHOUT_END}）" if self.endless else f"{start}から{format_wareki(self.expires_on)}まで"


@dataclass(eq=False, kw_only=True)
class Notice:
    """A notice of non-renewal or an objection, by either side (D-4, DAT-T1).

    What counts is ``received_on``, not when it was entered. A notice that was withdrawn still counts until the office
    has decided otherwise: ``overruled`` (the term is renewed all the same).
    """

    id: int | None = None
    agreement_id: str
    term_number: int
    side: Side
    received_on: date
    entered_at: datetime
    reason: str = ""
    withdrawn_on: date | None = None
    overruled: bool = False
    decision: str = ""


@dataclass(eq=False, kw_only=True)
class AgreementVersion:
    """What an agreement says from a day on (ISE-T4). Version 1 is the agreement as it was signed.

    ``expires_on``: the last day that an amendment gave the term of that time, None where it left it. ``applied``: its
    day has come, the agreement says so now.
    """

    id: int | None = None
    number: int
    effective_on: date
    title: str
    purpose: str
    fields: list[int]
    expires_on: date | None = None
    case_id: str | None = None
    applied: bool = True


@dataclass(eq=False, kw_only=True)
class Agreement:
    """A signed agreement. ``id`` is ``CITY-aN``; ``fields`` are the chosen numbers of the city's list.

    ``case_id``: the signing case, None for an agreement that was made before renkei. ``number``: the office's own
    number of an imported one. ``department``: the contracting unit's code where it is not the office. ``renews``: what
    the agreement itself says of its renewal, None where the city's rule holds (D-5). ``renewal_years``: by how many
    years it renews, ``notice_months``: how many months before its last day a notice must have come (0: until that day);
    None where the city's rule says so. ``ended_on``: its last day, where it ended by expiry or termination.
    ``whole_guideline`` False: made before the guideline, so only results, meetings and termination apply (ISE-T3).
    ``remark``: what an office's list says beside it.
    ``cycle_due_on``: the day on which its next yearly procedure opens. ``contacts_due_on``:
    when its partner is asked to confirm its contacts. ``versions`` is empty until the first amendment.
    """

    id: str
    case_id: str | None
    city: str
    kind: str
    title: str
    signed_on: date
    parties: list[str]
    fields: list[int]
    number: str | None = None
    partner: Partner | None = None
    partner_kind: str = ""
    trade: str = ""
    department: str = ""
    renews: bool | None = None
    renewal_years: int | None = None
    notice_months: int | None = None
    whole_guideline: bool = True
    ended_on: date | None = None
    end: AgreementEnd | None = None
    remark: str | None = None
    cycle_due_on: date | None = None
    contacts_due_on: date | None = None
    terms: list[AgreementTerm] = field(default_factory=list)
    versions: list[AgreementVersion] = field(default_factory=list)

    @property
    def current_term(self) -> AgreementTerm:
        """The newest term that counts."""
        return max((term for term in self.terms if term.counts), key=lambda term: term.number)

    @property
    def last_day(self) -> date:
        """The day with which it is over, as far as is known."""
        return min(self.current_term.expires_on, self.ended_on or date.max)

    def term(self, number: int) -> AgreementTerm:
        """Return the term of a number; raises InputError where there is none."""
        for entry in self.terms:
            if entry.number == number:
                return entry
        raise InputError("期", f"協定 {self.id} に第{number}期はありません")

    def in_force(self, on: date) -> bool:
        """Whether a term covers the day and the agreement has not ended before it."""
        return self.in_force_between(on, on)

    def in_force_between(self, first: date, last: date) -> bool:
        """Whether it was in force on any day from ``first`` to ``last``."""
        end = self.ended_on or date.max
        return any(
            term.counts and term.starts_on <= min(last, end) and first <= min(term.expires_on, end)
            for term in self.terms
        )


@dataclass(eq=False, kw_only=True)
class ActivityReport:
    """What was answered of a project for one fiscal year: how it stood, what was done, what was thought of it (ALL-6).

    ``partner_result``: what the other side reported of its own doing (ISE-A1).
    """

    id: int | None = None
    fiscal_year: int
    status: ActivityStatus
    result: str = ""
    partner_result: str = ""
    evaluation: str = ""
    reported_at: datetime | None = None


@dataclass(eq=False, kw_only=True)
class Activity:
    """連携事業: a project that is planned, runs or ran under an agreement (ALL-6, ISE-F4).

    One that runs over years is one project; ``reports`` has what was answered of each year, and ``status``, ``result``
    and ``evaluation`` are the newest. ``fiscal_year``: the year of its plan. ``case_id``: the case in which it was
    agreed or reported. ``department`` is a code of departments.csv. ``reason``: why it runs in another fiscal
    year than the rule says (AGE-A3).
    """

    id: int | None = None
    agreement_id: str
    case_id: str | None
    fiscal_year: int
    field: int
    title: str
    content: str = ""
    department: str = ""
    cost_to_city: bool = False
    status: ActivityStatus = ActivityStatus.PLANNED
    starts_on: date | None = None
    ends_on: date | None = None
    result: str = ""
    evaluation: str = ""
    reason: str = ""
    reported_at: datetime | None = None
    reports: list[ActivityReport] = dataclasses.field(default_factory=list)
