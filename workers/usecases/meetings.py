"""Arrange, move, call off and record a meeting (ALL-4, AGE-A1, AGE-A5, ISE-A2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind
from workers.domain.markdown import plain
from workers.domain.meetings import (
    ExcludedPeriod,
    Meeting,
    MeetingStatus,
    deadlines,
    format_times,
    times,
)
from workers.domain.text import multi_line, single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note, record
from workers.usecases.meeting_mails import invite, remind_host, take_back
from workers.usecases.ports import UnitOfWork

_CANDIDATES_STEP = "meeting-dates"
_MOST_CANDIDATES = 10
_MOST_PERIODS = 20


async def open_meeting(uow: UnitOfWork, case_id: str, title: str, *, host: str = "") -> dict[str, Any]:
    """Register a meeting without a date and return ``meetingId``, ``inviteBy`` and ``holdBy`` (full timestamps).

    ``host``: the code of the department that holds it; empty: the office. The yearly meeting of a yearly
    procedure has the city's own days (AGE-A1).
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    meeting = await _planned(uow, case, city, title, host)
    year = int(case.period) if case.kind is CaseKind.ANNUAL else None
    moments = deadlines(city.meetings, uow.clock.today(), fiscal_year=year)
    return {
        "meetingId": meeting.id,
        "inviteBy": moments.invite_at.isoformat(timespec="seconds"),
        "holdBy": moments.hold_by.isoformat(timespec="seconds"),
        "meetingText": None,
    }


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


