"""When a task of a case is due: by the city's own rule, or by a day that was agreed (D-6)."""

from __future__ import annotations

from typing import Any

from workers.domain.deadlines import Deadline, deadline, moments
from workers.domain.fiscal import fiscal_year
from workers.domain.wareki import format_wareki, parse_date
from workers.usecases.ports import UnitOfWork


async def set_deadline(uow: UnitOfWork, case_id: str, name: str, *, on: Any = None) -> dict[str, Any]:
    """Return ``deadline`` for a rule of ``[deadlines]`` in city.toml: full timestamps with offset, as timers need.

    ``on`` (ISO or wareki), where given, is the due day itself; the rule then gives the reminder alone. Raises
    InputError for a text that is no date, PermanentError for a rule that the city lacks.
    """
    case = await uow.cases.get(case_id)
    rule = uow.cities.city(case.city).deadline(name)
    today = uow.clock.today()
    if on:
        due = moments(parse_date(on, "期日"), today, remind_before=rule.remind_before)
    else:
        year = int(case.period) if len(case.period) == len("2026") else fiscal_year(today)
        due = deadline(rule, today, year=year)
    return {"deadline": deadline_variable(due)}


def deadline_variable(due: Deadline) -> dict[str, str]:
    """Return a deadline as diagrams, forms and mails see it."""
    return {
        "on": due.on.isoformat(),
        "startsAt": due.starts_at.isoformat(),
        "remindAt": due.remind_at.isoformat(),
        "dueAt": due.last_moment.isoformat(),
        "overdueAt": due.overdue_at.isoformat(),
        "text": format_wareki(due.on, weekday=True),
    }
