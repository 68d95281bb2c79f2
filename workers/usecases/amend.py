"""Amend an agreement: the text that both sides agreed becomes a new version in the register (ISE-T4, ISE-T3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from workers.domain.agreements import Agreement, AgreementVersion, TermStage
from workers.domain.agreementtext import ENDLESS, AmendmentTerms, check_count, check_endless
from workers.domain.cities import City, TermRuleKind
from workers.domain.entities import Case
from workers.domain.renewal import watch_term
from workers.domain.terms import notice_deadline
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.readers.kept import SIGNATURE_STEP, STEPS, keep, kept
from workers.usecases.journal import note, record
from workers.usecases.parties import signed_terms
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import procedure_of
from workers.usecases.record_signing import WAY, read_signing
from workers.variables import named


def before_guideline(city: City, agreement: Agreement) -> bool:
    """Whether the requirements are to be confirmed with the agreement's first amendment (ISE-T3)."""
    return city.term.since is not None and not agreement.whole_guideline


async def record_amendment(uow: UnitOfWork, case_id: str, terms: AmendmentTerms) -> None:
    """Check and keep the amended text; raises InputError for days that do not fit or too few fields."""
    case, agreement = await procedure_of(uow, case_id)
    city = uow.cities.city(case.city)
    if terms.term_kind == ENDLESS:
        check_endless(city)
        if agreement.current_term.stage is TermStage.DECIDE:
            raise InputError(
                "有効期間の終わり", "更新の手続が進んでいます。終えるか取りやめてから、無期限に変えてください"
            )
    _check_days(agreement, terms, terms.effective_on or uow.clock.today())
    older = before_guideline(city, agreement)
    if terms.changed["fields"] or older:
        check_count(city, agreement.kind, terms.fields)  # what is amended falls under the whole guideline (ISE-T3)
    if older and terms.requirements != "met":
        raise InputError("締結の要件", "変更のときから今のガイドラインのすべてが当てはまります。要件を確かめてください")
    terms = terms if older else replace(terms, requirements="")
    await record(uow, case, STEPS[AmendmentTerms], keep(terms))
    await note(uow, case.id, "変更する内容を記録した")


def _check_days(agreement: Agreement, terms: AmendmentTerms, begins: date) -> None:
    last = terms.expires_on or agreement.current_term.expires_on
    if last < begins:
        raise InputError("有効期間の終わり", f"{format_wareki(last)}は変更の効力が生じる日より前です")
    if not any(term.starts_on <= begins <= last for term in agreement.terms):
        raise InputError("変更の効力が生じる日", f"{format_wareki(begins)}は協定の有効期間にありません")


async def register_amendment(
    uow: UnitOfWork, case_id: str, signed_on: date, *, way: Mapping[str, str] | None = None
) -> AgreementVersion:
    """Put the signed amendment into the register as the agreement's next version, once per case, and return it.

    ``way``: how it was signed, as :func:`record_signing` takes it; the case's history tells it (ALL-25). Raises
    InputError for a signing day that lies in the future or before the case was opened, and for what ``way`` lacks.
    """
    case, agreement = await procedure_of(uow, case_id, lock=True)
    version = next((found for found in agreement.versions if found.case_id == case.id), None)
    if version is None:
        if not case.opened_on <= signed_on <= uow.clock.today():
            raise InputError("締結日", f"{format_wareki(signed_on)}は、手続を始めた日から今日までの日ではありません")
        await record(uow, case, SIGNATURE_STEP, named(signed_on=signed_on))
        version = await _new_version(uow, case, agreement, signed_on)
        if way and way.get("way"):
            await note(uow, case.id, f"{WAY}: {read_signing(agreement.id, way).in_words}")
    if version.effective_on <= uow.clock.today():
        await _apply(uow, case, agreement, version)
    return version


async def apply_amendment(uow: UnitOfWork, case_id: str) -> None:
    """Let the registered amendment hold, on its day; doing it again changes nothing."""
    case, agreement = await procedure_of(uow, case_id, lock=True)
    version = next((found for found in agreement.versions if found.case_id == case.id), None)
    if version is None:
        raise PermanentError(f"案件 {case.id} の変更がまだ登録されていません")
    await _apply(uow, case, agreement, version)


async def _new_version(uow: UnitOfWork, case: Case, agreement: Agreement, signed_on: date) -> AgreementVersion:
    terms = kept(AmendmentTerms, case)
    if terms is None:
        raise PermanentError(f"案件 {case.id} の変更する内容がまだ記録されていません")
    if not agreement.versions:
        agreement.versions.append(
            AgreementVersion(
                number=1,
                effective_on=agreement.terms[0].starts_on,
                title=agreement.title,
                purpose=await purpose_of(uow, agreement),
                fields=list(agreement.fields),
                case_id=agreement.case_id,
            )
        )
    version = AgreementVersion(
        number=len(agreement.versions) + 1,
        effective_on=terms.effective_on or signed_on,
        title=terms.title,
        purpose=terms.purpose,
        fields=list(terms.fields),
        expires_on=terms.expires_on if terms.expires_on != agreement.current_term.expires_on else None,
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


async def purpose_of(uow: UnitOfWork, agreement: Agreement) -> str:
    """Return the agreement's purpose as last agreed; ``""`` where an imported list did not say it."""
    if agreement.versions:
        return max(agreement.versions, key=lambda version: version.number).purpose
    terms = await signed_terms(uow, agreement)
    return terms.purpose if terms else ""
