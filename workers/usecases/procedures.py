"""Procedures of a signed agreement: the yearly cycle, renewal, termination, amendment, a proposal in between.

A procedure is a case. The registry decides that there is one per agreement, kind and period; the first process instance
that names it claims it, whoever started how many instances.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.domain.agreements import Agreement
from workers.domain.cities import City
from workers.domain.deadlines import period_of
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import first_day, fiscal_year, format_fiscal_year
from workers.domain.markdown import plain
from workers.domain.text import shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.usecases.caseview import agreement_of, case_title, city_options, department_context, project_name
from workers.usecases.journal import note
from workers.usecases.lead import lead_of
from workers.usecases.open_case import draw_case_id
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import adopt_acts, record_start

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
    uow: UnitOfWork, case_id: str, kind: str, *, variables: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """File and start a procedure of the agreement that a case is about, or led to; returns ``nextCaseId``.

    So a signing ends with its registration, and what follows runs under diagrams of its own (CHI-6, CHI-7). Raises
    PermanentError for a misspelt kind or a case without an agreement.
    """
    agreement = await agreement_of(uow, await uow.cases.get(case_id))
    if agreement is None:
        raise PermanentError(f"案件 {case_id} には協定がないため、次の手続を始められません")
    chosen = _kind(kind)
    case = await file_procedure(uow, agreement, chosen, await new_period(uow, agreement, chosen))
    await start_procedure(uow, case, variables)
    return {"nextCaseId": case.id}


async def start_procedure(uow: UnitOfWork, case: Case, variables: Mapping[str, Any] | None = None) -> None:
    """Ask the engine to start a filed procedure that no instance has claimed yet; asking again on a later day is safe.

    ``variables`` go with the message, beside the case's id.

    The engine drops a message of the same id only while it keeps it, so an instance may start twice: the second finds
    the case claimed and ends at "already started" (:func:`open_procedure`).
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
            "variables": {**(variables or {}), "caseId": case.id},
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


async def open_procedure(
    uow: UnitOfWork, *, kind: str, case_id: str | None, form: Mapping[str, Any], ref: JobRef
) -> dict[str, Any]:
    """Claim a procedure for a process instance and return its variables.

    Without ``case_id`` a person began in Tasklist: ``agreementId`` of the form says of which agreement. A second
    instance of the same procedure learns ``caseState = "already-started"``. ``sectionName`` of the form, where it has
    one, is whose work it is: ``department``. Where a department leads the agreement, the office's tasks are its own
    (ASA-1). Raises InputError for an unknown agreement or section or an agreement that
    is not in force, PermanentError for a kind that the diagram's header misspells.
    """
    case = await uow.cases.get(case_id) if case_id else await _from_form(uow, kind, form, ref)
    if case.agreement_id is None:
        raise PermanentError(f"案件 {case.id} は協定の手続ではありません")
    if not case.claim(ref.engine_id, ref.process_instance_key):
        return {"caseId": case.id, "caseState": "already-started"}
    agreement, city = await uow.agreements.get(case.agreement_id), uow.cities.city(case.city)
    await adopt_acts(uow, case.id, ref)
    await note(uow, case.id, "案件の手続を始めた")
    lead = await lead_of(uow, case, city)
    return {
        "caseId": case.id,
        "caseState": "new",
        "caseTitle": case_title(case),
        "agreementId": agreement.id,
        "agreementTitle": agreement.title,
        "projectName": await project_name(uow, agreement),
        "agreementSummary": agreement_summary(agreement, city),
        "partnerWindow": _window(case),
        "agreementEnded": _last_day(agreement) < uow.clock.today(),
        "agreementFirstDay": agreement.current_term.starts_on.isoformat(),
        "agreementLastDay": _last_day(agreement).isoformat(),
        "period": case.period,
        "periodName": _period_name(case),
        "officeGroup": (lead or city.office).group,
        "cityOptions": city_options(city),
        **_section(city, form),
    }


def _window(case: Case) -> dict[str, str]:
    """Return the partner as a row of the windows that a paper names (ISE-F5)."""
    partner = case.partner
    if partner is None:
        return {"name": "", "person": "", "contact": ""}
    ways = [f"電話 {partner.phone}" if partner.phone else "", f"メール {partner.email}" if partner.email else ""]
    return {"name": partner.name, "person": partner.contact, "contact": "　".join(filter(None, ways))}


def _section(city: City, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the department that a start form names by its section, its whole name or its code."""
    typed = str(form.get("sectionName") or "").strip()
    if not typed:
        return {}
    found = [d for d in city.departments if typed in (d.section, d.name, d.code)]
    if len(found) != 1:
        raise InputError("担当課", f"「{shown(typed)}」という課は登録されていません。部から続けて書いてください")
    return {"department": department_context(found[0])}


async def _from_form(uow: UnitOfWork, kind: str, form: Mapping[str, Any], ref: JobRef) -> Case:
    chosen = _kind(kind)
    number = str(form.get("agreementId") or "").strip()
    if not number:
        raise InputError("協定番号", "入力してください（一覧は renkei agreements で見られます）")
    agreement = await uow.agreements.get(number)
    if not _open_to(agreement, chosen, uow.clock.today()):
        raise InputError("協定番号", f"協定 {agreement.id} は今日、効力がありません")
    _section(uow.cities.city(agreement.city), form)  # an unknown one is refused before a case is filed
    period = await new_period(uow, agreement, chosen)
    case = await file_procedure(uow, agreement, chosen, period)
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
    last = _last_day(agreement)
    return kind in {CaseKind.ANNUAL, CaseKind.REPORT} and first_day(fiscal_year(today) - 1) <= last < today


def _last_day(agreement: Agreement) -> date:
    return min(agreement.current_term.expires_on, agreement.ended_on or date.max)


async def new_period(uow: UnitOfWork, agreement: Agreement, kind: CaseKind) -> str:
    """Return what the procedure is for: this fiscal year, the next term, or simply its number."""
    if kind is CaseKind.ANNUAL:
        return str(period_of(uow.cities.city(agreement.city).cycle, uow.clock.today()))
    if kind is CaseKind.RENEWAL:
        return str(agreement.current_term.number + 1)
    return str(await uow.counters.draw(f"{kind.value}:{agreement.id}"))


def _period_name(case: Case) -> str:
    if case.kind is CaseKind.ANNUAL:
        return format_fiscal_year(int(case.period))
    return f"第{case.period}期" if case.kind is CaseKind.RENEWAL else f"第{case.period}回"


def agreement_summary(agreement: Agreement, city: City) -> str:
    """Return an agreement as the heading text of forms (Markdown), dates in wareki."""
    term = agreement.current_term
    fields = "\n".join(f"- {number} {city.field_name(number)}" for number in agreement.fields)
    return (
        f"**{plain(agreement.title)}**（{plain(agreement.id)}）\n\n締結日 {format_wareki(agreement.signed_on)}、"
        f"有効期間 {term.in_words}\n\n**連携事項**\n\n{fields}"
    )
