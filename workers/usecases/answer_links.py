"""The links by which partners answer: made when a mail is made, ended with their step (ALL-2, ALL-3).

A mail is written before its task has a key: a link names the case and the user task of the diagram.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from workers.domain.answers import (
    AnswerState,
    LinkEnd,
    PartnerAnswer,
    PartnerLink,
    SeenRound,
    new_token,
    token_hash,
)
from workers.domain.entities import Case
from workers.errors import PermanentError
from workers.usecases.meeting_people import Recipient
from workers.usecases.ports import UnitOfWork

LINK_LATER: Final = "［回答のページのリンクは、送るときにここに入ります］"
"""Stands in a draft for the link, so that whoever reads the draft cannot answer for the partner."""

_FORGOTTEN_AT_ONCE: Final = 500
_DAYS: Final = 120
"""A link's life; the longest step of a partner's has 90 days."""


def has_page(uow: UnitOfWork, page: str, case: Case) -> bool:
    """Return whether a mail to the partner carries a link: a page is named, and the partner has ways to reach it."""
    return bool(page and uow.pages_url and case.partner and case.partner.email)


async def issue_link(uow: UnitOfWork, case: Case, element_id: str, recipient: Recipient) -> str:
    """Return the address of a new link for a step; a reminder's link belongs to the round that is open.

    Raises PermanentError for a task that no diagram of the city marks as a partner's.
    """
    page = uow.cities.answer_page(case.city, element_id)
    if page is None:
        raise PermanentError(
            f"{element_id} は相手方が答える手順ではありません（図のタスクに、プロパティ page = partner を付けます）"
        )
    open_links = await uow.answers.open_links(case.id, element_id)
    number = open_links[-1].round if open_links else await uow.answers.last_round(case.id, element_id) + 1
    token = new_token()
    now = uow.clock.now()
    await uow.answers.add_link(
        PartnerLink(
            token_hash=token_hash(token),
            case_id=case.id,
            city=case.city,
            element_id=element_id,
            round=number,
            title=page.title,
            form_id=page.form_id,
            form=page.form,
            recipient_name=recipient.name,
            recipient=recipient.address,
            made_at=now,
            expires_at=now + timedelta(days=_DAYS),
            draft=open_links[-1].draft if open_links else None,
        )
    )
    return f"{uow.pages_url}/a/{token}"


async def open_round(uow: UnitOfWork, token_hash: str) -> SeenRound | None:
    """Return what is known of a link that has not expired, ended or not; None for every other word."""
    found = await uow.answers.seen(token_hash)
    return found if found is not None and uow.clock.now() < found.link.expires_at else None


async def takes_answer(uow: UnitOfWork, token_hash: str) -> SeenRound | None:
    """Return what is known of a link by which an answer may still come."""
    found = await open_round(uow, token_hash)
    return found if found is not None and found.takes else None


async def forget_expired(uow: UnitOfWork) -> int:
    """Forget drafts and files that were never sent by links that have expired; returns how many drafts."""
    now = uow.clock.now()
    links = await uow.answers.expired(now, limit=_FORGOTTEN_AT_ONCE)
    for link in links:
        link.draft = None
    await uow.answers.drop_expired_files(now)
    await uow.offers.drop_expired(now)
    return len(links)


async def end_links(uow: UnitOfWork, case_id: str, element_id: str, end: LinkEnd) -> None:
    """End the open links of a step."""
    for link in await uow.answers.open_links(case_id, element_id):
        link.end, link.ended_at = end, uow.clock.now()


async def completed_in_tasklist(uow: UnitOfWork, case_id: str, element_id: str) -> PartnerAnswer | None:
    """End the links of a step that somebody completed; return the answer that was waiting and comes too late.

    An answer that is on its way to this very task (``task_key``) is none: whoever hands it over finds out who was
    first.
    """
    await end_links(uow, case_id, element_id, LinkEnd.OFFICE)
    number = await uow.answers.last_round(case_id, element_id)
    answer = await uow.answers.answer(case_id, element_id, number) if number else None
    if answer is None or answer.state is not AnswerState.ACCEPTED or answer.task_key is not None:
        return None
    link = await uow.answers.link_of(answer)
    link.end, link.ended_at = LinkEnd.OFFICE, uow.clock.now()
    return answer
