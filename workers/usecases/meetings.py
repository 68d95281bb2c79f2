"""Arrange, move, call off and record a meeting (ALL-4, AGE-A1, AGE-A5, ISE-A2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind
from workers.domain.meetings import (
    ExcludedPeriod,
    Meeting,
    MeetingDeadlines,
    MeetingStatus,
    deadlines,
    format_times,
)
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note, record
from workers.usecases.lookup import case_and_city
from workers.usecases.meeting_mails import invite, remind_host, take_back
from workers.usecases.ports import UnitOfWork

_CANDIDATES_STEP = "meeting-dates"


@dataclass(frozen=True, kw_only=True)
class MeetingOrder:
    """When and where a meeting is to be held, and which departments (codes) come."""

    starts_at: datetime
    ends_at: datetime
    place: str
    departments: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class MeetingReport:
    """The minutes of a meeting, and the periods that both sides confirmed (D-8)."""

    held_on: date
    minutes: str
    periods: Sequence[ExcludedPeriod] = ()


async def open_meeting(
    uow: UnitOfWork, case_id: str, title: str, *, host: str = ""
) -> tuple[Meeting, MeetingDeadlines]:
    """Register a meeting without a date and return it with the moments by which it is to be arranged and held.

    ``host``: the code of the department that holds it; empty: the office. The yearly meeting of a yearly
    procedure has the city's own days (AGE-A1).
    """
    case, city = await case_and_city(uow, case_id)
    meeting = await _planned(uow, case, city, title, host)
    year = int(case.period) if case.kind is CaseKind.ANNUAL else None
    return meeting, deadlines(city.meetings, uow.clock.today(), fiscal_year=year)


async def _planned(uow: UnitOfWork, case: Case, city: City, title: str, host: str) -> Meeting:
    number = len(await uow.meetings.of_case(case.id)) + 1
    meeting_id = f"{case.id}-m{number}"
    meeting = Meeting(
        id=meeting_id,
        case_id=case.id,
        agreement_id=case.agreement_id,
        number=number,
        title=title,
        uid=f"{meeting_id}@{city.sender.address.rpartition('@')[2]}",
        host=city.department(host).code if host else "",
    )
    await uow.meetings.add(meeting)
    await note(uow, case.id, f"会議を登録した: {title}（第{number}回）")
    return meeting


async def record_meeting_dates(
    uow: UnitOfWork, meeting_id: str, dates: Sequence[tuple[datetime, datetime]]
) -> list[dict[str, str]]:
    """Keep the dates that the partner is asked about and return them as choices; InputError: one stands twice."""
    meeting = await uow.meetings.get(meeting_id)
    if len({begin for begin, _ in dates}) < len(dates):
        raise InputError("候補日", "同じ日時が2回入っています")
    found = [{"label": format_times(begin, end), "value": begin.isoformat(timespec="minutes")} for begin, end in dates]
    case = await uow.cases.get(meeting.case_id)
    await record(uow, case, _CANDIDATES_STEP, {"meeting": meeting.id, "dates": found})
    await note(uow, case.id, f"会議の候補日を{len(found)}件決めた")
    return found


async def schedule_meeting(
    uow: UnitOfWork, meeting_id: str, order: MeetingOrder, *, template: str, dropped: str
) -> Meeting:
    """Fix or move a meeting and invite everybody; who is no longer invited is told so (ALL-4)."""
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    moved = meeting.status is MeetingStatus.SCHEDULED
    removed = [code for code in meeting.departments if code not in order.departments]
    meeting.starts_at, meeting.ends_at, meeting.place = order.starts_at, order.ends_at, order.place
    meeting.note, meeting.departments = order.note, list(order.departments)
    meeting.status = MeetingStatus.SCHEDULED
    if moved:
        meeting.sequence += 1
    await take_back(uow, case, meeting, dropped, departments=removed)
    count = await invite(uow, case, meeting, template, moved=moved)
    await note(uow, case.id, f"会議の{'日時を改めた' if moved else '日時を決めた'}: {meeting.when}（案内{count}通）")
    return meeting


async def cancel_meeting(uow: UnitOfWork, meeting_id: str, reason: str, *, template: str) -> Meeting:
    """Call a meeting off and take it out of everybody's calendar."""
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    if meeting.status is MeetingStatus.HELD:
        raise InputError("会議", "すでに開いた会議は取りやめられません")
    invited = meeting.status is MeetingStatus.SCHEDULED
    meeting.status = MeetingStatus.CANCELLED
    meeting.note = reason
    if invited:
        meeting.sequence += 1
        await take_back(uow, case, meeting, template)
    await note(uow, case.id, f"会議を取りやめた（第{meeting.number}回）")
    return meeting


async def plan_again(uow: UnitOfWork, cancelled: Meeting) -> Meeting:
    """Register a meeting in the place of one that was called off."""
    case, city = await case_and_city(uow, cancelled.case_id)
    return await _planned(uow, case, city, cancelled.title, cancelled.host)


async def record_meeting(uow: UnitOfWork, meeting_id: str, report: MeetingReport) -> None:
    """Keep the minutes and the periods that both sides confirmed (AGE-A5, D-8)."""
    meeting = await uow.meetings.get(meeting_id)
    meeting.status, meeting.held_on, meeting.minutes = MeetingStatus.HELD, report.held_on, report.minutes
    meeting.confirmed = bool(report.periods)
    meeting.periods[:] = report.periods  # recorded anew where the office came back from the minutes' mail
    confirmed = f"、除く期間{len(report.periods)}件を双方で確認" if report.periods else ""
    await note(uow, meeting.case_id, f"会議を開いた: {format_wareki(report.held_on, weekday=True)}{confirmed}")


async def remind_meeting(uow: UnitOfWork, meeting_id: str, *, template: str, unless: str) -> None:
    """Remind who holds a meeting that no date stands for, or that was not held (AGE-A1).

    ``meeting_id`` is the one that the diagram has now: one that was called off is no longer waited for. ``unless``:
    ``scheduled`` (a date stands, or it was held) or ``held``: then nobody is reminded.
    """
    meeting = await uow.meetings.get(meeting_id)
    enough = {"scheduled": {MeetingStatus.SCHEDULED, MeetingStatus.HELD}, "held": {MeetingStatus.HELD}}
    if unless not in enough:
        raise PermanentError(f"ヘッダー unless の値 {unless} は使えません（{'・'.join(enough)}）")
    if meeting.status in enough[unless]:
        return
    case = await uow.cases.get(meeting.case_id)
    await remind_host(uow, case, meeting, template)
