"""A partner's answer: taken once, handed to the engine, kept beside where somebody was first (ALL-2, ALL-3, ALL-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from workers.domain.answers import PARTNER, AnswerState, LinkEnd, PartnerAnswer
from workers.domain.entities import Partner
from workers.usecases.answer_files import file_to_case
from workers.usecases.answer_links import open_round
from workers.usecases.first_answers import first_answer
from workers.usecases.journal import note
from workers.usecases.ports import MailRequest, UnitOfWork
from workers.variables import named

DELIVER: Final = "deliver-answer"
"""The engine call that hands an answer over."""
LATE: Final = "common-late-answer"
"""The message that begins the office's task about an answer that came second."""
FILE_LABEL: Final = "添付ファイル"
RECEIPT: Final = "answer-receipt"
_LATE_RECEIPT: Final = "answer-late"


class Outcome(StrEnum):
    """What became of what a partner sent."""

    ACCEPTED = "accepted"
    ALREADY = "already"
    CLOSED = "closed"
    LATE = "late"


@dataclass(frozen=True, kw_only=True)
class GivenAnswer:
    """What a partner confirmed: the variables for the engine, and the same as people read it (label, text, row)."""

    token_hash: str = field(repr=False)
    values: Mapping[str, object] = field(repr=False)
    said: Sequence[Mapping[str, str]] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class TakenAnswer:
    """``at``: when the answer that counts was taken, None where the link takes none."""

    outcome: Outcome
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """What is to be handed to the engine. ``tried``: the task it was tried with before, None at the first time."""

    answer_id: int
    case_id: str
    element_id: str
    values: Mapping[str, object] = field(repr=False)
    taken_at: datetime
    tried: int | None


async def keep_draft(uow: UnitOfWork, token_hash: str, values: Mapping[str, object]) -> bool:
    """Keep what a partner has typed so far, by whichever link of the round; False where the link takes no answer."""
    return await uow.answers.keep_draft(token_hash, dict(values), uow.clock.now())


async def take_answer(uow: UnitOfWork, given: GivenAnswer) -> TakenAnswer:
    """Keep an answer and the call that hands it over, in one transaction; a round has one answer.

    Whoever makes the call mails the receipt first: a mail takes longer than all of this, and partners wait here.
    Where the office was first, the answer is kept beside its entry, as a task of the office.
    """
    found, now = await open_round(uow, given.token_hash), uow.clock.now()
    if found is None:
        return TakenAnswer(outcome=Outcome.CLOSED)
    link = found.link
    if found.answer is not None:
        return TakenAnswer(outcome=Outcome.ALREADY, at=found.answer.at)
    if link.end is LinkEnd.ANSWERED:
        return TakenAnswer(outcome=Outcome.CLOSED, at=link.ended_at)
    files = await uow.answers.files(link) if found.has_files else []
    attached = [{"label": FILE_LABEL, "text": f"{file.name}（{file.size_text}）", "row": ""} for file in files]
    answer = PartnerAnswer(
        link_id=link.id,
        case_id=link.case_id,
        element_id=link.element_id,
        round=link.round,
        values=dict(given.values),
        said=[*(dict(part) for part in given.said), *attached],
        at=now,
    )
    number = await uow.answers.take(answer)
    if number is None:
        return TakenAnswer(outcome=Outcome.ALREADY, at=now)
    await uow.outbox.engine_call(business_key=f"{DELIVER}:{number}", kind=DELIVER, payload={"answer_id": number})
    # Nothing is ended here where the office was first, or is at this very moment.
    if link.end is not None or not await uow.answers.end_step(link.case_id, link.element_id, now):
        await uow.answers.drop_drafts(link)
        await late_by_number(uow, number)
        return TakenAnswer(outcome=Outcome.LATE, at=now)
    await note(uow, link.case_id, f"回答を受け付けた: {link.title}", actor=PARTNER)
    return TakenAnswer(outcome=Outcome.ACCEPTED, at=now)


async def to_deliver(uow: UnitOfWork, answer_id: int) -> Delivery | None:
    """Return an answer that waits for the engine, its files filed; None for one that is settled."""
    answer = await uow.answers.kept(answer_id)
    await file_to_case(uow, answer)
    if answer.state is not AnswerState.ACCEPTED:
        return None
    return Delivery(
        answer_id=answer_id,
        case_id=answer.case_id,
        element_id=answer.element_id,
        values=answer.values,
        taken_at=answer.at,
        tried=answer.task_key,
    )


