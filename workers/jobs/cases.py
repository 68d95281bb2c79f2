"""Handlers of a case's steps."""

from __future__ import annotations

from typing import Any

from workers.domain.required import read, spoken_days
from workers.errors import PermanentError
from workers.jobs.catalog import CHECKS, Header, JobInput, all_job_types, job_type
from workers.jobs.forms.case import opened, started_before
from workers.jobs.forms.discussion import read_discussion
from workers.jobs.forms.offer import (
    NO_PERSONAL_DATA,
    attachment_rows,
    offer_variables,
    past_records,
    proposals,
    read_offer,
    read_partner,
    read_records,
    read_start,
    recorded_offer_variables,
)
from workers.jobs.forms.project import city_proposal, read_city_proposals, talk_results, talk_row, talked_again
from workers.jobs.forms.rows import text
from workers.readers.requirements import eligibility, kept_check, read_check
from workers.usecases.agree import record_agreement_terms, register_agreement
from workers.usecases.close_case import OUTCOME_NAMES, close_case
from workers.usecases.discuss_projects import proposed_projects, record_discussion
from workers.usecases.lookup import case_and_city
from workers.usecases.open_case import claim_case, open_case, record_partner
from workers.usecases.ports import UnitOfWork
from workers.usecases.project_talks import record_project_talk, tell_end_of_talks
from workers.usecases.propose_projects import record_city_proposals
from workers.usecases.record_offer import record_offer, record_past_projects
from workers.usecases.record_requirement_check import record_requirement_check
from workers.usecases.record_step import case_heading, collect_steps, last_agreement_step, record_step
from workers.usecases.survey_scope import newest_places


