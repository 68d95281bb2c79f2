"""Past cases of the registry as a trial plays them again: what people chose, when, and how it ended; no persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from workers.domain.acts import SYSTEM_USER, WITHHELD, Act
from workers.domain.entities import (
    Case,
    CaseKind,
    CaseOutcome,
    HistoryEntry,
    Offer,
    Origin,
    Partner,
    PastRecord,
    Project,
)
from workers.usecases.ports import UnitOfWork

_PLACEHOLDERS: Final = {
    "email": "replay@replay.example",
    "phone": "000-000-0000",
    "contact": "担当者",
    "representative": "代表者",
    "name": "相手方",
    "address": "所在地",
}


@dataclass(frozen=True, kw_only=True)
class PastAct:
    """What one person completed: the task, its round in a multi-instance activity, and what was chosen."""

    at: datetime
    process_id: str
    element: str
    name: str
    loop: int | None
    entered: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Filed:
    """What the registry had of a case before its process began (``renkei start``)."""

    offers: Sequence[Offer]
    projects: Sequence[Project]
    records: Sequence[PastRecord]


@dataclass(frozen=True, kw_only=True)
class PastCase:
    """A case that has ended. ``start``: what the start form held; ``filed``: where it came from a file instead."""

    case_id: str
    city: str
    process_id: str
    origin: Origin
    began: datetime
    ended: datetime
    outcome: CaseOutcome
    start: Mapping[str, Any]
    filed: Filed | None
    acts: Sequence[PastAct] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Left:
    """A case that cannot be played again, and why (Japanese)."""

    case_id: str
    why: str


async def past_cases(uow: UnitOfWork, city: str, since: date) -> tuple[list[PastCase], list[Left]]:
    """Return a city's signing cases that were opened on ``since`` or later and have ended, oldest first.

    The second list holds those of them that cannot be played.
    """
    found: list[PastCase] = []
    left: list[Left] = []
    for case in reversed(await uow.cases.all(city=city)):
        if case.opened_on < since or case.outcome is None:
            continue
        if case.kind is not CaseKind.SIGNING:
            left.append(Left(case_id=case.id, why="締結した後の手続は、協定のそのときの内容が要るため、再生できません"))
            continue
        past = _past(case, case.outcome, await uow.history.of_case(case.id))
        if isinstance(past, PastCase):
            found.append(past)
        else:
            left.append(past)
    return found, left


def _past(case: Case, outcome: CaseOutcome, entries: Sequence[HistoryEntry]) -> PastCase | Left:
    if not entries:
        return Left(case_id=case.id, why="経過の記録がありません")
    first = entries[0].act
    acts = list({id(entry.act): entry.act for entry in entries if entry.act is not None}.values())
    done = sorted((a for a in acts if not a.is_start and a is not first), key=lambda a: (a.at, a.id or 0))
    if any(act.entered is None for act in done):
        return Left(case_id=case.id, why="入力の控えがない作業があります（控えは、この版から残ります）")
    return PastCase(
        case_id=case.id,
        city=case.city,
        process_id=case.process_id,
        origin=case.origin,
        began=entries[0].at,
        ended=entries[-1].at,
        outcome=outcome,
        start=_started(case, first),
        filed=None if first is not None else _filed(case),
        acts=[_act(act) for act in done if act.person != SYSTEM_USER],
    )


def _act(act: Act) -> PastAct:
    return PastAct(
        at=act.at,
        process_id=act.process_id,
        element=act.element_id,
        name=act.task_name,
        loop=act.loop,
        entered=replaced(act.entered or {}),
    )


def _started(case: Case, first: Act | None) -> dict[str, Any]:
    """Return what the start form held; of a case from before that was kept, what the registry knows of it."""
    if first is not None and first.entered is not None:
        return dict(replaced(first.entered))
    persons = {key: _PLACEHOLDERS[key] for key in ("name", "representative", "contact", "email")}
    return {**(persons if case.partner else {}), "origin": case.origin.value}


def _filed(case: Case) -> Filed:
    """Return the first offer; texts stay, as they are the organisation's, not a person's."""
    return Filed(
        offers=[
            Offer(round=1, offered_on=o.offered_on, purpose=o.purpose, fields=list(o.fields), other=o.other)
            for o in case.offers
            if o.round == 1
        ],
        projects=[
            Project(
                round=1,
                number=p.number,
                field=p.field,
                title=p.title,
                content=p.content,
                cost_to_city=p.cost_to_city,
            )
            for p in case.projects
            if p.round == 1
        ],
        records=[
            PastRecord(fiscal_year=r.fiscal_year, field=r.field, title=r.title, department=r.department)
            for r in case.records
        ],
    )


def placeholder() -> Partner:
    """Return a partner that stands for another one."""
    return Partner(
        name=_PLACEHOLDERS["name"],
        representative=_PLACEHOLDERS["representative"],
        contact=_PLACEHOLDERS["contact"],
        email=_PLACEHOLDERS["email"],
    )


def replaced(value: Any, key: str = "", number: str = "") -> Any:
    """Return what was typed with placeholders for the texts that were not kept; no address leads anywhere.

    Rows of a list get different ones: two of them may not be called alike.
    """
    if isinstance(value, Mapping):
        return {name: replaced(part, name, number) for name, part in value.items()}
    if isinstance(value, list):
        return [replaced(part, key, f"{number}{count}") for count, part in enumerate(value, 1)]
    if value != WITHHELD:
        return value
    return next((text for name, text in _PLACEHOLDERS.items() if name in key.lower()), f"再生{number}")
