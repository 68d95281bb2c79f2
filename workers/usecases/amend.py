"""Amend an agreement: the text that both sides agreed becomes a new version in the register (ISE-T4, ISE-T3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.domain.agreements import Agreement, AgreementVersion, TermStage
from workers.domain.cities import City, TermRuleKind
from workers.domain.entities import Case
from workers.domain.jst import at
from workers.domain.renewal import watch_term
from workers.domain.terms import notice_deadline
from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import NEVER, format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.readers.offervalues import field_numbers
from workers.usecases.agree import ENDLESS, TERMS_STEP, UNTIL, check_count, check_endless
from workers.usecases.amendment_text import (
    SIGNATURE_STEP,
    STYLES,
    read_parties,
    signing_parties,
    signing_style,
)
from workers.usecases.journal import note, record
from workers.usecases.parties import AMENDMENT_STEP
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of


async def draft_amendment(uow: UnitOfWork, case_id: str) -> dict[str, Any]:
    """Return ``amendmentTerms``, what the agreement says now, as the form of the amended text begins.

    ``beforeGuideline`` (``yes``): the requirements are to be confirmed with the first amendment (ISE-T3).

    One without an end, where the guideline asks for one, begins without a last day: the office has to name it (ISE-T3).
    """
    case, agreement = await procedure_of(uow, case_id)
    city = uow.cities.city(case.city)
    return {
        "amendmentTerms": {
            "title": agreement.title,
            "purpose": await _purpose(uow, agreement),
            "fields": [str(number) for number in agreement.fields],
            "termKind": ENDLESS if agreement.current_term.endless and city.term.endless_allowed else UNTIL,
            "expiresOn": None if agreement.current_term.endless else agreement.current_term.expires_on.isoformat(),
            "effectiveOn": None,
            "changes": None,
            "requirements": None,
            "signatureStyle": await signing_style(uow, city, agreement),
            "parties": await signing_parties(uow, case, agreement),
        },
        "beforeGuideline": "yes" if city.term.since is not None and not agreement.whole_guideline else "",
        "caseId": case.id,
    }


async def record_amendment(uow: UnitOfWork, case_id: str, terms: Mapping[str, Any]) -> None:
    """Check and keep the amended text; raises InputError for a bad date, an unknown field or an empty text.

    ``effectiveOn`` empty: it holds from the day of its signature. ``parties``: who signs for each party now, and where
    it sits. The step says what is ``changed`` of title, fields and term, so that the paper names nothing else.
    """
    case, agreement = await procedure_of(uow, case_id)
    city = uow.cities.city(case.city)
    title = single_line(terms.get("title") or "", "協定の名称", maximum=300)
    changes = multi_line(terms.get("changes") or "", "変更の内容", maximum=4000)
    for value, label in ((title, "協定の名称"), (changes, "変更の内容")):
        if not value:
            raise InputError(label, "入力してください")
    fields = field_numbers(city, list(terms.get("fields") or []), city.field_word)
    expires_on = _last_day(city, agreement, terms)
    effective_on = _day(terms, "effectiveOn", "変更の効力が生じる日")
    begins = effective_on or uow.clock.today()
    if expires_on < begins:
        raise InputError("有効期間の終わり", f"{format_wareki(expires_on)}は変更の効力が生じる日より前です")
    if not any(term.starts_on <= begins <= expires_on for term in agreement.terms):
        raise InputError("変更の効力が生じる日", f"{format_wareki(begins)}は協定の有効期間にありません")
    older = city.term.since is not None and not agreement.whole_guideline
    if set(fields) != set(agreement.fields) or older:
        check_count(city, agreement.kind, fields)  # what is amended falls under the whole guideline (ISE-T3)
    requirements = str(terms.get("requirements") or "") if older else ""
    if older and requirements != "met":
        raise InputError("締結の要件", "変更のときから今のガイドラインのすべてが当てはまります。要件を確かめてください")
    await record(
        uow,
        case,
        AMENDMENT_STEP,
        {
            "title": title,
            "purpose": multi_line(terms.get("purpose") or "", "目的", maximum=2000),
            "fields": sorted(fields),
            "termKind": ENDLESS if expires_on == NEVER else UNTIL,
            "expiresOn": expires_on.isoformat(),
            "effectiveOn": effective_on.isoformat() if effective_on else None,
            "changes": changes,
            "requirements": requirements,
            "changed": {
                "title": title != agreement.title,
                "fields": set(fields) != set(agreement.fields),
                "term": expires_on != agreement.current_term.expires_on,
            },
            "signatureStyle": _style(terms, await signing_style(uow, city, agreement)),
            "parties": read_parties(await signing_parties(uow, case, agreement), terms.get("parties")),
            "before_title": agreement.title,
        },
    )
    await note(uow, case.id, "変更する内容を記録した")


async def register_amendment(uow: UnitOfWork, case_id: str, signature: Mapping[str, Any]) -> dict[str, Any]:
    """Put the signed amendment into the register as the agreement's next version, once per case.

    Returns ``versionNumber``, ``effectiveAt`` (full timestamp) and ``effectiveText`` (wareki). Raises InputError for a
    signing day that is missing, lies in the future or before the case was opened.
    """
    case, agreement = await procedure_of(uow, case_id, lock=True)
    version = next((found for found in agreement.versions if found.case_id == case.id), None)
    if version is None:
        signed_on = _signing_day(uow, case, signature)
        await record(uow, case, SIGNATURE_STEP, {"signedOn": signed_on.isoformat()})
        version = await _new_version(uow, case, agreement, signed_on)
    if version.effective_on <= uow.clock.today():
        await _apply(uow, case, agreement, version)
    return {
        "versionNumber": version.number,
        "effectiveAt": at(version.effective_on).isoformat(),
        "effectiveText": format_wareki(version.effective_on),
    }


async def apply_amendment(uow: UnitOfWork, case_id: str) -> None:
    """Let the registered amendment hold, on its day; doing it again changes nothing."""
    case, agreement = await procedure_of(uow, case_id, lock=True)
    version = next((found for found in agreement.versions if found.case_id == case.id), None)
    if version is None:
        raise PermanentError(f"案件 {case.id} の変更がまだ登録されていません")
    await _apply(uow, case, agreement, version)


async def _new_version(uow: UnitOfWork, case: Case, agreement: Agreement, signed_on: date) -> AgreementVersion:
    step = case.last_step(AMENDMENT_STEP)
    if step is None:
        raise PermanentError(f"案件 {case.id} の変更する内容がまだ記録されていません")
    terms = step.payload
    if not agreement.versions:
        agreement.versions.append(
            AgreementVersion(
                number=1,
                effective_on=agreement.terms[0].starts_on,
                title=agreement.title,
                purpose=await _purpose(uow, agreement),
                fields=list(agreement.fields),
                case_id=agreement.case_id,
            )
        )
    expires_on = date.fromisoformat(terms["expiresOn"])
    version = AgreementVersion(
        number=len(agreement.versions) + 1,
        effective_on=date.fromisoformat(terms["effectiveOn"]) if terms["effectiveOn"] else signed_on,
        title=terms["title"],
        purpose=terms["purpose"],
        fields=list(terms["fields"]),
        expires_on=expires_on if expires_on != agreement.current_term.expires_on else None,
        case_id=case.id,
        applied=False,
    )
    agreement.versions.append(version)
    await note(
        uow, case.id, f"変更を登録した: 第{version.number}版（{format_wareki(version.effective_on, weekday=True)}から）"
    )
    return version


async def _apply(uow: UnitOfWork, case: Case, agreement: Agreement, version: AgreementVersion) -> None:
    if version.applied:
        return
    version.applied = True
    agreement.title, agreement.fields = version.title, list(version.fields)
    term, city = agreement.current_term, uow.cities.city(case.city)
    if not agreement.whole_guideline:  # ISE-T3: amended, so the guideline holds as a whole, with its rule of renewal
        agreement.whole_guideline = True
        if city.term.kind is not TermRuleKind.AGREED:
            agreement.renewal_years = agreement.notice_months = None
            term.notice_deadline = notice_deadline(city.term, term.expires_on)
    if version.expires_on is not None:
        term.expires_on = version.expires_on
        own = city.renewing_by(agreement.renewal_years, agreement.notice_months)
        term.notice_deadline = notice_deadline(own.term, version.expires_on)
        if agreement.ended_on is None:
            watch_term(city, term)
    await note(uow, case.id, f"協定 {agreement.id} が第{version.number}版になった")


def _last_day(city: City, agreement: Agreement, terms: Mapping[str, Any]) -> date:
    """Return the last day that the amended text names, ``NEVER`` where it names none."""
    if terms.get("termKind") == ENDLESS:
        check_endless(city)
        if agreement.current_term.stage is TermStage.DECIDE:
            raise InputError(
                "有効期間の終わり", "更新の手続が進んでいます。終えるか取りやめてから、無期限に変えてください"
            )
        return NEVER
    last = _day(terms, "expiresOn", "有効期間の終わり") or agreement.current_term.expires_on
    if last == NEVER:
        raise InputError("有効期間の終わり", "満了日を入力してください")
    return last


async def _purpose(uow: UnitOfWork, agreement: Agreement) -> str:
    """Return the agreement's purpose as last agreed; ``""`` where an imported list did not say it."""
    if agreement.versions:
        return max(agreement.versions, key=lambda version: version.number).purpose
    case = await uow.cases.find(agreement.case_id) if agreement.case_id else None
    step = case.last_step(TERMS_STEP) if case else None
    return str(step.payload.get("purpose") or "") if step else ""


def _signing_day(uow: UnitOfWork, case: Case, signature: Mapping[str, Any]) -> date:
    signed_on = parse_date(signature.get("signedOn") or "", "締結日")
    if not case.opened_on <= signed_on <= uow.clock.today():
        raise InputError("締結日", f"{format_wareki(signed_on)}は、手続を始めた日から今日までの日ではありません")
    return signed_on


def _style(terms: Mapping[str, Any], usual: str) -> str:
    style = str(terms.get("signatureStyle") or usual)
    if style not in STYLES:
        raise InputError("当事者の記し方", f"{shown(style)} は使えません（{'・'.join(STYLES)}）")
    return style


def _day(terms: Mapping[str, Any], key: str, label: str) -> date | None:
    return parse_date(terms[key], label) if terms.get(key) else None