@job_type(
    "open-case",
    label="案件を登録する",
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
    "record-requirement-check",
    label="要件の確認を記録する",
    writes=("eligibility", "formError"),
    headers=CHECKS,
    by_person=True,
)
async def handle_record_requirement_check(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the check of the requirements (ISE-R1, ISE-R2)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    check = read_check(job.context("requirementCheck"), case.current_projects(), city)
    await record_requirement_check(uow, case.id, check)
    return {"eligibility": eligibility(check, case, city)}


@job_type(
    "recheck-requirements",
    label="要件の判定に使う事実を、いまの事業で数え直す",
    writes=("eligibility",),
)
async def handle_recheck_requirements(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Count again what the requirements ask for, before the decision (ISE-7, AGE-7, ALL-27).

    Projects that were dropped in the discussion or the talks count no longer, and neither do grounds that held for them
    alone.
    """
    case, city = await case_and_city(uow, job.text("caseId"))
    return {"eligibility": eligibility(kept_check(case), case, city)}


@job_type(
    "record-step",
    label="入力を記録する",
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="keep", label="記録する変数", required=True, help="コンマ区切りで"),
        Header(name="clear", label="記録したら消す変数", help="コンマ区切りで"),
        Header(name="title", label="案件の見出しに添える変数", help="なければ相手方の名称が出ます"),
        *CHECKS,
    ),
    by_person=True,
)
async def handle_record_step(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Keep the variables that the header names (ISE-7, ISE-8), and hand them on as they were read."""
    given = {name: job.variables.get(name) for name in job.header_list("keep")}
    rules = all_job_types()[job.job_type].rules(job.headers)
    kept = read(given, rules)
    await record_step(uow, job.text("caseId"), job.header("step"), kept, days=spoken_days(kept, rules))
    heading = kept.get(job.headers.get("title", ""))
    title = {"caseTitle": await case_heading(uow, job.text("caseId"), str(heading))} if heading else {}
    return {
        **title,
        **{name: value for name, value in kept.items() if value != given[name]},
        **dict.fromkeys(job.header_list("clear")),
    }


@job_type(
    "collect-steps",
    label="記録をまとめて読み出す",
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="into", label="結果を入れる変数", required=True),
        Header(name="by", label="だれの記録か", help="記録の変数.キー の形で。同じ人のものは、最後の1つだけにします"),
    ),
)
async def handle_collect_steps(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read back everything that was recorded at a step in this round."""
    found = await collect_steps(uow, job.text("caseId"), job.header("step"), by=job.headers.get("by", ""))
    return {job.header("into"): found}


@job_type(
    "load-agreement-step",
    label="協定の前回の記録を読み出す",
    headers=(
        Header(name="step", label="記録の名前", required=True),
        Header(name="into", label="結果を入れる変数", required=True),
        Header(name="agreed", label="合意したものだけにする返事", help="記録の名前:変数=値 の形で"),
    ),
)
async def handle_load_agreement_step(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read back what was recorded last at a step in any procedure of the agreement (ISE-A2)."""
    return {
        job.header("into"): await last_agreement_step(
            uow, job.text("caseId"), job.header("step"), agreed=job.headers.get("agreed", "")
        )
    }


@job_type(
    "record-city-proposals",
    label="市からの提案を台帳に載せる",
    writes=("cityProposals", "formError"),
    headers=CHECKS,
    requires=(
        "cityProposals.*.departmentCode:提案する課,"
        "cityProposals.*.field:分野,"
        "cityProposals.*.title:提案事業名,"
        "cityProposals.*.content:提案内容"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_city_proposals(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Put the city's own proposals beside the partner's (DAT-5, DAT-6)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    projects = read_city_proposals(job.rows("cityProposals"), city)
    await record_city_proposals(uow, case.id, projects)
    return {"cityProposals": [city_proposal(project, city) for project in projects]}


@job_type(
    "record-discussion",
    label="協議の結果を記録する",
    writes=("discussionNext", "talkProjects", "proposals", "formError"),
    headers=CHECKS,
    requires=(
        "discussionResult.projects.*.judgement:進め方[discussionResult.next!=revise],"
        "discussionResult.wishes.*.title:事業名[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.content:内容[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.field:連携事項[.adopt=talks|feasible][discussionResult.next!=revise],"
        "discussionResult.wishes.*.departments:担当する課[.adopt=talks|feasible][discussionResult.next!=revise]"
    ),
    checks_itself=True,
    by_person=True,
)
async def handle_record_discussion(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record the discussion of the survey's result (ISE-5)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    said = read_discussion(job.context("discussionResult"), proposed_projects(case), city)
    talks, places = await record_discussion(uow, case.id, said), await newest_places(uow, case)
    return {
        "discussionNext": said.following,
        "talkProjects": [talk_row(project, case, city, places.get(project.number)) for project in talks],
        "proposals": proposals(case, city),
    }


@job_type(
    "record-project-talk",
    label="詳細協議を記録する",
    by_person=True,
    headers=(Header(name="template", label="結果をほかの担当課に知らせるメールのひな形", offers="mails"), *CHECKS),
)
async def handle_record_project_talk(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Record one project's detailed talks (ISE-6)."""
    number = job.context("project").get("number")
    if not isinstance(number, int):
        raise PermanentError(f"変数 project に事業の番号がありません（{job.ref.element_id}）")
    talk = job.context("talk")
    await record_project_talk(
        uow,
        job.text("caseId"),
        number,
        feasible=talk.get("feasible") == "yes",
        result=text(talk.get("result")),
        template=job.headers.get("template", ""),
        ref=job.ref,
    )
    return {"talk": None}


@job_type(
    "summarize-talks",
    label="詳細協議をまとめる",
    headers=(Header(name="template", label="協議が終わったことを所管課に知らせるメールのひな形", offers="mails"),),
    writes=("talkResults", "talkProjects"),
)
async def handle_summarize_talks(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Gather the talks' results (ISE-6, ISE-7)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    if template := job.headers.get("template"):
        await tell_end_of_talks(uow, case.id, template=template, ref=job.ref)
    talked = talked_again(case, job.rows("talkProjects"))
    return {"talkProjects": talked, "talkResults": talk_results(case, city)}


@job_type(
    "record-agreement-terms",
    label="協定書の内容を記録する",
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
    await record_agreement_terms(uow, job.text("caseId"), job.context("agreementTerms"))
    return {}


@job_type(
    "register-agreement",
    label="協定を登録する",
    writes=("agreementId", "agreementExpiry", "agreementYear", "agreementTerms", "formError"),
    headers=CHECKS,
    requires=("signature.signedOn:締結日"),
    by_person=True,
)
async def handle_register_agreement(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Register the signed agreement (ISE-8, ISE-T1)."""
    return await register_agreement(uow, job.text("caseId"), job.context("signature"))


@job_type(
    "close-case",
    label="案件を閉じる",
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
