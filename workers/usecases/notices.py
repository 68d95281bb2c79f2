"""Notices of non-renewal and objections: entered by the office, whenever they arrived (D-4, DAT-T1, ALL-5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.domain import renewal
from workers.domain.acts import SYSTEM
from workers.domain.agreements import Agreement, Notice, Side, TermStage
from workers.domain.entities import Case, CaseKind
from workers.domain.renewal import renewal_plan
from workers.domain.required import check, parse_rules
from workers.domain.text import multi_line, shown
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure
from workers.usecases.renewals import (
    SIDE_NAMES,
    Renewal,
    apply_decision,
    apply_expiry,
    renewal_of,
    renewal_variables,
    tell_both,
)

_DECISIONS = {"renew": "更新する", "expire": "更新しない"}
APPROVAL_LABELS = {"number": "起案番号", "decidedOn": "決裁日", "class": "決裁区分", "decidedBy": "決裁者"}
"""What is asked of a 決裁, by the key under which the form has it."""
APPROVAL_LEVELS = {"mayor": "市長", "deputy": "副市長", "director": "部長", "manager": "課長"}
_APPROVED = parse_rules(
    require=",".join(f"approval.{key}:{label}" for key, label in APPROVAL_LABELS.items()),
    dates="approval.decidedOn:決裁日 <=today",
    ranges="",
    empty="",
)
_LONGEST = 1200  # a reason with the 決裁 behind it


async def enter_notice(uow: UnitOfWork, case_id: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Enter what the office's form of a renewal says: a notice, or that one was withdrawn.

    Where the city decides, its 決裁 stands with the reason (ALL-11). Returns ``renewalState`` and the notices. Raises
    InputError for every bad field.
    """
    case = await uow.cases.get(case_id)
    reason = multi_line(form.get("reason") or "", "理由", maximum=1000)
    approval = _read(form.get("approval"))
    if form.get("action") == "withdraw":
        return await withdraw_notice(
            uow,
            str(case.agreement_id),
            number=str(form.get("notice") or ""),
            on=form.get("withdrawnOn"),
            decision=str(form.get("decision") or ""),
            reason=reason,
            approval=approval,
        )
    return await record_notice(
        uow,
        str(case.agreement_id),
        side=str(form.get("side") or ""),
        received=form.get("receivedOn"),
        reason=reason,
        approval=approval,
    )


async def command_notice(  # noqa: PLR0913 (the command's options)
    uow: UnitOfWork,
    agreement_id: str,
    *,
    side: str,
    received: Any,
    reason: str,
    approval: Mapping[str, Any],
    decision: str | None = None,
) -> dict[str, Any]:
    """Enter a notice by command; with ``decision`` that the one of this side and day was withdrawn today.

    What the city decides itself needs its 決裁 here as on the form (ALL-11). Raises InputErrors with all of it that is
    missing, and InputError as :func:`record_notice` and :func:`withdraw_notice`.
    """
    if decision is not None or side == Side.CITY:
        check({"approval": approval}, _APPROVED, today=uow.clock.today())
    if decision is None:
        return await record_notice(
            uow, agreement_id, side=side, received=received, reason=reason, approval=_read(approval)
        )
    received_on = _day(received, "受領日")
    notices = await uow.agreements.notices((await uow.agreements.get(agreement_id)).id)
    found = [e for e in notices if (e.side, e.received_on, e.withdrawn_on) == (side, received_on, None)]
    if not found:
        raise InputError("受領日", f"{format_wareki(received_on)}に届いた、取り下げられていない申出はありません")
    return await withdraw_notice(
        uow,
        agreement_id,
        number=str(found[-1].id),
        on=uow.clock.today().isoformat(),
        decision=decision,
        reason=reason,
        approval=_read(approval),
    )


def _read(approval: Any) -> dict[str, Any] | None:
    """Return a 決裁 with its day as ISO; None where none was given."""
    if not isinstance(approval, Mapping) or not approval.get("number"):
        return None
    return {**approval, "decidedOn": parse_date(approval.get("decidedOn"), "決裁日").isoformat()}


