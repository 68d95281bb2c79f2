"""Keep, and read back, what was entered at a step that has no table of its own: decisions, a city's own tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workers.domain.entities import Case
from workers.usecases.journal import note, record
from workers.usecases.lookup import agreement_of, case_title
from workers.usecases.ports import UnitOfWork


async def record_step(
    uow: UnitOfWork, case_id: str, step: str, values: Mapping[str, object], *, days: Sequence[str] = ()
) -> None:
    """Append the values to the case's steps (ISE-7, ISE-8); the history says how ``days`` in them were read."""
    case = await uow.cases.get(case_id)
    await record(uow, case, step, values)
    read = f"（{'、'.join(days)}）" if days else ""
    await note(uow, case.id, f"記録した: {step}{read}")


async def case_heading(uow: UnitOfWork, case_id: str, addition: str) -> str:
    """Return the heading of a case's forms; the case is called by ``addition``, such as its project (CHI-3)."""
    return case_title(await uow.cases.get(case_id), addition)


async def collect_steps(uow: UnitOfWork, case_id: str, step: str, *, by: str = "") -> list[dict[str, object]]:
    """Return what was recorded at a step in the present round, oldest first.

    Several reviewers or departments record the same step; the diagram reads all of it here instead of growing a list.
    ``by`` (``VARIABLE.KEY``) tells whose each is: of two by the same one, as after going back, the later counts.
    """
    case = await uow.cases.get(case_id)
    found = [entry for entry in case.steps if entry.name == step and entry.round == case.round]
    every = [dict(entry.payload) for entry in sorted(found, key=lambda entry: entry.recorded_at)]
    return list({_whose(payload, by): payload for payload in every}.values()) if by else every


def _whose(payload: Mapping[str, object], by: str) -> str:
    variable, _, key = by.partition(".")
    kept = payload.get(variable)
    return str(kept.get(key)) if isinstance(kept, Mapping) else ""


async def last_agreement_step(
    uow: UnitOfWork, case_id: str, step: str, *, agreed: str = ""
) -> dict[str, object] | None:
    """Return what was recorded last at a step, in whichever procedure of the case's agreement (ISE-A2); None before.

    ``agreed`` (``STEP:VARIABLE=VALUE``): of another procedure only where it ended with that answer, so that a draft
    that the partner never agreed to does not come back; the procedure's own drafts do.
    """
    case = await uow.cases.get(case_id)
    if own := case.last_step(step):
        return dict(own.payload)
    agreement = await agreement_of(uow, case)
    others = await uow.cases.of_agreement(agreement.id) if agreement else []
    found = [entry for each in others if _answered(each, agreed) and (entry := each.last_step(step)) is not None]
    return dict(max(found, key=lambda entry: entry.recorded_at).payload) if found else None


def _answered(case: Case, agreed: str) -> bool:
    """Whether a case's last answer is the one that ``STEP:VARIABLE=VALUE`` names; always without one."""
    step, _, condition = agreed.partition(":")
    name, _, value = condition.partition("=")
    answer = case.last_step(step) if step else None
    return not step or (answer is not None and str(answer.payload.get(name)) == value)
