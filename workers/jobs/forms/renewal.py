"""The renewal of a term as its diagram and its forms have it (D-4, D-5, ALL-5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from workers.domain import renewal
from workers.domain.agreements import Side
from workers.domain.business_days import subtract_business_days
from workers.domain.entities import Case
from workers.domain.jst import at
from workers.domain.text import multi_line, shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.jobs.forms.rows import required_day, text
from workers.readers.approval import check_approval, read_approval
from workers.usecases.notices import Withdrawal, newest_notice, note_wish, record_notice, withdraw_notice
from workers.usecases.ports import UnitOfWork
from workers.usecases.renewals import SIDE_NAMES, Renewal

_DECISIONS = {"renew": "更新する", "expire": "更新しない"}
_DAY = timedelta(days=1)
_TIMERS_MINUTE = 10
_MAIL_HOUR = 9
_LAST_CALL = 5
"""Business days before the last day on which what is still missing is said once more (DAT-T1)."""


def plan_variables(found: Renewal) -> dict[str, Any]:
    """Return ``renewal``, its days as full timestamps for timers, and the state for gateways and forms."""
    plan = found.plan
    return {
        "renewal": {
            "renews": renewal.open_to_notices(found.city, found.agreement, found.term),
            "remindAt": at(plan.remind_on, _MAIL_HOUR).isoformat(),
            "lastCallAt": at(subtract_business_days(plan.last_day, _LAST_CALL), _MAIL_HOUR).isoformat(),
            "lastDay": format_wareki(plan.last_day, weekday=True),
            "dueAt": at(plan.last_day, 23, 59, 59).isoformat(),
            "decideAt": at(plan.decide_on, 0, _TIMERS_MINUTE).isoformat(),
            "tellAt": at(plan.tell_on, _MAIL_HOUR).isoformat(),
            "expires": format_wareki(plan.expires_on, weekday=True),
            "lateUntil": at(max(plan.over_on, plan.tell_on + _DAY), 0, _TIMERS_MINUTE).isoformat(),
            "overAt": at(plan.over_on, 0, _TIMERS_MINUTE).isoformat(),
        },
        **renewal_variables(found),
    }


def renewal_variables(found: Renewal) -> dict[str, Any]:
    """Return the state of a renewal and its notices as the rows of a form."""
    return {
        "renewalState": found.state,
        "agreementEnd": found.agreement.end.value if found.agreement.end else None,
        "notices": [
            {
                "label": f"{format_wareki(entry.received_on)}に{SIDE_NAMES[entry.side]}から",
                "value": str(entry.id),
                "side": SIDE_NAMES[entry.side],
                "received": format_wareki(entry.received_on),
                "reason": entry.reason,
                "withdrawn": format_wareki(entry.withdrawn_on) if entry.withdrawn_on else "",
                "decision": entry.decision,
            }
            for entry in found.notices
        ],
    }


async def enter_notice(uow: UnitOfWork, case: Case, form: Mapping[str, Any]) -> Renewal:
    """Enter what the form of a renewal says: a notice, that one was withdrawn, or that the partner wants the renewal.

    Where the city decides, its 決裁 stands with the reason (ALL-11). Raises InputError for every bad field.
    """
    if form.get("action") == "keep":
        return await note_wish(uow, case.id)
    agreement_id = str(case.agreement_id)
    reason = multi_line(form.get("reason") or "", "理由", maximum=1000)
    approval = read_approval(form.get("approval"))
    if form.get("action") != "withdraw":
        side, received_on = read_side(form.get("side")), required_day(form.get("receivedOn"), "受領日")
        return await record_notice(
            uow, agreement_id, side=side, received_on=received_on, reason=reason, approval=approval
        )
    decision = text(form.get("decision"))
    if decision not in _DECISIONS:
        raise InputError("取下げへの対応", f"選んでください（{'・'.join(_DECISIONS.values())}）")
    on = required_day(form.get("withdrawnOn"), "取下げの日")
    withdrawn = Withdrawal(number=text(form.get("notice")), on=on, renew=decision == "renew")
    return await withdraw_notice(uow, agreement_id, withdrawn, reason=reason, approval=approval)


def read_side(value: Any) -> Side:
    """Read who gave notice; raises InputError."""
    side = text(value)
    if side not in set(Side):
        raise InputError("申出をした側", f"{shown(side)} は使えません（{'・'.join(Side)}）")
    return Side(side)


async def command_notice(  # noqa: PLR0913 (the command's options)
    uow: UnitOfWork,
    agreement_id: str,
    *,
    side: str,
    received: str,
    reason: str,
    approval: Mapping[str, Any],
    decision: str | None = None,
) -> Renewal:
    """Enter a notice by command; with ``decision`` that the one of this side and day was withdrawn today.

    What the city decides itself needs its 決裁 here as on the form (ALL-11). Raises InputErrors with all of it that is
    missing, and InputError as :func:`record_notice` and :func:`withdraw_notice`.
    """
    if decision is not None or side == Side.CITY:
        check_approval(approval, uow.clock.today())
    decided, received_on = read_approval(approval), required_day(received, "受領日")
    if decision is None:
        return await record_notice(
            uow, agreement_id, side=read_side(side), received_on=received_on, reason=reason, approval=decided
        )
    number = await newest_notice(uow, agreement_id, read_side(side), received_on)
    withdrawn = Withdrawal(number=number, on=uow.clock.today(), renew=decision == "renew")
    return await withdraw_notice(uow, agreement_id, withdrawn, reason=reason, approval=decided)