async def record_meeting_dates(uow: UnitOfWork, meeting_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Check the dates that the partner is asked about and return them as a form's choices, ``meetingDates``.

    Raises InputError for a date that is missing, has passed or stands twice.
    """
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    rows = [row for row in order.get("candidates") or [] if row.get("startsAt")]
    if not 0 < len(rows) <= _MOST_CANDIDATES:
        raise InputError("候補日", f"1 件から {_MOST_CANDIDATES} 件まで入力してください")
    found = []
    for number, row in enumerate(rows, start=1):
        begin, end = _at(times, row.get("startsAt"), order.get("length"), uow.clock.now(), place=f"候補日 {number}件目")
        found.append({"label": format_times(begin, end), "value": begin.isoformat(timespec="minutes")})
    if len({row["value"] for row in found}) < len(found):
        raise InputError("候補日", "同じ日時が2回入っています")
    _departments(uow.cities.city(case.city), order)
    await record(uow, case, _CANDIDATES_STEP, {"meeting": meeting.id, "dates": found})
    await note(uow, case.id, f"会議の候補日を{len(found)}件決めた")
    return {"meetingDates": found}


def _at(check: Any, *values: Any, place: str) -> Any:
    """Run a check whose error shall name the row that it is about."""
    try:
        return check(*values)
    except InputError as error:
        raise InputError(f"{place} {error.where}", error.message.removeprefix(f"{error.where}: ")) from None


async def schedule_meeting(
    uow: UnitOfWork, meeting_id: str, order: Mapping[str, Any], *, template: str, dropped: str
) -> dict[str, Any]:
    """Fix or move a meeting and invite everybody; who is no longer invited is told so (ALL-4).

    ``order``: ``startsAt``, ``length`` (minutes), ``place``, ``departmentCodes``, ``note``. Returns ``meetingText``.
    Raises InputError for a moment that has passed, a missing place or an unknown department.
    """
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    city = uow.cities.city(case.city)
    begin, end = times(order.get("startsAt"), order.get("length"), uow.clock.now())
    place = single_line(order.get("place") or "", "場所", maximum=200)
    if not place:
        raise InputError("場所", "入力してください")
    codes = _departments(city, order)
    moved = meeting.status is MeetingStatus.SCHEDULED
    removed = [code for code in meeting.departments if code not in codes]
    meeting.starts_at, meeting.ends_at, meeting.place = begin, end, place
    meeting.note = multi_line(order.get("note") or "", "連絡事項", maximum=2000)
    meeting.departments = codes
    meeting.status = MeetingStatus.SCHEDULED
    if moved:
        meeting.sequence += 1
    await take_back(uow, case, meeting, dropped, departments=removed)
    count = await invite(uow, case, meeting, template, moved=moved)
    await note(uow, case.id, f"会議の{'日時を改めた' if moved else '日時を決めた'}: {meeting.when}（案内{count}通）")
    return {"meetingText": meeting_text(meeting, city), "meetingOrder": _present(meeting)}


def _present(meeting: Meeting) -> dict[str, Any]:
    """Return the meeting as the form begins when it is to be changed."""
    length = (meeting.ends_at - meeting.starts_at) if meeting.starts_at and meeting.ends_at else None
    return {
        "startsAt": meeting.starts_at.strftime("%Y-%m-%dT%H:%M") if meeting.starts_at else None,
        "length": str(int(length.total_seconds() // 60)) if length else None,
        "place": meeting.place,
        "departmentCodes": list(meeting.departments),
        "note": meeting.note,
    }


async def cancel_meeting(
    uow: UnitOfWork, meeting_id: str, order: Mapping[str, Any], *, template: str
) -> dict[str, Any]:
    """Call a meeting off and take it out of everybody's calendar.

    With ``order.again`` = ``yes`` a new one is registered. Returns ``meetingOutcome`` = ``cancelled``, ``meetingAgain``
    and the new ``meetingId``; its form begins with the old one's place and people.
    """
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    begun = {**_present(meeting), "startsAt": None}
    if meeting.status is MeetingStatus.HELD:
        raise InputError("会議", "すでに開いた会議は取りやめられません")
    invited = meeting.status is MeetingStatus.SCHEDULED
    meeting.status = MeetingStatus.CANCELLED
    meeting.note = multi_line(order.get("reason") or "", "理由", maximum=2000)
    if invited:
        meeting.sequence += 1
        await take_back(uow, case, meeting, template)
    await note(uow, case.id, f"会議を取りやめた（第{meeting.number}回）")
    again = order.get("again") == "yes"
    if again:
        meeting = await _planned(uow, case, uow.cities.city(case.city), meeting.title, meeting.host)
    return {
        "meetingId": meeting.id,
        "meetingOutcome": "cancelled",
        "meetingAgain": again,
        "meetingText": None,
        "meetingOrder": begun if again else None,
    }


async def record_meeting(uow: UnitOfWork, meeting_id: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the minutes and the periods that both sides confirmed (AGE-A5, D-8); returns ``meetingOutcome`` = ``held``.

    Raises InputError for a day in the future, missing minutes, or a period that stands the wrong way round or was not
    confirmed by both sides.
    """
    meeting = await uow.meetings.get(meeting_id)
    case = await uow.cases.get(meeting.case_id)
    held_on = parse_date(report.get("heldOn") or "", "開いた日")
    if held_on > uow.clock.today():
        raise InputError("開いた日", f"{format_wareki(held_on)} はまだ来ていません")
    minutes = multi_line(report.get("minutes") or "", "議事の要点", maximum=10_000)
    if not minutes:
        raise InputError("議事の要点", "入力してください")
    rows = list(report.get("periods") or [])
    if len(rows) > _MOST_PERIODS:
        raise InputError("除く期間", f"{_MOST_PERIODS} 件までにしてください")
    periods = [_period(meeting, row, number, held_on) for number, row in enumerate(rows, start=1)]
    if periods and report.get("confirmed") is not True:
        raise InputError("双方の確認", "除く期間は、市と相手方の双方が確認したときだけ記録できます")
    meeting.status, meeting.held_on, meeting.minutes = MeetingStatus.HELD, held_on, minutes
    meeting.confirmed = bool(periods)
    meeting.periods[:] = periods  # recorded anew where the office came back from the minutes' mail
    confirmed = f"、除く期間{len(periods)}件を双方で確認" if periods else ""
    await note(uow, case.id, f"会議を開いた: {format_wareki(held_on, weekday=True)}{confirmed}")
    return {"meetingOutcome": "held"}


def _period(meeting: Meeting, row: Mapping[str, Any], number: int, held_on: Any) -> ExcludedPeriod:
    place = f"除く期間 {number}件目"
    if meeting.agreement_id is None:
        raise PermanentError(f"会議 {meeting.id} は協定のものではないため、除く期間を記録できません")
    found = ExcludedPeriod(
        agreement_id=meeting.agreement_id,
        first=parse_date(row.get("first") or "", f"{place}の始まり"),
        last=parse_date(row.get("last") or "", f"{place}の終わり"),
        reason=multi_line(row.get("reason") or "", f"{place}の理由", maximum=1000),
        confirmed_on=held_on,
    )
    if not found.reason:
        raise InputError(f"{place}の理由", "入力してください")
    if found.last < found.first:
        raise InputError(f"{place}の終わり", f"{format_wareki(found.last)} は始まりより前です")
    if found.last > held_on:
        raise InputError(f"{place}の終わり", f"{format_wareki(found.last)} は会議の日より後です")
    return found


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


def meeting_text(meeting: Meeting, city: City) -> str:
    """Return a meeting as the heading text of forms (Markdown)."""
    names = "、".join(city.department(code).name for code in meeting.departments) or "なし"
    return f"**{plain(meeting.title)}**\n\n日時 {meeting.when}\n\n場所 {plain(meeting.place)}\n\n出席する課 {names}"


def _departments(city: City, order: Mapping[str, Any]) -> list[str]:
    return [city.department(str(code)).code for code in dict.fromkeys(order.get("departmentCodes") or [])]
