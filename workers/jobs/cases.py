"""Handlers of a case from its opening to the signed agreement."""

from __future__ import annotations

from typing import Any

from workers.domain.fiscal import fiscal_year
from workers.domain.wareki import format_wareki, parse_date
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.case import opened, signing_given, started_before
from workers.jobs.forms.offer import (
    NO_PERSONAL_DATA,
    attachment_rows,
    offer_variables,
    past_records,
    read_offer,
    read_partner,
    read_records,
    read_start,
    recorded_offer_variables,
)
from workers.jobs.forms.rows import text
from workers.readers.agreementterms import read_terms
from workers.usecases.agree import record_agreement_terms, register_agreement
from workers.usecases.close_case import OUTCOME_NAMES, close_case
from workers.usecases.lookup import case_and_city
from workers.usecases.open_case import claim_case, open_case, record_partner
from workers.usecases.ports import UnitOfWork
from workers.usecases.record_act import keep_start
from workers.usecases.record_offer import record_offer, record_past_projects
from workers.usecases.record_signing import record_signing


@job_type(
    "open-case",
    label="案件を登録する",
    short=True,
    headers=(
        Header(name="city", label="市のコード", required=True, offers="city"),
        Header(name="partner", label="相手方", choices={"later": "名称が空なら後で決める"}),
        *CHECKS,
    ),
    writes=(
        "caseId",
        "caseState",
        "caseTitle",
        "origin",
        "partnerKnown",
        "officeGroup",
        "cityOptions",
        "offer",
        "proposals",
        "offerSummary",
        "agreementTerms",
        "pastRecords",
        "attachments",
        "formError",
    ),
    requires=(
        "name:名称[#partner!=later],"
        "representative:代表者の職・氏名[name!=],"
        "contact:担当者の氏名[name!=],"
        "email:メールアドレス[name!=]"
    ),
    checks_itself=True,
    unchecked_with="caseId",
    by_person=True,
    shelf="procedure",
)
async def handle_open_case(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Open or claim a case (ISE-1)."""
    case_id, city = job.variables.get("caseId"), uow.cities.city(job.header("city"))
    if case_id is None:
        start = read_start(job.variables, partner_later=job.headers.get("partner") == "later")
        case = await open_case(uow, city, start, job.ref, said=text(job.variables.get("note")).strip())
        keep_start(uow, job.keepable(uow.cities.typed_keys(job.process_id, "")))
    else:
        case = await uow.cases.get(case_id)
    if not await claim_case(uow, case, job.ref):
        return {**started_before(case), **NO_PERSONAL_DATA}
    return {
        **opened(case, city),
        "caseState": "offer-filed" if case.offer else "new",
        "origin": case.origin.value,
        "partnerKnown": case.partner is not None,
        "pastRecords": past_records(case, city),
        **offer_variables(case, city),
        "attachments": attachment_rows(await uow.documents.of_case(case.id)),
        **NO_PERSONAL_DATA,
    }


@job_type(
    "record-partner",
    label="相手方を登録する",
    short=True,
    writes=("partnerKnown", "formError"),
    headers=CHECKS,
    requires=("name:名称,representative:代表者の職・氏名,contact:担当者の氏名,email:メールアドレス"),
    checks_itself=True,
    by_person=True,
)
async def handle_record_partner(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register the partner of a case that began without one (CHI-3)."""
    await record_partner(uow, job.text("caseId"), read_partner(job.variables))
    return {"partnerKnown": True, **NO_PERSONAL_DATA}


@job_type(
    "record-offer",
    label="申出を記録する",
    short=True,
    headers=(Header(name="within", label="分野の範囲", choices={"agreement": "協定の連携事項の中に限る"}), *CHECKS),
    writes=("offer", "proposals", "offerSummary", "agreementTerms", "pastRecords", "attachments", "formError"),
    requires=(
        "offer.purpose:目的,"
        "offer.fields:連携事項,"
        "offer.projects:連携事業,"
        "offer.projects.*.field:連携事項,"
        "offer.projects.*.title:事業名,"
        "offer.projects.*.content:事業内容,"
        "offer.records.*.fiscalYear:年度,"
        "offer.records.*.field:連携事項,"
        "offer.records.*.title:事業名"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_offer(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the offer form (ISE-2/3, DAT-A: B)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    form, terms = job.context("offer"), job.variables.get("agreementTerms")
    content, within = read_offer(form, city, uow.clock.today()), job.headers.get("within") == "agreement"
    await record_offer(uow, case.id, content, with_records="records" in form, within_agreement=within)
    return {
        **recorded_offer_variables(case, city, form, terms if isinstance(terms, dict) else None),
        "attachments": attachment_rows(await uow.documents.of_case(case.id)),
    }


@job_type(
    "record-past-projects",
    label="連携実績を記録する",
    short=True,
    writes=("pastRecords", "formError"),
    headers=CHECKS,
    requires=(
        "recordList.records.*.fiscalYear:年度,recordList.records.*.field:連携事項,recordList.records.*.title:事業名"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_past_projects(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the projects done so far (AGE-2)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    await record_past_projects(uow, case.id, read_records(job.context("recordList"), city, uow.clock.today()))
    return {"pastRecords": past_records(case, city)}


@job_type(
    "record-agreement-terms",
    label="協定書の内容を記録する",
    short=True,
    writes=("formError",),
    headers=CHECKS,
    requires=(
        "agreementTerms.purpose:目的,"
        "agreementTerms.fields:連携事項,"
        "agreementTerms.otherParties.*.name:ほかの当事者の名称,"
        "agreementTerms.otherParties.*.representative:ほかの当事者の代表者の職・氏名"
    ),
    by_person=True,
)
async def handle_record_agreement_terms(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record what the agreement is to say (ISE-8, ISE-F3)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    await record_agreement_terms(uow, case.id, read_terms(job.context("agreementTerms"), city))
    return {}


@job_type(
    "register-agreement",
    label="協定を登録する",
    short=True,
    writes=("agreementId", "agreementExpiry", "agreementYear", "agreementTerms", "formError"),
    headers=CHECKS,
    requires=("signature.signedOn:締結日"),
    by_person=True,
)
async def handle_register_agreement(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register the signed agreement and how it was signed (ISE-8, ISE-T1, ALL-25)."""
    signature = job.context("signature")
    later = {str(number) for number in signature.get("nextYearProjects") or []}
    signed_on = parse_date(signature.get("signedOn") or "", "締結日")
    agreement = await register_agreement(uow, job.text("caseId"), signed_on, later=later)
    if signature.get("way"):  # left empty it is entered in the book
        await record_signing(uow, agreement.id, signing_given(signature), source="締結の作業")
    return {
        "agreementId": agreement.id,
        "agreementExpiry": format_wareki(agreement.current_term.expires_on),  # 無期限 where it has no end
        "agreementYear": fiscal_year(agreement.current_term.starts_on),
        "agreementTerms": None,  # the registry has them, with the people that they name
    }


@job_type(
    "close-case",
    label="案件を閉じる",
    short=True,
    headers=(
        Header(
            name="outcome",
            label="結果",
            required=True,
            choices={outcome.value: name for outcome, name in OUTCOME_NAMES.items()},
        ),
    ),
    shelf="procedure",
)
async def handle_close_case(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Close the case (ISE-8, ISE-9)."""
    await close_case(uow, job.text("caseId"), job.header("outcome"))
    return {}
