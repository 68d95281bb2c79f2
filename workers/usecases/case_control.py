"""Break a case off or go back one step, at any step of any procedure (ALL-22).

A person begins it in Tasklist with a case number, sees which case it is and where it stands, and carries it out then.
What is broken off is closed in the registry first; the engine cancels its instance after the commit, whatever it waits
for. So it works alike at every step, in every diagram, and for cases that run on an older version of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.domain.text import shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.usecases.close_case import OUTCOME_NAMES, state_name
from workers.usecases.journal import note, record
from workers.usecases.leave_step import LeftStep, leave_everything
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.procedures import KIND_NAMES

STEP: Final = "case-control"
BACK: Final = "back"
_OUTCOMES: Final = {
    "withdraw": CaseOutcome.WITHDRAWN,
    "stop": CaseOutcome.STOPPED,
    "cancel": CaseOutcome.CANCELLED,
}
_DONE: Final = {
    "withdraw": "相手方が取り下げたため、手続を終えた",
    "stop": "市が手続を止めた",
    "cancel": "まちがえて始めた手続を取り消した",
    BACK: "一つ前の手順に戻した",
}
_ALL_KINDS: Final = {CaseKind.SIGNING: "協定の締結", CaseKind.PUBLICATION: "一覧と公表", **KIND_NAMES}
_REASON_IN_HISTORY: Final = 200


@dataclass(frozen=True, kw_only=True)
class CaseOrder:
    """What the office orders: ``action`` is withdraw, stop, cancel or back; ``told`` None: nothing was chosen.

    ``number`` was typed, ``case_id`` is the case that was looked up under ``order_id``; ``step``: where to go back to;
    ``message``: what the partner is told.
    """

    number: str = ""
    case_id: str = ""
    order_id: str = ""
    action: str = ""
    reason: str = ""
    told: bool | None = None
    message: str = ""
    step: str = ""


@dataclass(frozen=True, kw_only=True)
class FoundCase:
    """What was found of an order's number. ``asked``: the engine is asked where the case stands; ``why`` not, if so."""

    case: Case | None
    city: City | None
    order_id: str
    asked: bool
    why: str


async def look_up_case(uow: UnitOfWork, number: str, ref: JobRef) -> FoundCase:
    """Find the case that is to be broken off or to go back.

    The engine's answer where it stands comes as the message ``common-steps-found`` with the order's id.
    """
    case = await uow.cases.find(number)
    city = _city_of(uow, case.city if case else number.partition("-")[0])
    order_id = f"order-{ref.job_key}"  # the engine's own: it drops an answer of an id that it has seen
    why = _why_unknown(number) if case is None else _why_over(case)
    instance = case.process_instance_key if case and not why else None
    if instance is not None:
        await uow.outbox.engine_call(
            business_key=f"{order_id}:steps",
            kind="find-steps",
            payload={"order_id": order_id, "process_instance_key": instance},
        )
    return FoundCase(case=case, city=city, order_id=order_id, asked=instance is not None, why=why)


async def order_case(uow: UnitOfWork, order: CaseOrder, ref: JobRef) -> bool:
    """Break a case off or ask the engine to go back; returns whether the partner is told.

    Going back ends with the message ``common-step-answered``: whether the engine found the case where the office saw
    it. Raises InputError for what the order lacks, or where the case may not end.
    """
    case = await _checked(uow, order)
    if order.action == BACK:
        await _go_back(uow, case, order)
        return False
    told = order.told is True and case.partner is not None
    facts = {"action": order.action, "reason": order.reason, "message": order.message if told else ""}
    await record(uow, case, STEP, {**facts, "procedure": _ALL_KINDS[case.kind]})
    await _break_off(uow, case, order.action, order.reason, ref)
    return told


async def confirm_step_back(uow: UnitOfWork, case_id: str, reason: str, left: LeftStep) -> None:
    """Note that the engine has gone back, and leave nothing of the left step open."""
    case = await uow.cases.get(case_id)
    await record(uow, case, STEP, {"action": BACK, "reason": reason, "step": left.label})
    await note(uow, case.id, f"{_DONE[BACK]}（{left.label}）。理由: {shown(reason, _REASON_IN_HISTORY)}")
    await leave_everything(uow, case, reason, left=left)


