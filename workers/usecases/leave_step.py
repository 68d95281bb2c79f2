"""Leave nothing open of a step that a case has left: surveys, meetings, what departments were asked for (ALL-22)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from workers.domain.cities import City
from workers.domain.entities import Case, ProjectStatus
from workers.domain.meetings import MeetingStatus
from workers.domain.text import multi_line
from workers.usecases.journal import note
from workers.usecases.meeting_people import Recipient
from workers.usecases.meetings import cancel_meeting
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_closing import abandon_survey

SURVEY_PROCESS: Final = "common-department-survey"
MEETING_PROCESS: Final = "common-meeting"
_MEETING_TEMPLATE: Final = "meeting-cancelled"
_TEMPLATE: Final = "work-withdrawn"
_WAITED_FOR: Final = frozenset({MeetingStatus.PLANNED, MeetingStatus.SCHEDULED})


@dataclass(frozen=True, kw_only=True)
class LeftStep:
    """The step that a case went back from: what it had called, the candidate groups of the tasks that went with it."""

    label: str = ""
    processes: Collection[str] = ()
    groups: Collection[str] = ()


async def leave_everything(uow: UnitOfWork, case: Case, reason: str, *, left: LeftStep | None = None) -> None:
    """Close what is open of a case and tell the departments whose work has become needless.

    ``left`` None: the case is over. Documents stay as they are.
    """
    city = uow.cities.city(case.city)
    groups = set(left.groups) - {city.office.group} if left else set()
    codes = {entry.code for entry in city.departments if entry.group in groups}
    if left is None:
        codes |= {p.department for p in case.current_projects() if p.status is ProjectStatus.TALKS and p.department}
    if left is None or SURVEY_PROCESS in left.processes:
        codes |= await _close_surveys(uow, case)
    if left is None or MEETING_PROCESS in left.processes:
        await _cancel_meetings(uow, case, reason)
    await _tell_departments(uow, case, city, sorted(codes), reason)


async def _close_surveys(uow: UnitOfWork, case: Case) -> set[str]:
    """Close a case's open surveys and return the codes of all departments that they asked."""
    asked: set[str] = set()
    for survey in await uow.surveys.of_case(case.id):
        if survey.closed_at is None:
            asked |= {target.department for target in survey.targets}
            await abandon_survey(uow, survey.id)
    return asked


async def _cancel_meetings(uow: UnitOfWork, case: Case, reason: str) -> None:
    """Call off the meetings that were to be held; who was invited gets them out of the calendar."""
    for meeting in await uow.meetings.of_case(case.id):
        if meeting.status in _WAITED_FOR:
            await cancel_meeting(uow, meeting.id, multi_line(reason, "理由", maximum=2000), template=_MEETING_TEMPLATE)


async def _tell_departments(uow: UnitOfWork, case: Case, city: City, codes: Iterable[str], reason: str) -> None:
    known = {entry.code: entry for entry in city.departments}
    departments = [known[code] for code in codes if code in known]
    moment = uow.clock.now().isoformat(timespec="seconds")
    for department in departments:
        person = Recipient(key=department.code, name=department.name, address=department.email)  # no task is left
        context = {"case": case, "partner": case.partner, "reason": reason, "over": case.closed_on is not None}
        key = f"{case.id}:{moment}:{department.code}:{_TEMPLATE}"
        await uow.outbox.mail(person.mail(case, _TEMPLATE, key=key, context=context))
    if departments:
        await note(uow, case.id, f"作業が不要になった{len(departments)}課に知らせた")
