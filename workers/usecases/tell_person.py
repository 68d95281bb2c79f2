"""What the engine tells of who completed a task reaches the history; a completion by nobody reaches the office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workers.domain.acts import SYSTEM, Act, ActStatus, Completion
from workers.errors import RenkeiError
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.send_mail import send_mail


async def tell_persons(uow: UnitOfWork, found: Mapping[int, Completion], given_up: Sequence[int]) -> None:
    """Keep who did it (ALL-15); the office is told of tasks that were completed without being assigned to anybody.

    An act that was settled before stays as it is.
    """
    for number, completion in found.items():
        act = await _waiting(uow, number)
        if act is not None:
            act.settle(completion)
            if not completion.person:
                await _tell_office(uow, act)
    for number in given_up:
        act = await _waiting(uow, number)
        if act is not None:
            act.give_up()


async def _waiting(uow: UnitOfWork, number: int) -> Act | None:
    act = await uow.acts.find(number)
    return act if act is not None and act.status is ActStatus.PENDING else None


async def _tell_office(uow: UnitOfWork, act: Act) -> None:
    """Send the office a mail, one a case and day: whose entry it is can be asked now, not next year."""
    if act.case_id is None or act.is_start:
        return
    values = {"task_name": act.task_name, "done_at": act.at}
    key = f"unassigned:{act.at.date().isoformat()}"
    try:
        async with uow.savepoint():
            await send_mail(
                uow,
                act.case_id,
                template="task-unassigned",
                to="office",
                attach=(),
                values=values,
                department=None,
                key=key,
            )
    except RenkeiError:  # the other acts' persons matter more; the history says what is missing
        await note(uow, act.case_id, "担当者の分からない作業を所管課に知らせるメールを作れなかった", actor=SYSTEM)
