"""What a partner's file said and where that went: shown in the task, or kept beside the answer that was first (ALL-17).

A file is kept as an answer of the step, its round the document's number below 0, so that the same file counts once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workers.domain.answers import AnswerState, LinkEnd, PartnerAnswer, PartnerLink, new_token, token_hash
from workers.errors import PermanentError
from workers.usecases.answer_workbooks import TakenFile
from workers.usecases.first_answers import FirstAnswer, first_answer, last_answer
from workers.usecases.take_answer import keep_beside

if TYPE_CHECKING:
    from datetime import datetime

    from workers.usecases.ports import UnitOfWork


async def keep_filed(uow: UnitOfWork, case_id: str, element_id: str, taken: TakenFile) -> bool:
    """Keep what a file says as an answer that stands in the step's task; False where this file was kept before."""
    case = await uow.cases.get(case_id)
    page = uow.cities.answer_page(case.city, element_id)
    if page is None or case.partner is None:
        return False  # no step of a partner's: the office's entry is the only one
    if taken.document.id is None:
        raise PermanentError(f"{taken.name} が台帳にありません")
    now, number = uow.clock.now(), -taken.document.id
    if await uow.answers.answer(case_id, element_id, number) is not None:
        return False
    link = PartnerLink(
        token_hash=token_hash(new_token()),
        case_id=case_id,
        city=case.city,
        element_id=element_id,
        round=number,
        title=page.title,
        form_id=page.form_id,
        form=page.form,
        recipient_name=case.partner.contact,
        recipient=case.partner.email,
        made_at=now,
        expires_at=now,
        end=LinkEnd.OFFICE,
        ended_at=now,
    )
    await uow.answers.add_link(link)
    return await uow.answers.add_answer(
        PartnerAnswer(
            link_id=link.id or 0,
            case_id=case_id,
            element_id=element_id,
            round=number,
            values=dict(taken.answer.values),
            said=[dict(part) for part in taken.answer.said],
            at=now,
            state=AnswerState.DELIVERED,
        )
    )


async def waiting_answer(uow: UnitOfWork, case_id: str, element_id: str) -> FirstAnswer | None:
    """Return a partner's answer that was taken and is on its way to the step's task, None where there is none."""
    answer = await last_answer(uow, case_id, element_id)
    return FirstAnswer(at=answer.at) if answer is not None and answer.state is AnswerState.ACCEPTED else None


async def done_since(uow: UnitOfWork, case_id: str, element_id: str, since: datetime) -> FirstAnswer | None:
    """Return the answer that was given to a step at or after a moment."""
    first = await first_answer(uow, case_id, (await uow.cases.get(case_id)).city, element_id)
    return first if first is not None and first.at >= since else None


async def keep_second(uow: UnitOfWork, case_id: str, element_id: str, taken: TakenFile, first: FirstAnswer) -> bool:
    """Keep a file beside the answer that was first, as the office's task; False where it is the very file of that one.

    A file that had been read before the office sent the task is what the office sent.
    """
    fresh = await keep_filed(uow, case_id, element_id, taken)
    for filed in await uow.answers.filed(case_id, element_id):
        if filed.round == -(taken.document.id or 0) and (fresh or not first.section or filed.at >= first.at):
            await keep_beside(uow, filed)
            return True
    return False


async def keep_files_beside(uow: UnitOfWork, answer_id: int) -> None:
    """Keep the files that stood in a step's task when an answer by link completed it, as tasks of the office."""
    answer = await uow.answers.kept(answer_id)
    link = await uow.answers.link_of(answer)
    for filed in await uow.answers.filed(answer.case_id, answer.element_id):
        if filed.at >= link.made_at:
            await keep_beside(uow, filed)
