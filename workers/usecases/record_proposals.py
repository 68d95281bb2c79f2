"""Projects that are proposed under a signed agreement, for a year as one batch or in between (AGE-A1, AGE-A4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workers.readers.offerinput import parse_content
from workers.usecases.caseview import proposals
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork


async def record_proposals(
    uow: UnitOfWork, case_id: str, rows: Sequence[Mapping[str, Any]], *, purpose: str, received: Any = None
) -> dict[str, Any]:
    """Keep the proposed projects as the case's next round, so that the departments can be asked of them.

    A row has ``field``, ``title``, ``content`` and ``costToCity``. ``received``: the day on which the proposal came
    (AGE-A3), today without one. Returns ``proposals``. Raises InputErrors with every bad field.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    content = parse_content(
        {
            "date": received or uow.clock.today().isoformat(),
            "purpose": purpose,
            "fields": sorted({str(row.get("field")) for row in rows if row.get("field")}),
            "projects": [_project(row) for row in rows],
        },
        city,
        uow.clock.today(),
    )
    number = case.round + 1
    case.offers.append(content.offer(number))
    case.projects.extend(content.project_entities(number))
    await note(uow, case.id, f"連携事業の提案を受け付けた（第{number}回、{len(content.projects)}件）")
    return {"proposals": proposals(case, city)}


def _project(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {"field": "field", "title": "title", "content": "content", "costToCity": "cost_to_city"}
    return {names[key]: value for key, value in row.items() if key in names and value is not None}
