"""End an agreement before its term is over: grounds, notice in time, the day itself (AGE-T2, ISE-T2, DAT-T2)."""

from __future__ import annotations

from datetime import date

from workers.domain.agreements import Agreement, AgreementEnd
from workers.domain.cities import City
from workers.domain.dissolution import TerminationPlan
from workers.domain.entities import Case
from workers.domain.renewal import next_term, unwatch
from workers.domain.terms import months_before
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.readers.kept import STEPS, keep, kept
from workers.usecases.journal import note, record
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of
from workers.variables import named

NOTICE_STEP = "termination-notice"


async def plan_termination(uow: UnitOfWork, case_id: str, ends_on: date, notice_months: int) -> TerminationPlan:
    """Check and keep the day on which the agreement is to end; InputError where it leaves no time for the notice."""
    case, agreement = await procedure_of(uow, case_id)
    plan = TerminationPlan(
        ends_on=ends_on, notice_months=notice_months, notice_by=months_before(ends_on, notice_months)
    )
    _check_days(uow.cities.city(case.city), agreement, ends_on, plan.notice_by, uow.clock.today())
    await record(uow, case, STEPS[TerminationPlan], keep(plan))
    await note(uow, case.id, f"解除の日を{format_wareki(ends_on, weekday=True)}と決めた")
    return plan


async def record_notice(uow: UnitOfWork, case_id: str, notice_on: date, document_number: str) -> TerminationPlan:
    """Keep the written notice, which reached the other side on a day, and return the plan that it is in time for.

    Raises InputError for a day that has not come or that is too late for the day of the plan.
    """
    case, _ = await procedure_of(uow, case_id)
    plan = _plan(case)
    if notice_on > uow.clock.today():
        raise InputError("通知が届いた日", f"{format_wareki(notice_on)}はまだ来ていません")
    if notice_on > plan.notice_by:
        raise InputError(
            "通知が届いた日", f"{format_wareki(plan.notice_by)}までに届いた通知でなければ、予定した日に解除できません"
        )
    await record(uow, case, NOTICE_STEP, named(notice_on=notice_on, document_number=document_number))
    await note(uow, case.id, f"解除の通知を記録した（{format_wareki(notice_on, weekday=True)}に届いた）")
    return plan


async def register_termination(uow: UnitOfWork, case_id: str) -> bool:
    """End the agreement on the day of the plan, once; False where it ended otherwise meanwhile: it keeps its day."""
    case, agreement = await procedure_of(uow, case_id, lock=True)
    ends_on = _plan(case).ends_on
    if agreement.ended_on is not None and (agreement.end, agreement.ended_on) != (AgreementEnd.TERMINATED, ends_on):
        await note(uow, case.id, f"協定 {agreement.id} は{format_wareki(agreement.ended_on)}に終わっていた")
        return False
    if agreement.ended_on is None:
        agreement.ended_on, agreement.end = ends_on, AgreementEnd.TERMINATED
        unwatch(uow.cities.city(agreement.city), agreement)
        await note(uow, case.id, f"協定 {agreement.id} を{format_wareki(ends_on, weekday=True)}をもって解除した")
    return True


def notice_months(city: City, agreement: Agreement) -> int | None:
    """Return the months of notice that the city's rule gives; None where the agreement's own text decides (ISE-T3)."""
    return city.termination.notice_months if agreement.whole_guideline else None


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


def _plan(case: Case) -> TerminationPlan:
    plan = kept(TerminationPlan, case)
    if plan is None:
        raise PermanentError(f"案件 {case.id} の解除の日がまだ決まっていません")
    return plan
