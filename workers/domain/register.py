"""The register of agreements as a list: what one may ask it, and a line of the answer (ASA-7, ALL-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workers.domain.agreements import ActivityStatus, AgreementEnd


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


@dataclass(frozen=True, kw_only=True)
class ActivityEntry:
    """A project under an agreement, as statistics count it."""

    agreement_id: str
    fiscal_year: int
    field: int
    department: str
    cost_to_city: bool
    status: ActivityStatus