async def _checked(uow: UnitOfWork, order: CaseOrder) -> Case:
    case = await uow.cases.find(order.case_id)
    if case is None:
        raise InputError("案件番号", "入力してください")
    if why := _why_over(case):
        raise InputError("案件番号", why)
    if order.number != case.id:
        raise InputError("案件番号", "番号を変えたときは、「調べ直す」を選んで、どの案件かを確かめてください")
    check_order(order)
    if order.action != BACK:
        await _check_may_end(uow, case)
    elif not order.step:
        raise InputError("戻る手順", "選んでください。いまの手順に戻る手順がなければ、戻せません")
    return case


def check_order(order: CaseOrder) -> None:
    """Raise InputError for what an order lacks, whichever case it is about."""
    if order.action not in _DONE:
        raise InputError("すること", "選んでください")
    if not order.reason:
        raise InputError("理由", "入力してください")
    if order.action != BACK and order.told is None:
        raise InputError("相手方にメールで知らせるか", "選んでください")


async def _check_may_end(uow: UnitOfWork, case: Case) -> None:
    """Raise InputError for a case whose effect is there already or comes by itself."""
    if case.kind is CaseKind.RENEWAL:
        raise InputError(
            "すること", "更新の手続は止められません。更新しないときは、更新しない旨の申出を記録してください"
        )
    if case.kind is CaseKind.SIGNING and (agreement := await uow.agreements.of_case(case.id)):
        raise InputError("すること", f"協定 {agreement.id} は登録済みです。終えるには、解除の手続を始めてください")
    if case.kind is CaseKind.AMENDMENT and case.agreement_id is not None:
        versions = (await uow.agreements.get(case.agreement_id)).versions
        if any(version.case_id == case.id for version in versions):
            raise InputError("すること", "変更は登録済みです。元に戻すには、もう一度、変更の手続を始めてください")


async def _go_back(uow: UnitOfWork, case: Case, order: CaseOrder) -> None:
    await uow.outbox.engine_call(
        business_key=f"{order.order_id}:back",
        kind="step-back",
        payload={
            "order_id": order.order_id,
            "process_instance_key": case.process_instance_key,
            "choice": order.step,
        },
    )


async def _break_off(uow: UnitOfWork, case: Case, action: str, reason: str, ref: JobRef) -> None:
    case.outcome, case.closed_on = _OUTCOMES[action], uow.clock.today()
    await leave_everything(uow, case, reason)
    await note(uow, case.id, f"{_DONE[action]}。理由: {shown(reason, _REASON_IN_HISTORY)}")
    await note(uow, case.id, f"案件を閉じた: {OUTCOME_NAMES[case.outcome]}")
    if case.process_instance_key is not None and case.engine_id == ref.engine_id:
        await uow.outbox.engine_call(
            business_key=f"{case.id}:cancel",
            kind="cancel-instance",
            payload={"process_instance_key": case.process_instance_key},
        )


def _city_of(uow: UnitOfWork, code: str) -> City | None:
    """Return the city of a case number as far as it names one: whoever mistyped the rest shall correct it."""
    return uow.cities.city(code) if code in uow.cities.codes() else None


def _why_unknown(number: str) -> str:
    return f"案件番号: {shown(number)} という案件はありません。番号を確かめてください"


def _why_over(case: Case) -> str:
    if case.closed_on is None:
        return ""
    how = OUTCOME_NAMES[case.outcome] if case.outcome else "終了"
    return f"この案件は{format_wareki(case.closed_on)}に終わっています（{how}）"


def described(case: Case) -> str:
    """Return a case as a form shows it in a read-only text area: one fact a line, people's words as they are."""
    facts = {
        "案件番号": case.id,
        "手続": _ALL_KINDS[case.kind],
        "相手方": case.partner.name if case.partner else "まだ決まっていません",
        "協定番号": case.agreement_id or "",
        "始めた日": format_wareki(case.opened_on),
        "状態": state_name(case),
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)
