"""A meeting as an iCalendar object that calendar programs take in, change and take out again (ALL-4, RFC 5545/5546)."""

from __future__ import annotations

from datetime import datetime
from email.headerregistry import Address
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard, vCalAddress

from workers.adapters.mail.message import CalendarPart, address, one_line
from workers.domain.jst import JST
from workers.domain.meetings import Invitation

_ZONE: Final = ZoneInfo("Asia/Tokyo")  # JST by the name that other calendars know
_PRODUCT: Final = "-//renkei//partnership agreements//JA"


def calendar_part(invitation: Invitation, organizer: Address, now: datetime) -> CalendarPart:
    """Return the object for a mail: METHOD REQUEST, or CANCEL for a meeting that will not be held.

    ``organizer`` is the city's sender, ``now`` the business clock's time. The zone is written out (VTIMEZONE
    Asia/Tokyo), so that it means the same wherever it is read. Raises InputError for an attendee's bad address.
    """
    method = "CANCEL" if invitation.cancelled else "REQUEST"
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    calendar.add_component(_tokyo())
    calendar.add_component(_event(invitation, organizer, now))
    return CalendarPart(method=method, content=calendar.to_ical().decode())


def _event(invitation: Invitation, organizer: Address, now: datetime) -> Event:
    event = Event()
    event.add("uid", invitation.uid)
    event.add("sequence", invitation.sequence)
    event.add("dtstamp", now)
    event.add("dtstart", invitation.starts_at.astimezone(_ZONE))
    event.add("dtend", invitation.ends_at.astimezone(_ZONE))
    event.add("summary", one_line(invitation.title))
    event.add("location", one_line(invitation.place))
    event.add("description", invitation.description)
    event.add("status", "CANCELLED" if invitation.cancelled else "CONFIRMED")
    event.add("organizer", _person(organizer))
    for name, mail in invitation.attendees:
        attendee = _person(address(name, mail, "会議の出席者"))
        attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"})
        event.add("attendee", attendee, encode=False)
    return event


def _person(mailbox: Address) -> vCalAddress:
    person = vCalAddress(f"mailto:{mailbox.addr_spec}")
    if mailbox.display_name:
        # a double quote cannot stand in a parameter's value, not even escaped (RFC 5545, 3.2)
        person.params["CN"] = mailbox.display_name.replace('"', "'")
    return person


def _tokyo() -> Timezone:
    """Return Japan's zone: nine hours ahead of UTC since 1952, without summer time."""
    standard = TimezoneStandard()
    standard.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 (a zone's own rule is written in local time)
    standard.add("tzname", "JST")
    offset = JST.utcoffset(None)
    standard.add("tzoffsetfrom", offset)
    standard.add("tzoffsetto", offset)
    zone = Timezone()
    zone.add("tzid", _ZONE.key)
    zone.add_component(standard)
    return zone
