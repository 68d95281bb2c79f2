"""Who did it: a person's completion of a task goes to the history, and so does what is recorded after it (ALL-21).

The engine tells who it was only afterwards (``runtime.persons``): until then the entry waits for a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from workers.domain.acts import Act, without_texts
from workers.domain.entities import HistoryEntry
from workers.usecases.answer_links import completed_in_tasklist
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.take_answer import settle_late

_INDEX_LAGS = timedelta(seconds=1.5)
VARIABLE = "act"
"""The process variable with the act's number: written by the listener, read by the recording job right after it."""


async def record_act(  # noqa: PLR0913 (what is known of the act)
    uow: UnitOfWork,
    *,
    case_id: str | None,
    process_id: str,
    loop: int | None,
    ref: JobRef,
    entered: Mapping[str, object] | None = None,
) -> Act:
    """Append a person's completion of a user task to the history; returns the act for the job that records the input.

    ``ref`` is the listener's job: its element instance is that of the user task. Without a case, where a start form is
    corrected before the case has its number, the entry follows with :func:`adopt_acts`. ``entered``: what was typed;
    of texts it keeps that there was one.
    """
    act = _act(uow, ref, case_id=case_id)
    act.process_id, act.element_id, act.element_instance_key = process_id, ref.element_id, ref.element_instance_key
    act.entered = None if entered is None else without_texts(entered)
    act.loop, act.task_name = loop, uow.cities.task_name(process_id, ref.element_id)
    await uow.acts.add(act)
    if case_id is not None:
        await _enter(uow, act, case_id)
        late = await completed_in_tasklist(uow, case_id, ref.element_id)
        if late is not None:
            await settle_late(uow, late)
    return act


async def record_start(uow: UnitOfWork, case_id: str, ref: JobRef) -> None:
    """Let what this transaction enters be the deed of whoever started the instance by its form.

    Nothing where a person's task led here: whoever corrected the form entered it.
    """
    if uow.act is None:
        uow.act = _act(uow, ref, case_id=case_id)
        await uow.acts.add(uow.act)


def keep_start(uow: UnitOfWork, entered: Mapping[str, object]) -> None:
    """Keep what the start form held with the act of whoever filled it in; of texts only that there was one."""
    if uow.act is not None and uow.act.is_start:
        uow.act.entered = without_texts(entered)


async def act_of(uow: UnitOfWork, number: object, ref: JobRef) -> Act | None:
    """Return the act that a job's variable names; None where no person acted, or in another process instance."""
    if not isinstance(number, int) or isinstance(number, bool):
        return None
    act = await uow.acts.find(number)
    if act is None:
        return None
    same = (act.engine_id, act.process_instance_key) == (ref.engine_id, ref.process_instance_key)
    return act if same else None


async def adopt_acts(uow: UnitOfWork, case_id: str, ref: JobRef) -> None:
    """Give a new case what people did in its process instance before it had a number."""
    for act in await uow.acts.without_case(ref.engine_id, ref.process_instance_key):
        await _enter(uow, act, case_id)


async def _enter(uow: UnitOfWork, act: Act, case_id: str) -> None:
    act.case_id = case_id
    what = f"作業「{act.task_name}」を済ませた"
    await uow.history.add(HistoryEntry(case_id=case_id, at=act.at, actor="", what=what, act=act))


def _act(uow: UnitOfWork, ref: JobRef, *, case_id: str | None) -> Act:
    """Return an act of a process instance, as yet its start."""
    now = datetime.now(UTC)
    return Act(
        case_id=case_id,
        engine_id=ref.engine_id,
        process_id="",
        process_instance_key=ref.process_instance_key,
        element_id="",
        element_instance_key=ref.process_instance_key,
        task_name="",
        at=uow.clock.now(),
        queued_at=now,
        look_at=now + _INDEX_LAGS,
    )
