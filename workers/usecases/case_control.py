"""Break a case off or go back one step, at any step of any procedure (ALL-22).

A person begins it in Tasklist with a case number, sees which case it is and where it stands, and carries it out then.
What is broken off is closed in the registry first; the engine cancels its instance after the commit, whatever it waits
for. So it works alike at every step, in every diagram, and for cases that run on an older version of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, CaseKind, CaseOutcome
from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.usecases.close_case import OUTCOME_NAMES, state_name
from workers.usecases.journal import note, record
from workers.usecases.leave_step import leave_everything
from workers.usecases.lookup import case_title
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


async def look_up_case(uow: UnitOfWork, order: Mapping[str, Any], refused: str | None, ref: JobRef) -> dict[str, Any]:
    """Return what the office sees before it breaks a case off: ``orderText``, and where the case stands.

    ``order``: as for ``order_case``; what it lacks is said at once. ``refused``: why an order was not carried out a
    moment before; it is shown again. ``caseId`` None: there is no such
    case, ``formError`` says so. ``stepsWanted``: the engine is asked where the case stands, the answer comes as the
    message ``common-steps-found`` with ``orderId``.
    """
    number = order.get("caseNumber")
    case = await uow.cases.find(_written(number))
    city = _city_of(uow, case.city if case else _written(number).partition("-")[0])
    order_id = f"order-{ref.job_key}"  # the engine's own: it drops an answer of an id that it has seen
    why = _why_unknown(number) if case is None else _why_over(case)
    instance = case.process_instance_key if case and not why else None
    if case and instance is not None:
        await uow.outbox.engine_call(
            business_key=f"{order_id}:steps",
            kind="find-steps",
            payload={"order_id": order_id, "process_instance_key": instance},
        )
    return {
        "caseId": case.id if case else None,
        "caseTitle": case_title(case) if case else None,
        "officeGroup": city.office.group if city else None,
        "partnerKnown": bool(case and case.partner),
        "orderText": _described(case) if case else None,
        "orderId": order_id,
        "stepsWanted": instance is not None,
        "steps": [],
        "formError": why or refused or _lacking(order),
    }


async def order_case(uow: UnitOfWork, order: Mapping[str, Any], ref: JobRef) -> dict[str, Any]:
    """Carry out what the office ordered; returns ``orderState``: ``ended``, ``going-back`` or ``refused``.

    ``order``: ``caseId``, ``orderId``, ``caseAction`` (withdraw, stop, cancel, back), ``caseReason``, ``tellPartner``,
    ``partnerMessage``, ``stepChoice``. ``refused`` comes with ``formError``; ``ended`` with ``partnerTold``. Going back
    ends with the message ``common-step-answered``: whether the engine found the case where the office saw it.
    """
    try:
        case, action, reason = await _checked(uow, order)
    except InputError as error:
        return {"orderState": "refused", "formError": error.message}
    told = action != BACK and order.get("tellPartner") == "yes" and case.partner is not None
    message = multi_line(order.get("partnerMessage") or "", "相手方への文", maximum=2000) if told else ""
    if action == BACK:
        await _go_back(uow, case, order)
        return {"orderState": "going-back", "partnerTold": False}
    facts = {"action": action, "reason": reason, "message": message, "procedure": _ALL_KINDS[case.kind]}
    await record(uow, case, STEP, facts)
    await _break_off(uow, case, action, reason, ref)
    return {"orderState": "ended", "partnerTold": told}


async def confirm_step_back(uow: UnitOfWork, order: Mapping[str, Any]) -> None:
    """Note that the engine has gone back, and leave nothing of the left step open (``caseId``, ``stepLeft``)."""
    case = await uow.cases.get(str(order.get("caseId")))
    reason = str(order.get("caseReason") or "")
    left = order.get("stepLeft")
    facts = left if isinstance(left, Mapping) else {}
    await record(uow, case, STEP, {"action": BACK, "reason": reason, "step": facts.get("label", "")})
    await note(uow, case.id, f"{_DONE[BACK]}（{facts.get('label', '')}）。理由: {shown(reason, _REASON_IN_HISTORY)}")
    await leave_everything(uow, case, reason, left=facts)


async def _checked(uow: UnitOfWork, order: Mapping[str, Any]) -> tuple[Case, str, str]:
    case = await uow.cases.find(_written(order.get("caseId")))
    if case is None:
        raise InputError("案件番号", "入力してください")
    if why := _why_over(case):
        raise InputError("案件番号", why)
    if _written(order.get("caseNumber")) != case.id:
        raise InputError("案件番号", "番号を変えたときは、「調べ直す」を選んで、どの案件かを確かめてください")
    action, reason = _action_and_reason(order)
    if action != BACK:
        await _check_may_end(uow, case)
    elif not order.get("stepChoice"):
        raise InputError("戻る手順", "選んでください。いまの手順に戻る手順がなければ、戻せません")
    return case, action, reason


def _action_and_reason(order: Mapping[str, Any]) -> tuple[str, str]:
    """Return both; raises InputError for what the order lacks, whichever case it is about."""
    action = str(order.get("caseAction") or "")
    if action not in _DONE:
        raise InputError("すること", "選んでください")
    reason = single_line(str(order.get("caseReason") or "").replace("\n", " "), "理由", maximum=1000)
    if not reason:
        raise InputError("理由", "入力してください")
    if action != BACK and order.get("tellPartner") not in {"yes", "no"}:
        raise InputError("相手方にメールで知らせるか", "選んでください")
    return action, reason


def _lacking(order: Mapping[str, Any]) -> str | None:
    try:
        _action_and_reason(order)
    except InputError as error:
        return error.message
    return None


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


async def _go_back(uow: UnitOfWork, case: Case, order: Mapping[str, Any]) -> None:
    order_id = str(order.get("orderId"))
    await uow.outbox.engine_call(
        business_key=f"{order_id}:back",
        kind="step-back",
        payload={
            "order_id": order_id,
            "process_instance_key": case.process_instance_key,
            "choice": str(order.get("stepChoice") or ""),
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


def _written(number: object) -> str:
    return str(number or "").strip()


def _city_of(uow: UnitOfWork, code: str) -> City | None:
    """Return the city of a case number as far as it names one: whoever mistyped the rest shall correct it."""
    return uow.cities.city(code) if code in uow.cities.codes() else None


def _why_unknown(number: object) -> str:
    return f"案件番号: {shown(_written(number))} という案件はありません。番号を確かめてください"


def _why_over(case: Case) -> str:
    if case.closed_on is None:
        return ""
    how = OUTCOME_NAMES[case.outcome] if case.outcome else "終了"
    return f"この案件は{format_wareki(case.closed_on)}に終わっています（{how}）"


def _described(case: Case) -> str:
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
