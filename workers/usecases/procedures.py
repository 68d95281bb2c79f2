"""Procedures of a signed agreement: the yearly cycle, renewal, termination, amendment, a proposal in between.

A procedure is a case. The registry decides that there is one per agreement, kind and period; the first process instance
that names it claims it, whoever started how many instances.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from workers.domain.agreements import Agreement
from workers.domain.contactchecks import opening_on_or_before, question_period
from workers.domain.deadlines import period_of
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import first_day, fiscal_year
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note
from workers.usecases.lookup import agreement_of
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import record_start
from workers.variables import named

_MESSAGE_SECONDS = 3600
KIND_NAMES = {
    CaseKind.ANNUAL: "年度の手続",
    CaseKind.PROPOSAL: "随時の提案",
    CaseKind.RENEWAL: "更新の手続",
    CaseKind.TERMINATION: "解除の手続",
    CaseKind.AMENDMENT: "変更の手続",
    CaseKind.TALK: "定期の協議",
    CaseKind.ARRANGEMENT: "申し合わせの変更",
    CaseKind.REPORT: "連携事業の報告",
    CaseKind.MEETING: "会議",
    CaseKind.CONTACTS: "連絡先の確認",
}


async def file_procedure(uow: UnitOfWork, agreement: Agreement, kind: CaseKind, period: str) -> Case:
    """Put a procedure into the registry, once per agreement, kind and period, and return it.

    No instance runs yet: :func:`start_procedure` asks the engine for one. Raises InputError where the city has no such
    procedure.
    """
    found = await uow.cases.procedure(agreement.id, kind, period)
    if found is not None:
        return found
    city = uow.cities.city(agreement.city)
    case = Case(
        id=await draw_case_id(uow, city),
        city=city.code,
        # The watch renews whether or not the city draws a process for it.
        process_id=city.procedures.get(kind, "") if kind is CaseKind.RENEWAL else city.procedure(kind),
        opened_on=uow.clock.today(),
        kind=kind,
        agreement_id=agreement.id,
        period=period,
        partner=agreement.partner,
    )
    await uow.cases.add(case)
    await note(uow, case.id, f"{KIND_NAMES[kind]}を登録した（協定 {agreement.id}）")
    return case


async def start_next(
    uow: UnitOfWork, case_id: str, kind: str, *, variables: Mapping[str, object] = MappingProxyType({})
) -> Case:
    """File and start a procedure of the agreement that a case is about, or led to.

    So a signing ends with its registration, and what follows runs under diagrams of its own (CHI-6, CHI-7). Raises
    PermanentError for a misspelt kind or a case without an agreement.
    """
    agreement = await agreement_of(uow, await uow.cases.get(case_id))
    if agreement is None:
        raise PermanentError(f"案件 {case_id} には協定がないため、次の手続を始められません")
    chosen = _kind(kind)
    case = await file_procedure(uow, agreement, chosen, await new_period(uow, agreement, chosen))
    await start_procedure(uow, case, variables)
    return case


async def start_procedure(uow: UnitOfWork, case: Case, variables: Mapping[str, object] = MappingProxyType({})) -> None:
    """Ask the engine to start a filed procedure that no instance has claimed yet; asking again on a later day is safe.

    ``variables`` go with the message, beside the case's id.

    The engine drops a message of the same id only while it keeps it, so an instance may start twice: the second finds
    the case claimed and ends at "already started" (``claim_case``).
    """
    if case.process_instance_key is not None or not case.process_id:
        return
    today = uow.clock.today().isoformat()
    await uow.outbox.engine_call(
        business_key=f"{case.id}:start:{today}",
        kind="publish-message",
        payload={
            "name": case.process_id,
            "correlation_key": case.id,
            "message_id": case.id,
            "variables": {**variables, **named(case_id=case.id)},
            "ttl_seconds": _MESSAGE_SECONDS,
        },
    )


async def procedure_of(uow: UnitOfWork, case_id: str, *, lock: bool = False) -> tuple[Case, Agreement]:
    """Return a procedure's case and its agreement, on request held to the end of the transaction.

    Raises PermanentError for a case that is no procedure.
    """
    case = await uow.cases.get(case_id)
    if case.agreement_id is None:
        raise PermanentError(f"案件 {case.id} は協定の手続ではありません")
    return case, await uow.agreements.get(case.agreement_id, lock=lock)


async def begin_procedure(uow: UnitOfWork, kind: str, agreement_id: str, ref: JobRef) -> Case:
    """File a procedure that a person begins by its start form.

    Raises InputError for an unknown agreement or one that is not in force, PermanentError for a kind that the diagram's
    header misspells.
    """
    chosen = _kind(kind)
    if not agreement_id:
        raise InputError("協定番号", "入力してください（一覧は renkei agreements で見られます）")
    agreement = await uow.agreements.get(agreement_id)
    if not _open_to(agreement, chosen, uow.clock.today()):
        raise InputError("協定番号", f"協定 {agreement.id} は今日、効力がありません")
    case = await file_procedure(uow, agreement, chosen, await new_period(uow, agreement, chosen))
    await record_start(uow, case.id, ref)
    return case


def _kind(value: str) -> CaseKind:
    if value not in KIND_NAMES:
        raise PermanentError(f"ヘッダー kind の値 {value} は使えません")
    return CaseKind(value)


def _open_to(agreement: Agreement, kind: CaseKind, today: date) -> bool:
    """Whether a procedure may begin today: what was done last fiscal year is reported even if the agreement is over."""
    if agreement.in_force(today):
        return True
    last = agreement.last_day
    return kind in {CaseKind.ANNUAL, CaseKind.REPORT} and first_day(fiscal_year(today) - 1) <= last < today


async def new_period(uow: UnitOfWork, agreement: Agreement, kind: CaseKind) -> str:
    """Return what the procedure is for: this fiscal year, the next term, or simply its number."""
    if kind is CaseKind.ANNUAL:
        return str(period_of(uow.cities.city(agreement.city).cycle, uow.clock.today()))
    if kind is CaseKind.CONTACTS:
        rule = uow.cities.city(agreement.city).contacts
        return question_period(opening_on_or_before(rule, uow.clock.today()))
    if kind is CaseKind.RENEWAL:
        return str(agreement.current_term.number + 1)
    return str(await uow.counters.draw(f"{kind.value}:{agreement.id}"))
