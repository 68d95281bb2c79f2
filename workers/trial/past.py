"""Past cases of the registry as a trial plays them again: what people chose, when, and how it ended; no persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from workers.domain.acts import SYSTEM_USER, WITHHELD, Act
from workers.domain.entities import (
    Case,
    CaseKind,
    CaseOutcome,
    HistoryEntry,
    Offer,
    Origin,
    PastRecord,
    Project,
)
from workers.trial.asitwas import PLACEHOLDERS, About, about
from workers.usecases.ports import UnitOfWork


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
    """A case that has ended. ``start``: what the start form held; ``filed``: where it came from a file instead.

    ``about``: what a procedure of agreements was about; ``by_form``: a person began it with a form.
    """

    case_id: str
    city: str
    process_id: str
    origin: Origin
    began: datetime
    ended: datetime
    outcome: CaseOutcome
    start: Mapping[str, Any]
    filed: Filed | None
    about: About | None = None
    by_form: bool = True
    acts: Sequence[PastAct] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Left:
    """A case that cannot be played again, and why (Japanese)."""

    case_id: str
    why: str


async def past_cases(
    uow: UnitOfWork, city: str, since: date, handed: Mapping[str, Sequence[str]]
) -> tuple[list[PastCase], list[Left]]:
    """Return a city's cases that were opened on ``since`` or later and have ended, oldest first.

    ``handed``: what the diagrams hand on to a procedure that they start, by its kind. The second list holds those of
    the cases that cannot be played.
    """
    found: list[PastCase] = []
    left: list[Left] = []
    for case in reversed(await uow.cases.all(city=city)):
        if case.opened_on < since or case.outcome is None:
            continue
        entries = await uow.history.of_case(case.id)
        past = _past(case, case.outcome, entries)
        if isinstance(past, PastCase) and case.kind is not CaseKind.SIGNING:
            names = handed.get(case.kind.value, ())
            past = await _procedure(uow, case, past, {name: await _handed_on(uow, case, name) for name in names})
        if isinstance(past, PastCase):
            found.append(past)
        else:
            left.append(past)
    return found, left


async def _procedure(uow: UnitOfWork, case: Case, past: PastCase, handed: Mapping[str, object]) -> PastCase | Left:
    """Return a procedure with what it was about."""
    if case.kind is not CaseKind.RENEWAL:  # what else people, pages and days did to the others is not known enough
        return Left(case_id=case.id, why="この種類の手続は再生できません（再生するのは締結と更新の手続です）")
    if case.process_instance_key is None:
        return Left(case_id=case.id, why="図では進まず、期日の見張りが台帳だけで済ませました")
    known = await about(uow, uow.cities.city(case.city), case, past.began, handed)
    if isinstance(known, str):
        return Left(case_id=case.id, why=known)
    return replace(past, about=known, filed=None, by_form=past.filed is None)


async def _handed_on(uow: UnitOfWork, case: Case, name: str) -> object:
    """Return what the case before handed on under a name: what was entered there last, or who it came from."""
    if name == "origin":
        return case.origin.value
    before = await uow.cases.of_agreement(case.agreement_id) if case.agreement_id else []
    values = [
        entry.act.entered[name]
        for other in before
        if other.opened_on <= case.opened_on and other.id != case.id
        for entry in await uow.history.of_case(other.id)
        if entry.act is not None and entry.act.entered is not None and name in entry.act.entered
    ]
    return values[-1] if values else None


def _past(case: Case, outcome: CaseOutcome, entries: Sequence[HistoryEntry]) -> PastCase | Left:
    if not entries:
        return Left(case_id=case.id, why="経過の記録がありません")
    first = next((entry.act for entry in entries if entry.act is not None and entry.act.is_start), None)
    first = first if case.kind is not CaseKind.SIGNING else entries[0].act
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
    persons = {key: PLACEHOLDERS[key] for key in ("name", "representative", "contact", "email")}
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
    return next((text for name, text in PLACEHOLDERS.items() if name in key.lower()), f"再生{number}")
