"""What is due as a calendar that calendar programs subscribe to (RFC 5545): days without a time, no personal data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from workers.domain.duedays import DueDay


def due_calendar(days: Iterable[DueDay], now: datetime) -> bytes:
    """Return the calendar; an agreement's day keeps its entry when it is read again."""
    calendar = Calendar()
    calendar.add("prodid", "-//renkei//due days//JA")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "連携協定の期日")
    for day in days:
        event = Event()
        event.add("uid", f"{day.entry.id}-{day.entry.term_number}-{day.kind}@renkei")
        event.add("dtstamp", now)
        event.add("dtstart", day.on)
        event.add("dtend", day.on + timedelta(days=1))
        event.add("summary", f"{day.title}: {day.entry.title}")
        event.add("description", f"相手方: {day.entry.partner}")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
