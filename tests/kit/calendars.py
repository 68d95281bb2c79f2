"""Reads the calendar entry of a mail as a calendar program does: strictly, and both copies have to be the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import SMTP
from typing import cast

from icalendar import Calendar, Event


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A calendar entry. ``attendees`` are addresses; ``zone`` is the TZID of its begin."""

    method: str
    uid: str
    sequence: int
    status: str
    summary: str
    location: str
    starts_at: datetime
    ends_at: datetime
    stamp: datetime
    zone: str
    organizer: str
    attendees: list[str]


def entry_of(raw: bytes) -> Entry:
    """Return the entry of a mail; fails unless the part that Outlook reads and the file hold one and the same."""
    message = message_from_bytes(raw, policy=SMTP)
    (alternative,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    (file,) = [part for part in message.iter_attachments() if part.get_content_type() == "application/ics"]
    content = cast("bytes", file.get_payload(decode=True))
    assert cast("bytes", alternative.get_payload(decode=True)) == content
    assert (alternative.get_content_charset(), file.get_filename()) == ("utf-8", "invite.ics")
    assert all(len(line) <= 75 for line in content.split(b"\r\n")), "a line that is not folded"
    calendar = Calendar.from_ical(content)
    assert calendar.errors == []
    method = str(calendar["METHOD"])
    assert alternative.get_param("method") == method
    (event,) = calendar.events
    assert event.errors == []
    assert event.DTSTART.tzinfo is not None
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ["Asia/Tokyo"]
    return _entry(method, event)


def _entry(method: str, event: Event) -> Entry:
    people = event.get("ATTENDEE", [])
    return Entry(
        method=method,
        uid=str(event["UID"]),
        sequence=int(str(event["SEQUENCE"])),
        status=str(event["STATUS"]),
        summary=str(event["SUMMARY"]),
        location=str(event["LOCATION"]),
        starts_at=event.DTSTART,
        ends_at=event.DTEND,
        stamp=event.DTSTAMP,
        zone=str(event["DTSTART"].params["TZID"]),
        organizer=str(event["ORGANIZER"]).removeprefix("mailto:"),
        attendees=[str(one).removeprefix("mailto:") for one in (people if isinstance(people, list) else [people])],
    )
