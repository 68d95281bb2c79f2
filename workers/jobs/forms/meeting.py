"""A meeting as its diagram and its forms have it (ALL-4, AGE-A1, AGE-A5, ISE-A2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from workers.domain.cities import City
from workers.domain.markdown import plain
from workers.domain.meetings import ExcludedPeriod, Meeting, times
from workers.domain.text import multi_line, single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.jobs.forms.rows import codes
from workers.usecases.meetings import MeetingOrder, MeetingReport

_MOST_CANDIDATES = 10
_MOST_PERIODS = 20


def read_candidates(order: Mapping[str, Any], city: City, now: datetime) -> list[tuple[datetime, datetime]]:
    """Read the dates that the partner is asked about; raises InputError for one that is missing or has passed."""
    rows = [row for row in order.get("candidates") or [] if row.get("startsAt")]
    if not 0 < len(rows) <= _MOST_CANDIDATES:
        raise InputError("候補日", f"1 件から {_MOST_CANDIDATES} 件まで入力してください")
    found = [_candidate(row, order.get("length"), now, number) for number, row in enumerate(rows, start=1)]
    read_departments(order, city)
    return found


def _candidate(row: Mapping[str, Any], length: Any, now: datetime, number: int) -> tuple[datetime, datetime]:
    """Read a date; an error names the row that it is about."""
    try:
        return times(row.get("startsAt"), length, now)
    except InputError as error:
        where = f"候補日 {number}件目 {error.where}"
        raise InputError(where, error.message.removeprefix(f"{error.where}: ")) from None


def read_order(order: Mapping[str, Any], city: City, now: datetime) -> MeetingOrder:
    """Read ``startsAt``, ``length`` (minutes), ``place``, ``departmentCodes``, ``note``.

    Raises InputError for a moment that has passed, a missing place or an unknown department.
    """
    begin, end = times(order.get("startsAt"), order.get("length"), now)
    place = single_line(order.get("place") or "", "場所", maximum=200)
    if not place:
        raise InputError("場所", "入力してください")
    return MeetingOrder(
        starts_at=begin,
        ends_at=end,
        place=place,
        departments=read_departments(order, city),
        note=multi_line(order.get("note") or "", "連絡事項", maximum=2000),
    )


def read_departments(order: Mapping[str, Any], city: City) -> list[str]:
    """Read who comes; raises InputError for an unknown department."""
    return [city.department(code).code for code in codes(order.get("departmentCodes"))]


def read_report(report: Mapping[str, Any], meeting: Meeting, today: date) -> MeetingReport:
    """Read the record of a meeting.

    Raises InputError for a day in the future, missing minutes, or a period that stands the wrong way round or was not
    confirmed by both sides.
    """
    held_on = parse_date(report.get("heldOn") or "", "開いた日")
    if held_on > today:
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
    return MeetingReport(held_on=held_on, minutes=minutes, periods=periods)


def _period(meeting: Meeting, row: Mapping[str, Any], number: int, held_on: date) -> ExcludedPeriod:
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


def meeting_text(meeting: Meeting, city: City) -> str:
    """Return a meeting as the heading text of forms (Markdown)."""
    names = "、".join(city.department(code).name for code in meeting.departments) or "なし"
    return f"**{plain(meeting.title)}**\n\n日時 {meeting.when}\n\n場所 {plain(meeting.place)}\n\n出席する課 {names}"


def order_variable(meeting: Meeting) -> dict[str, Any]:
    """Return the meeting as the form begins when it is to be changed."""
    length = (meeting.ends_at - meeting.starts_at) if meeting.starts_at and meeting.ends_at else None
    return {
        "startsAt": meeting.starts_at.strftime("%Y-%m-%dT%H:%M") if meeting.starts_at else None,
        "length": str(int(length.total_seconds() // 60)) if length else None,
        "place": meeting.place,
        "departmentCodes": list(meeting.departments),
        "note": meeting.note,
    }