def _said(approval: Mapping[str, Any] | None) -> str:
    """Return what an entry's reason says of its 決裁."""
    if approval is None:
        return ""
    decided_on = format_wareki(date.fromisoformat(approval["decidedOn"]))
    parts = (
        f"起案番号 {approval['number']}",
        f"決裁日 {decided_on}",
        f"決裁区分 {APPROVAL_LEVELS.get(str(approval.get('class')), '')}",
        f"決裁者 {approval.get('decidedBy') or ''}",
    )
    return f"（{'、'.join(parts)}）"


async def record_notice(  # noqa: PLR0913 (the fields of the form)
    uow: UnitOfWork,
    agreement_id: str,
    *,
    side: str,
    received: Any,
    reason: str = "",
    approval: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Enter a notice; what counts is the day it was received (ISO or wareki), not today.

    ``approval``: the 決裁 of the city's own notice; a partner's is a receipt, and needs none.
    One that arrived in time but is entered after the renewal was recorded takes the renewal back, and both sides get a
    corrected mail. Raises InputError for a day that cannot count or an agreement that has no renewal.
    """
    if side not in set(Side):
        raise InputError("申出をした側", f"{shown(side)} は使えません（{'・'.join(Side)}）")
    received_on = _day(received, "受領日")
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
    decided = approval if side == Side.CITY else None
    entry = Notice(
        agreement_id=agreement.id,
        term_number=term.number,
        side=Side(side),
        received_on=received_on,
        entered_at=uow.clock.now(),
        reason=multi_line(reason + _said(decided), "理由", maximum=_LONGEST),
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
    return renewal_variables(found)


async def withdraw_notice(  # noqa: PLR0913 (the fields of the form)
    uow: UnitOfWork,
    agreement_id: str,
    *,
    number: str,
    on: Any,
    decision: str,
    reason: str = "",
    approval: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Record that a notice was withdrawn before the expiry, and what the office decides: renew all the same, or not.

    Raises InputError for an unknown notice, a day after the expiry or a missing decision.
    """
    agreement = await uow.agreements.get(agreement_id, lock=True)
    entry = next((e for e in await uow.agreements.notices(agreement.id) if str(e.id) == number), None)
    if entry is None:
        raise InputError("取り下げられた申出", "選んでください")
    if decision not in _DECISIONS:
        raise InputError("取下げへの対応", f"選んでください（{'・'.join(_DECISIONS.values())}）")
    found = await _renewal(uow, agreement, entry.term_number)
    withdrawn_on = _day(on, "取下げの日")
    today = uow.clock.today()
    if not entry.received_on <= withdrawn_on <= today:
        raise InputError("取下げの日", f"{format_wareki(withdrawn_on)} は、申出の受領日から今日までの日ではありません")
    if max(withdrawn_on, today) > found.plan.expires_on:
        raise InputError("取下げの日", f"協定は{format_wareki(found.plan.expires_on)}に満了しました")
    _check_open(agreement)
    entry.withdrawn_on, entry.overruled = withdrawn_on, decision == "renew"
    why = multi_line(reason + _said(approval), "理由", maximum=_LONGEST)
    entry.decision = f"{_DECISIONS[decision]} {why}".strip()
    await _keep(uow, found.case, approval)
    await note(
        uow,
        found.case.id,
        f"{format_wareki(withdrawn_on, weekday=True)}の申出の取下げを登録した。{_DECISIONS[decision]}",
    )
    if not found.blocked and found.state == "blocked":
        await apply_decision(uow, found)
    return renewal_variables(found)


async def _keep(uow: UnitOfWork, case: Case, approval: Mapping[str, Any] | None) -> None:
    """Keep the 決裁 of a decision as a step of the renewal (ALL-11)."""
    if approval is not None:
        await record(uow, case, "renewal-approval", dict(approval))


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


def _day(value: Any, where: str) -> date:
    if not value:
        raise InputError(where, "入力してください")
    return parse_date(value, where)
