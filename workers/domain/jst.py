"""Japanese civil time: every business date is a Japanese date (D-7).

Japan has been nine hours ahead of UTC without summer time since 1952, so a fixed offset is exact and needs neither the
machine's zone nor a zone database.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")


def jst_date(moment: datetime) -> date:
    """Return the Japanese calendar date of an aware moment; raises ValueError for a naive one (D-7)."""
    return jst(moment).date()


def jst(moment: datetime) -> datetime:
    """Return the same moment on Japan's clock; raises ValueError for a naive one (D-7)."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone has no Japanese date")
    return moment.astimezone(JST)


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """Return a clock time of a Japanese day."""
    return datetime.combine(day, time(hour, minute, second), JST)


def end_of(day: date) -> datetime:
    """Return the first moment after a Japanese day: 00:00 of the next."""
    return at(day + timedelta(days=1))
