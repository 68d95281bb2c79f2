"""Notices of non-renewal and objections: entered by the office, whenever they arrived (D-4, DAT-T1, ALL-5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from workers.domain import renewal
from workers.domain.acts import SYSTEM
from workers.domain.agreements import Agreement, Notice, Side, TermStage
from workers.domain.entities import Case, CaseKind
from workers.domain.renewal import renewal_plan
from workers.domain.text import multi_line
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.approval import Approval, approval_to_keep
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure
from workers.usecases.renewals import SIDE_NAMES, Renewal, apply_decision, apply_expiry, renewal_of, tell_both

_LONGEST = 1200  # a reason with the 決裁 behind it


@dataclass(frozen=True, kw_only=True)
class Withdrawal:
    """That a notice (its number) was withdrawn on a day; the office decides to ``renew`` all the same, or not."""

    number: str
    on: date
    renew: bool


async def note_wish(uow: UnitOfWork, case_id: str) -> Renewal:
    """Keep that the partner wants the term renewed: the history tells it, it decides nothing (ALL-5)."""
    await note(uow, case_id, "相手方から、更新を希望するとの返事があった")
    return await renewal_of(uow, case_id)


async def newest_notice(uow: UnitOfWork, agreement_id: str, side: Side, received_on: date) -> str:
    """Return the number of a side's notice of a day that was not withdrawn; raises InputError where there is none."""
    notices = await uow.agreements.notices((await uow.agreements.get(agreement_id)).id)
    found = [e for e in notices if (e.side, e.received_on, e.withdrawn_on) == (side, received_on, None)]
    if not found:
        raise InputError("受領日", f"{format_wareki(received_on)}に届いた、取り下げられていない申出はありません")
    return str(found[-1].id)


async def record_notice(  # noqa: PLR0913 (the facts of a notice)
    uow: UnitOfWork,
    agreement_id: str,
    *,
    side: Side,
    received_on: date,
    reason: str = "",
    approval: Approval | None = None,
) -> Renewal:
    """Enter a notice; what counts is the day it was received, not today.

    ``approval``: the 決裁 of the city's own notice; a partner's is a receipt, and needs none.
    One that arrived in time but is entered after the renewal was recorded takes the renewal back, and both sides get a
    corrected mail. Raises InputError for a day that cannot count or an agreement that has no renewal.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    await _catch_up(uow, agreement, min(received_on, uow.clock.today()))
    term = renewal.term_at(agreement, received_on)
    city = uow.cities.city(agreement.city)
    if term is not None and term.endless:
        raise InputError("協定番号", "この協定には有効期間の終わりがありません。終えるときは解除の手続で扱ってください")
    plan = renewal_plan(city, term) if term else None
    renewal.check_received(term, received_on, plan.last_day if plan else None, uow.clock.today())
    if term is None or not renewal.open_to_notices(city, agreement, term):
        raise InputError("協定番号", "この協定には更新の定めがありません。満了日に終わります")
    _check_open(agreement)
    decided = approval if side is Side.CITY else None
    entry = Notice(
        agreement_id=agreement.id,
        term_number=term.number,
        side=side,
        received_on=received_on,
        entered_at=uow.clock.now(),
        reason=_with_approval(reason, decided),
    )
    await uow.agreements.add_notice(entry)
    found = await _renewal(uow, agreement, term.number)
    await _keep(uow, found.case, decided)
    text = f"{format_wareki(received_on, weekday=True)}に届いた、更新しない旨の申出を登録した"
    await note(uow, found.case.id, f"{text}（{SIDE_NAMES[entry.side]}から）")
    told = term.stage is TermStage.SETTLED
    if renewal.reverse(city, agreement, term, uow.clock.today()):
        await note(uow, found.case.id, "申出が期限内に届いていたため、記録した更新を取り消した", actor=SYSTEM)
        await tell_both(uow, found, "reversed" if told else "blocked")
        if uow.clock.today() >= found.plan.over_on:
            await apply_expiry(uow, found)
    return found


async def withdraw_notice(
    uow: UnitOfWork, agreement_id: str, withdrawn: Withdrawal, *, reason: str = "", approval: Approval | None = None
) -> Renewal:
    """Record that a notice was withdrawn before the expiry, and what the office decides.

    Raises InputError for an unknown notice or a day after the expiry.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    entry = next((e for e in await uow.agreements.notices(agreement.id) if str(e.id) == withdrawn.number), None)
    if entry is None:
        raise InputError("取り下げられた申出", "選んでください")
    found = await _renewal(uow, agreement, entry.term_number)
    withdrawn_on, today = withdrawn.on, uow.clock.today()
    if not entry.received_on <= withdrawn_on <= today:
        raise InputError("取下げの日", f"{format_wareki(withdrawn_on)} は、申出の受領日から今日までの日ではありません")
    if max(withdrawn_on, today) > found.plan.expires_on:
        raise InputError("取下げの日", f"協定は{format_wareki(found.plan.expires_on)}に満了しました")
    _check_open(agreement)
    entry.withdrawn_on, entry.overruled = withdrawn_on, withdrawn.renew
    decision = "更新する" if withdrawn.renew else "更新しない"
    entry.decision = f"{decision} {_with_approval(reason, approval)}".strip()
    await _keep(uow, found.case, approval)
    await note(
        uow,
        found.case.id,
        f"{format_wareki(withdrawn_on, weekday=True)}の申出の取下げを登録した。{decision}",
    )
    if not found.blocked and found.state == "blocked":
        await apply_decision(uow, found)
    return found


async def _keep(uow: UnitOfWork, case: Case, approval: Approval | None) -> None:
    """Keep the 決裁 of a decision as a step of the renewal (ALL-11)."""
    if approval is not None:
        await record(uow, case, "renewal-approval", approval_to_keep(approval))


async def _catch_up(uow: UnitOfWork, agreement: Agreement, day: date) -> None:
    """Decide on the terms that were over before a day: the watch may have missed the mornings since (ALL-5)."""
    while agreement.ended_on is None and (term := agreement.current_term).expires_on < day:
        found = await _renewal(uow, agreement, term.number)
        if found.state != "open":
            return
        await apply_decision(uow, found)


def _check_open(agreement: Agreement) -> None:
    if agreement.ended_on is not None:
        raise InputError("協定番号", f"協定 {agreement.id} は{format_wareki(agreement.ended_on)}に終わりました")


async def _renewal(uow: UnitOfWork, agreement: Agreement, term_number: int) -> Renewal:
    """Return the renewal of a term; its case is filed where the watch has not done so yet."""
    case = await file_procedure(uow, agreement, CaseKind.RENEWAL, str(term_number + 1))
    return await renewal_of(uow, case.id, agreement)


def _with_approval(reason: str, approval: Approval | None) -> str:
    return multi_line(reason + (approval.said if approval else ""), "理由", maximum=_LONGEST)
