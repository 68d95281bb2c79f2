"""What stands beside a task's form: its case in short, so that nobody has to look elsewhere while filling it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.domain.desk import StaffNote
from workers.domain.entities import Case, Document, HistoryEntry
from workers.pages.desk.face import Visit
from workers.usecases.close_case import state_name

_LAST: int = 5


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A case in short: the last that happened, its files, the newest notes."""

    case: Case
    city: str
    process: str
    state: str
    history: Sequence[HistoryEntry]
    documents: Sequence[Document]
    notes: Sequence[StaffNote]
    names: Mapping[str, str]


async def beside(visit: Visit, case_id: str) -> Beside | None:
    """Return a case in short; None for a task without one. Whoever has the task may see it."""
    if not case_id:
        return None
    async with visit.open_unit() as unit:
        case = await unit.cases.find(case_id)
        if case is None:
            return None
        return Beside(
            case=case,
            city=unit.cities.city(case.city).name,
            process=visit.desk.services.packs.process_name(case.process_id),
            state=state_name(case),
            history=(await unit.history.of_case(case_id))[-_LAST:][::-1],
            documents=await unit.documents.of_case(case_id),
            notes=(await unit.desk.notes(case_id))[:_LAST],
            names=await unit.desk.names(),
        )
