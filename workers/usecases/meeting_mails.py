"""The mails of a meeting, each with the calendar entry that belongs to it (ALL-4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workers.domain.entities import Case
from workers.domain.meetings import Invitation, Meeting
from workers.errors import PermanentError
from workers.usecases.lead import signing_department
from workers.usecases.meeting_people import Recipient, department_recipients, host_recipient, participants
from workers.usecases.ports import UnitOfWork
from workers.usecases.send_mail import mail_context


async def invite(uow: UnitOfWork, case: Case, meeting: Meeting, template: str, *, moved: bool) -> int:
    """Invite everybody, or tell them of the change; returns the number of mails."""
    city = uow.cities.city(case.city)
    people = participants(case, city, meeting)
    entry = _entry(meeting, people)
    for person in people:
        await _send(uow, case, meeting, person, template, entry=entry, moved=moved)
    return len(people)


async def take_back(
    uow: UnitOfWork, case: Case, meeting: Meeting, template: str, *, departments: Iterable[str] | None = None
) -> None:
    """Take the meeting out of the calendars of all who were invited, or of these departments alone."""
    city = uow.cities.city(case.city)
    people = participants(case, city, meeting) if departments is None else department_recipients(city, departments)
    entry = _entry(meeting, people, cancelled=True)
    for person in people:
        await _send(uow, case, meeting, person, template, entry=entry, dropped=departments is not None)


async def remind_host(uow: UnitOfWork, case: Case, meeting: Meeting, template: str) -> None:
    """Remind who holds the meeting, once per meeting and template."""
    person = host_recipient(uow.cities.city(case.city), meeting)
    await _send(uow, case, meeting, person, template)


def _entry(meeting: Meeting, people: Iterable[Recipient], *, cancelled: bool = False) -> Invitation:
    if meeting.starts_at is None or meeting.ends_at is None:
        raise PermanentError(f"会議 {meeting.id} の日時が決まっていません")
    return Invitation(
        uid=meeting.uid,
        sequence=meeting.sequence,
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        place=meeting.place,
        description=meeting.note,
        attendees=tuple((person.name, person.address) for person in people),
        cancelled=cancelled,
    )


async def _send(  # noqa: PLR0913 (the parts of one notice)
    uow: UnitOfWork,
    case: Case,
    meeting: Meeting,
    person: Recipient,
    template: str,
    *,
    entry: Invitation | None = None,
    **values: object,
) -> None:
    city = uow.cities.city(case.city)
    context = {
        **await mail_context(uow, case, city, meeting),
        "moved": False,
        "dropped": False,
        **values,
    }
    if person.key == "partner":
        context["lead"] = await signing_department(uow, case, city)
    key = f"{meeting.id}:{meeting.sequence}:{person.key}:{template}"
    await uow.outbox.mail(replace(person.mail(case, template, key=key, context=context), invitation=entry))
