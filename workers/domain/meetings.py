"""Meetings with a partner and the periods that both sides confirm at them (ALL-4, AGE-A1, AGE-A5, ISE-A2, D-8).

Moments are aware and in Japanese time. A meeting that is moved keeps its ``uid`` and raises its ``sequence``, so that a
calendar program changes the entry that it has (RFC 5546).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from workers.domain.business_days import add_business_days
from workers.domain.cities import MeetingPlan
from workers.domain.dissolution import Period
from workers.domain.fiscal import first_day
from workers.domain.jst import JST, at, end_of, jst
from workers.domain.text import shown
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError

_CLOCK_TIME: Final = re.compile(r"(\d{1,2})(?::|時)(\d{1,2})?分?")
_REMIND_HOUR: Final = 9
LONGEST_MINUTES: Final = 600


class MeetingStatus(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    """To be held; no date yet."""
    SCHEDULED = "scheduled"
    HELD = "held"
    CANCELLED = "cancelled"


@dataclass(eq=False, kw_only=True)
class ExcludedPeriod:
    """Days in which the city's circumstances kept a proposal from being carried out, confirmed by both sides (D-8)."""

    id: int | None = None
    agreement_id: str
    first: date
    last: date
    reason: str
    confirmed_on: date

    @property
    def period(self) -> Period:
        """The days for :func:`workers.domain.dissolution.candidate_from`."""
        return Period(first=self.first, last=self.last)


@dataclass(eq=False, kw_only=True)
class Meeting:
    """A meeting of a case. ``id`` is ``CASEID-mN``; ``departments`` are codes of departments.csv.

    ``host``: the code of the department that holds it; empty: the office. ``agreement_id`` is None
    before the signing. ``minutes``: the record of what was said; ``confirmed``: both sides confirmed the periods of
    D-8 at it.
    """

    id: str
    case_id: str
    agreement_id: str | None
    number: int
    title: str
    uid: str
    host: str = ""
    sequence: int = 0
    status: MeetingStatus = MeetingStatus.PLANNED
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    place: str = ""
    note: str = ""
    departments: list[str] = field(default_factory=list)
    held_on: date | None = None
    minutes: str = ""
    confirmed: bool = False
    periods: list[ExcludedPeriod] = field(default_factory=list)

    @property
    def when(self) -> str:
        """Date and time as one writes them in a letter; empty before there are any."""
        return format_times(self.starts_at, self.ends_at) if self.starts_at and self.ends_at else ""


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """A calendar entry for all who are invited (ALL-4). ``attendees`` are (name, address); the city's sender invites.

    ``cancelled``: the entry is to be taken out of the calendar.
    """

    uid: str
    sequence: int
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    description: str
    attendees: tuple[tuple[str, str], ...]
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class MeetingDeadlines:
    """``invite_at``: the office is reminded when no date stands; ``hold_by``: the last moment to hold the meeting."""

    invite_at: datetime
    hold_by: datetime


def deadlines(plan: MeetingPlan, today: date, *, fiscal_year: int | None = None) -> MeetingDeadlines:
    """Return when a meeting that is opened today has to be arranged and held (AGE-A1, D-6).

    ``fiscal_year``: it is the yearly meeting of that year. A day of the city's that has passed gives way to the
    business days counted from today.
    """
    invite_on = add_business_days(today, plan.invite_days)
    hold_on = add_business_days(today, plan.hold_days)
    if fiscal_year is not None:
        invite_on = _ahead(plan.annual_invite_by, fiscal_year, today, invite_on)
        hold_on = _ahead(plan.annual_hold_by, fiscal_year, today, hold_on)
    return MeetingDeadlines(invite_at=at(min(invite_on, hold_on), _REMIND_HOUR), hold_by=end_of(hold_on))


def _ahead(month_day: tuple[int, int] | None, fiscal_year: int, today: date, otherwise: date) -> date:
    if month_day is None:
        return otherwise
    start = first_day(fiscal_year)
    month, day = month_day
    found = date(fiscal_year if month >= start.month else fiscal_year + 1, month, day)
    return found if found >= today else otherwise


def times(starts_at: object, length: object, now: datetime) -> tuple[datetime, datetime]:
    """Return begin and end of a meeting; raises InputError for a moment that has passed or an impossible length."""
    begin = parse_moment(starts_at, "会議の日時")
    if begin <= now:
        raise InputError("会議の日時", f"{format_wareki(begin.date())}の{_clock(begin)}は、もう過ぎています")
    return begin, begin + timedelta(minutes=_minutes(length))


def parse_moment(value: object, where: str) -> datetime:
    """Read a moment from a form: ISO with or without zone, or a date (wareki too) and a clock time, in Japan's time."""
    text = unicodedata.normalize("NFKC", str(value or "")).strip()
    if not text:
        raise InputError(where, "入力してください")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is not None and ("T" in text or ":" in text):
        return jst(found if found.tzinfo else found.replace(tzinfo=JST))
    match = _CLOCK_TIME.search(text)
    if match is None:
        raise InputError(where, f"「{shown(text)}」に時刻がありません。2027-04-20 14:00 のように書いてください")
    day = parse_date(text[: match.start()].strip(), where)
    try:
        return datetime.combine(day, time(int(match[1]), int(match[2] or 0)), JST)
    except ValueError:
        raise InputError(where, f"「{match[0]}」という時刻はありません") from None


def _minutes(length: object) -> int:
    try:
        minutes = int(str(length or 60))
    except ValueError:
        minutes = 0
    if not 0 < minutes <= LONGEST_MINUTES:
        raise InputError("所要時間", f"1 分から {LONGEST_MINUTES} 分までで入力してください")
    return minutes


def format_times(starts_at: datetime, ends_at: datetime) -> str:
    """Return ``令和9年4月20日（火）14時から15時30分まで``; another day's end is written with its date."""
    begin, end = jst(starts_at), jst(ends_at)
    day = format_wareki(begin.date(), weekday=True)
    last = "" if end.date() == begin.date() else format_wareki(end.date(), weekday=True)
    return f"{day}{_clock(begin)}から{last}{_clock(end)}まで"


def _clock(moment: datetime) -> str:
    return f"{moment.hour}時{moment.minute}分" if moment.minute else f"{moment.hour}時"
