"""Steps and history of a case: every use case leaves its trace here."""

from __future__ import annotations

from collections.abc import Mapping

from workers.domain.acts import SYSTEM, SYSTEM_USER
from workers.domain.answers import PARTNER_USER
from workers.domain.entities import Case, HistoryEntry, Step
from workers.usecases.ports import UnitOfWork


async def note(uow: UnitOfWork, case_id: str, what: str, *, actor: str | None = None) -> None:
    """Append a line to a case's history; ``what`` is Japanese and free of personal data.

    Without ``actor`` it is the deed of the person whose entries this transaction records (``uow.act``), of whoever
    gave a command (``uow.by``), else of the system. ``actor=SYSTEM``: what follows by itself from a person's entry.
    """
    act = uow.act if actor is None else None
    name = "" if act else actor or uow.by or SYSTEM
    await uow.history.add(HistoryEntry(case_id=case_id, at=uow.clock.now(), actor=name, what=what, act=act))


async def record(uow: UnitOfWork, case: Case, step: str, payload: Mapping[str, object]) -> None:
    """Keep what was entered at a step of the flow, in the offer's present round."""
    case.steps.append(Step(name=step, round=case.round, payload=dict(payload), recorded_at=uow.clock.now()))


async def officer_of(uow: UnitOfWork, case_id: str) -> str:
    """Return who worked on the case last as far as the engine has told; ``""`` while nobody is known (ALL-15).

    Tasks that many departments have side by side do not count: their persons stand with their answers.
    """
    acts = [entry.act for entry in await uow.history.of_case(case_id) if entry.act is not None]
    known = [act for act in acts if act.person and act.person not in {SYSTEM_USER, PARTNER_USER} and act.loop is None]
    return known[-1].who if known else ""


def latest_steps(case: Case) -> dict[str, Mapping[str, object]]:
    """Return the newest entry of every step by the step's name: what a city's own templates read."""
    return {step.name: step.payload for step in sorted(case.steps, key=lambda step: step.recorded_at)}
