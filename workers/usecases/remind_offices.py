"""One mail a day and group on the tasks that are late or soon due (ALL-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from workers.domain.business_days import add_business_days, is_business_day
from workers.domain.cities import City
from workers.domain.jst import JST
from workers.usecases.meeting_people import Recipient, department_recipients, office_recipient
from workers.usecases.ports import JobRef, MailRequest, UnitOfWork

TEMPLATE: Final = "tasks-due"
SOON: Final = 1
"""A task is soon due on its day and so many business days before it."""

_ROWS: Final = 50


@dataclass(frozen=True, kw_only=True)
class WaitingTask:
    """An open task with a due date; ``case_id`` and ``assignee`` may be empty."""

    element_id: str
    name: str
    case_id: str
    groups: tuple[str, ...]
    assignee: str
    due_at: datetime

    @property
    def due_on(self) -> date:
        """The Japanese day."""
        return self.due_at.astimezone(JST).date()


@dataclass(frozen=True, kw_only=True)
class _Section:
    """Tasks under one heading of the mail; ``more``: how many are left out of ``rows``."""

    rows: list[dict[str, object]]
    more: int

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.rows) + self.more


async def ask_for_digests(uow: UnitOfWork, ref: JobRef) -> None:
    """Let the open tasks be read and the mails of this day be written; nothing on a day when offices are closed."""
    today = uow.clock.today()
    if is_business_day(today):
        payload = {"on": today.isoformat()}
        await uow.outbox.engine_call(business_key=f"{ref}:remind-offices", kind="remind-offices", payload=payload)


async def send_digests(uow: UnitOfWork, tasks: Sequence[WaitingTask], on: date) -> int:
    """Enqueue the mails and return how many are new; a group that has today's is left alone, whoever asks.

    The office also sees which departments are late with tasks of its city. Nothing is sent when ``on`` is over.
    """
    if uow.clock.today() != on:
        return 0
    partners = await _partners(uow, tasks)
    sent = 0
    for code in uow.cities.codes():
        city = uow.cities.city(code)
        for recipient in _recipients(city):
            context = _sections(city, recipient, tasks, on, partners)
            if any(section.count for section in context.values()):
                sent += await uow.outbox.mail(_request(city, recipient, context, on))
    return sent


def _request(city: City, recipient: Recipient, context: Mapping[str, _Section], on: date) -> MailRequest:
    return MailRequest(
        business_key=f"{TEMPLATE}:{on.isoformat()}:{recipient.group}",
        case_id="",
        city=city.code,
        kind=TEMPLATE,
        template=TEMPLATE,
        recipient_name=recipient.name,
        recipient=recipient.address,
        context={**context, "recipient_group": recipient.group},
    )


def _recipients(city: City) -> list[Recipient]:
    """Return the office and every department, each group once."""
    everybody = [office_recipient(city), *department_recipients(city, [entry.code for entry in city.departments])]
    by_group: dict[str, Recipient] = {}
    for recipient in everybody:
        by_group.setdefault(recipient.group, recipient)
    return list(by_group.values())


def _sections(
    city: City, recipient: Recipient, tasks: Iterable[WaitingTask], on: date, partners: Mapping[str, str]
) -> dict[str, _Section]:
    mine = sorted((task for task in tasks if recipient.group in task.groups), key=lambda task: task.due_at)
    others: list[WaitingTask] = []
    if recipient.group == city.office.group:
        names = {entry.group for entry in city.departments} - {recipient.group}
        others = [t for t in tasks if t.due_on < on and names & set(t.groups) and recipient.group not in t.groups]
    last = add_business_days(on, SOON)
    parts = {
        "late": [task for task in mine if task.due_on < on],
        "soon": [task for task in mine if on <= task.due_on <= last],
        "departments_late": sorted(others, key=lambda task: task.due_at),
    }
    return {name: _section(city, found, on, partners) for name, found in parts.items()}


def _section(city: City, tasks: Sequence[WaitingTask], on: date, partners: Mapping[str, str]) -> _Section:
    held = {entry.group: entry.name for entry in city.departments}
    rows = [
        {
            "name": task.name,
            "element_id": task.element_id,
            "case_id": task.case_id,
            "partner": partners.get(task.case_id, ""),
            "due_on": task.due_on,
            "days_late": max((on - task.due_on).days, 0),
            "assignee": task.assignee,
            "department": next((held[group] for group in task.groups if group in held), ""),
            "group": next(iter(task.groups), ""),
        }
        for task in tasks[:_ROWS]
    ]
    return _Section(rows=rows, more=len(tasks) - len(rows))


async def _partners(uow: UnitOfWork, tasks: Iterable[WaitingTask]) -> dict[str, str]:
    found = {}
    for case_id in {task.case_id for task in tasks if task.case_id}:
        case = await uow.cases.find(case_id)
        if case is not None and case.partner is not None:
            found[case_id] = case.partner.name
    return found