async def confirm_receipt(uow: UnitOfWork, answer_id: int) -> None:
    """Mail the partner what it sent, once; nothing for an answer that was not the first."""
    answer = await uow.answers.kept(answer_id)
    if answer.state is not AnswerState.LATE:
        await _write(uow, answer, RECEIPT)


async def try_with(uow: UnitOfWork, answer_id: int, task_key: int) -> bool:
    """Note the task that an answer is handed to now; False where it has been settled meanwhile."""
    answer = await uow.answers.kept(answer_id)
    if answer.state is not AnswerState.ACCEPTED:
        return False
    answer.task_key = task_key
    return True


async def settle_delivered(uow: UnitOfWork, answer_id: int) -> None:
    """Note that the engine took an answer."""
    (await uow.answers.kept(answer_id)).state = AnswerState.DELIVERED


async def settle_late(uow: UnitOfWork, answer: PartnerAnswer) -> None:
    """Keep an answer that came second: a task for the office, a mail to the partner (nothing is discarded)."""
    if answer.state is AnswerState.ACCEPTED:
        await keep_beside(uow, answer)


async def keep_beside(uow: UnitOfWork, answer: PartnerAnswer) -> None:
    """Keep an answer beside the one that counts, once, whatever was done with it: the office and the partner hear."""
    if answer.state is AnswerState.LATE:
        return
    answer.state = AnswerState.LATE
    link = await uow.answers.link_of(answer)
    first = await first_answer(uow, answer.case_id, link.city, answer.element_id)
    await uow.outbox.engine_call(
        business_key=f"{LATE}:{answer.id}",
        kind="publish-message",
        payload={
            "name": LATE,
            "correlation_key": f"{link.case_id}:{answer.id}",
            "message_id": f"{LATE}:{link.case_id}:{answer.id}",
            "variables": named(case_id=link.case_id, answer_id=answer.id),
        },
    )
    told = first.told if first else "先に入力を済ませていました"
    await _write(uow, answer, _LATE_RECEIPT, first=told)
    await note(uow, link.case_id, f"先に入力されていたため、相手方の回答は使わずに残した: {link.title}")


async def late_by_number(uow: UnitOfWork, answer_id: int) -> None:
    """Keep an answer that came second, see :func:`settle_late`."""
    await settle_late(uow, await uow.answers.kept(answer_id))


def as_text(said: Sequence[Mapping[str, str]]) -> str:
    """Return an answer as plain lines, the rows of a list under their heading."""
    lines: list[str] = []
    row = ""
    for part in said:
        if part["row"] != row:
            row = part["row"]
            lines += ["", f"【{row}】"] if row else [""]
        lines.append(f"{part['label']}: {part['text']}")
    return "\n".join(lines).strip()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What a partner is told of what it sent. ``key``: what was sent, one of its kind in the case."""

    template: str
    key: str
    name: str
    address: str = field(repr=False)
    title: str
    at: datetime
    said: Sequence[Mapping[str, str]] = field(repr=False)
    first: str = ""
    """Who was first and when, where this answer was not."""


async def write_receipt(uow: UnitOfWork, receipt: Receipt, *, case_id: str, city: str, partner: Partner | None) -> None:
    """Mail a partner what it sent, as it reads it."""
    await uow.outbox.mail(
        MailRequest(
            business_key=f"{case_id}:{receipt.template}:{receipt.key}:partner:{receipt.template}",
            case_id=case_id,
            city=city,
            kind=receipt.template,
            template=receipt.template,
            recipient_name=receipt.name,
            recipient=receipt.address,
            context={
                "partner": partner,
                "answer_title": receipt.title,
                "answered_at": receipt.at,
                "answer_text": as_text(receipt.said),
                "first_answer": receipt.first,
            },
        )
    )


async def _write(uow: UnitOfWork, answer: PartnerAnswer, template: str, *, first: str = "") -> None:
    link = await uow.answers.link_of(answer)
    receipt = Receipt(
        template=template,
        key=str(answer.id),
        name=link.recipient_name,
        address=link.recipient,
        title=link.title,
        at=answer.at,
        said=answer.said,
        first=first,
    )
    partner = await uow.cases.partner(link.case_id)
    await write_receipt(uow, receipt, case_id=link.case_id, city=link.city, partner=partner)
