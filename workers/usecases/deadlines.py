"""When a task of a case is due: by the city's own rule, or by a day that was agreed (D-6)."""

from __future__ import annotations

from datetime import date

from workers.domain.deadlines import Deadline, deadline, moments
from workers.domain.fiscal import fiscal_year
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork


async def set_deadline(uow: UnitOfWork, case_id: str, name: str, *, on: date | None = None) -> Deadline:
    """Return the moments of a rule of ``[deadlines]`` in city.toml; PermanentError for a rule that the city lacks.

    ``on``, where given, is the due day itself; the rule then gives the reminder alone.
    """
    case, city = await case_and_city(uow, case_id)
    rule = city.deadline(name)
    today = uow.clock.today()
    if on:
        return moments(on, today, remind_before=rule.remind_before)
    year = int(case.period) if len(case.period) == len("2026") else fiscal_year(today)
    return deadline(rule, today, year=year)
