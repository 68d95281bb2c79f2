"""Handlers of meetings (ALL-4, AGE-A1, AGE-A5, ISE-A2)."""

from __future__ import annotations

from typing import Any

from workers.domain.cities import City
from workers.domain.meetings import Meeting
from workers.domain.text import multi_line
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.meeting import meeting_text, order_variable, read_candidates, read_order, read_report
from workers.usecases import meetings
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork

_TEMPLATE = Header(name="template", label="メールのひな形", required=True, offers="mails")


@job_type(
    "open-meeting",
    label="会議を登録する",
    short=True,
    writes=("meetingId", "inviteBy", "holdBy", "meetingText"),
    shelf="procedure",
    audience="common",
)
async def handle_open_meeting(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register a meeting and find the days by which it has to be arranged and held (AGE-A1)."""
    host = str(job.variables.get("meetingHost") or "")
    meeting, moments = await meetings.open_meeting(uow, job.text("caseId"), job.text("meetingTitle"), host=host)
    return {
        "meetingId": meeting.id,
        "inviteBy": moments.invite_at.isoformat(timespec="seconds"),
        "holdBy": moments.hold_by.isoformat(timespec="seconds"),
        "meetingText": None,
    }


@job_type(
    "record-meeting-dates",
    label="会議の候補日を記録する",
    short=True,
    writes=("meetingDates", "formError"),
    headers=CHECKS,
    requires=("meetingOrder.candidates:候補日,meetingOrder.place:場所"),
    by_person=True,
    audience="common",
)
async def handle_record_meeting_dates(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Check the dates that the partner is asked about (ISE-A2)."""
    meeting, city = await _meeting(job, uow)
    dates = read_candidates(job.context("meetingOrder"), city, uow.clock.now())
    return {"meetingDates": await meetings.record_meeting_dates(uow, meeting.id, dates)}


@job_type(
    "schedule-meeting",
    label="会議の日時を決めて案内する",
    headers=(
        _TEMPLATE,
        Header(name="dropped", label="出席が不要になった課へのメールのひな形", required=True, offers="mails"),
        *CHECKS,
    ),
    writes=("meetingText", "meetingOrder", "formError"),
    requires=("meetingOrder.startsAt:会議の日,meetingOrder.place:場所"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_schedule_meeting(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Fix or move the meeting and send the invitations with their calendar entry (ALL-4)."""
    meeting, city = await _meeting(job, uow)
    order = read_order(job.context("meetingOrder"), city, uow.clock.now())
    template, dropped = job.header("template"), job.header("dropped")
    meeting = await meetings.schedule_meeting(uow, meeting.id, order, template=template, dropped=dropped)
    return {"meetingText": meeting_text(meeting, city), "meetingOrder": order_variable(meeting)}


@job_type(
    "cancel-meeting",
    label="会議を取りやめる",
    headers=(_TEMPLATE, *CHECKS),
    writes=("meetingId", "meetingOutcome", "meetingAgain", "meetingText", "meetingOrder", "formError"),
    by_person=True,
    shelf="procedure",
    audience="common",
)
async def handle_cancel_meeting(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Call the meeting off (ALL-4)."""
    order = job.context("meetingOrder")
    begun = {**order_variable(await uow.meetings.get(job.text("meetingId"))), "startsAt": None}
    reason, again = multi_line(order.get("reason") or "", "理由", maximum=2000), order.get("again") == "yes"
    meeting = await meetings.cancel_meeting(uow, job.text("meetingId"), reason, template=job.header("template"))
    return {
        "meetingId": (await meetings.plan_again(uow, meeting)).id if again else meeting.id,
        "meetingOutcome": "cancelled",
        "meetingAgain": again,
        "meetingText": None,
        "meetingOrder": begun if again else None,  # the new one's form begins with the old one's place and people
    }


@job_type(
    "record-meeting",
    label="会議の記録を残す",
    short=True,
    writes=("meetingOutcome", "formError"),
    headers=CHECKS,
    requires=(
        "meetingReport.heldOn:開いた日,"
        "meetingReport.minutes:議事の要点,"
        "meetingReport.periods.*.first:除く期間の始まり,"
        "meetingReport.periods.*.last:除く期間の終わり,"
        "meetingReport.periods.*.reason:除く期間の理由"
    ),
    by_person=True,
    audience="common",
)
async def handle_record_meeting(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Keep the minutes and the confirmed periods (AGE-A5)."""
    meeting = await uow.meetings.get(job.text("meetingId"))
    report = read_report(job.context("meetingReport"), meeting, uow.clock.today())
    await meetings.record_meeting(uow, meeting.id, report)
    return {"meetingOutcome": "held"}


@job_type(
    "remind-meeting",
    label="会議を開く課に催促する",
    headers=(
        _TEMPLATE,
        Header(
            name="unless",
            label="催促しない場合",
            required=True,
            choices={"scheduled": "日時が決まっている", "held": "開かれた"},
        ),
    ),
    shelf="mail",
    audience="common",
)
async def handle_remind_meeting(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Remind who holds a meeting that is not arranged or not held (AGE-A1)."""
    await meetings.remind_meeting(
        uow, job.text("meetingId"), template=job.header("template"), unless=job.header("unless")
    )
    return {}


async def _meeting(job: JobInput, uow: UnitOfWork) -> tuple[Meeting, City]:
    meeting = await uow.meetings.get(job.text("meetingId"))
    _, city = await case_and_city(uow, meeting.case_id)
    return meeting, city
