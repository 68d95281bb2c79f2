"""End an agreement before its term is over: grounds, notice in time, the day itself (AGE-T2, ISE-T2, DAT-T2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.domain.agreements import Agreement, AgreementEnd
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.jst import end_of
from workers.domain.numbers import parse_number
from workers.domain.renewal import next_term, unwatch
from workers.domain.terms import months_before
from workers.domain.text import single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.usecases.dissolution import standing, standing_variables
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of

PLAN_STEP = "termination-plan"
NOTICE_STEP = "termination-notice"
_MOST_MONTHS = 36


async def check_dissolution(uow: UnitOfWork, case_id: str) -> dict[str, Any]:
    """Return what the registry says for and against ending the agreement (D-8).

    ``dissolution``: ``candidate``, ``byGuideline`` (the city has grounds of its own), ``text`` (Markdown);
    ``noticeMonths`` None where the agreement's own text decides.
    """
    case, agreement = await procedure_of(uow, case_id)
    city = uow.cities.city(case.city)
    found = await standing(uow, city, agreement, uow.clock.today())
    by_guideline = city.termination.no_record_years is not None
    return {
        "dissolution": {**standing_variables(found), "byGuideline": by_guideline},
        "noticeMonths": _by_rule(city, agreement),
    }


async def plan_termination(uow: UnitOfWork, case_id: str, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Check and keep the day on which the agreement is to end.

    ``plan``: ``endsOn``; ``noticeMonths`` as the agreement's own text says, where the city has no rule (DAT-T2).
    Returns ``terminationPlan`` with the days as texts. Raises InputError for a day that leaves no time for the notice.
    """
    case, agreement = await procedure_of(uow, case_id)
    months = _notice_months(uow.cities.city(case.city), agreement, plan)
    ends_on = parse_date(plan.get("endsOn") or "", "解除の日")
    notice_by = months_before(ends_on, months)
    _check_days(uow.cities.city(case.city), agreement, ends_on, notice_by, uow.clock.today())
    facts = {"endsOn": ends_on.isoformat(), "noticeMonths": months, "noticeBy": notice_by.isoformat()}
    await record(uow, case, PLAN_STEP, facts)
    await note(uow, case.id, f"解除の日を{format_wareki(ends_on, weekday=True)}と決めた")
    texts = {"endsText": format_wareki(ends_on), "noticeByText": format_wareki(notice_by, weekday=True)}
    return {"terminationPlan": {**facts, **texts}}


async def record_notice(uow: UnitOfWork, case_id: str, notice: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the written notice and return ``terminateAt``, the moment at which the agreement's last day is over.

    ``notice``: ``noticeOn``, the day on which it reached the other side, and ``documentNumber``. Raises InputError for
    a day that has not come or that is too late for the day of the plan.
    """
    case, _ = await procedure_of(uow, case_id)
    plan = _plan(case)
    notice_on = parse_date(notice.get("noticeOn") or "", "通知が届いた日")
    notice_by = date.fromisoformat(plan["noticeBy"])
    if notice_on > uow.clock.today():
        raise InputError("通知が届いた日", f"{format_wareki(notice_on)}はまだ来ていません")
    if notice_on > notice_by:
        raise InputError(
            "通知が届いた日", f"{format_wareki(notice_by)}までに届いた通知でなければ、予定した日に解除できません"
        )
    number = single_line(notice.get("documentNumber") or "", "文書番号", maximum=60)
    await record(uow, case, NOTICE_STEP, {"noticeOn": notice_on.isoformat(), "documentNumber": number})
    await note(uow, case.id, f"解除の通知を記録した（{format_wareki(notice_on, weekday=True)}に届いた）")
    return {"terminateAt": end_of(date.fromisoformat(plan["endsOn"])).isoformat()}


async def register_termination(uow: UnitOfWork, case_id: str) -> dict[str, Any]:
    """End the agreement on the day of the plan, once; one that has ended before keeps its day.

    Returns ``terminationState``: ``terminated`` or, where the agreement ended otherwise meanwhile, ``ended-before``.
    """
    case, agreement = await procedure_of(uow, case_id, lock=True)
    ends_on = date.fromisoformat(_plan(case)["endsOn"])
    if agreement.ended_on is not None and (agreement.end, agreement.ended_on) != (AgreementEnd.TERMINATED, ends_on):
        await note(uow, case.id, f"協定 {agreement.id} は{format_wareki(agreement.ended_on)}に終わっていた")
        return {"terminationState": "ended-before"}
    if agreement.ended_on is None:
        agreement.ended_on, agreement.end = ends_on, AgreementEnd.TERMINATED
        unwatch(uow.cities.city(agreement.city), agreement)
        await note(uow, case.id, f"協定 {agreement.id} を{format_wareki(ends_on, weekday=True)}をもって解除した")
    return {"terminationState": "terminated"}


def _by_rule(city: City, agreement: Agreement) -> int | None:
    """Return the months of notice that the city's rule gives; an older agreement's own text decides (ISE-T3)."""
    return city.termination.notice_months if agreement.whole_guideline else None


def _notice_months(city: City, agreement: Agreement, plan: Mapping[str, Any]) -> int:
    months = _by_rule(city, agreement)
    if months is not None:
        return months
    return parse_number(plan.get("noticeMonths"), "予告の期間", least=0, most=_MOST_MONTHS)


def _check_days(city: City, agreement: Agreement, ends_on: date, notice_by: date, today: date) -> None:
    if ends_on < today:
        raise InputError("解除の日", f"{format_wareki(ends_on)}は過ぎています")
    if notice_by < today:
        raise InputError(
            "解除の日", f"通知は{format_wareki(notice_by)}までに届かなければなりません。もっと後の日にしてください"
        )
    last_day = agreement.current_term.expires_on
    if ends_on > last_day and next_term(city, agreement, agreement.current_term) is None:
        raise InputError("解除の日", f"協定は{format_wareki(last_day)}で満了します。それより前の日にしてください")


def _plan(case: Case) -> dict[str, Any]:
    step = case.last_step(PLAN_STEP)
    if step is None:
        raise PermanentError(f"案件 {case.id} の解除の日がまだ決まっていません")
    return step.payload
