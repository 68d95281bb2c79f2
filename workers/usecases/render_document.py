"""Make a case's documents from the city's templates (ISE-F1 to ISE-F3)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from types import MappingProxyType

from workers.domain.agreementtext import RENEWS, STYLES
from workers.domain.annex import activity_groups
from workers.domain.cities import City
from workers.domain.drafts import Edition, editions
from workers.domain.eligibility import eligibility_facts
from workers.domain.entities import Case, Document, Project, Survey
from workers.domain.fiscal import format_fiscal_year
from workers.domain.terms import renewal_clause, term_in_words
from workers.readers.kept import activity_list, planned_signing_day
from workers.usecases.agree import agreement_terms, renewal_years
from workers.usecases.amendment_text import amendment_context
from workers.usecases.journal import latest_steps, note, officer_of
from workers.usecases.lookup import agreement_of, project_name
from workers.usecases.parties import parties_of, party_rows, spoken
from workers.usecases.ports import TemplateValues, UnitOfWork
from workers.usecases.publications import activity_report
from workers.usecases.survey_scope import AnswerPlace, answer_places, counting_surveys
from workers.usecases.survey_sheets import answer_sheets, wishes

DOCUMENT_NAMES = {"offer": "申出書", "proposal-sheet": "連携事業提案書", "agreement": "包括連携協定書"}
_Filled = tuple[bytes, str, str]
"""A document's bytes, the ending of its name, its media type."""


async def render_document(  # noqa: PLR0913 (what the diagram's headers say)
    uow: UnitOfWork,
    case_id: str,
    name: str,
    *,
    draft: bool,
    title: str = "",
    values: TemplateValues = MappingProxyType({}),
    department: str | None = None,
    activity: TemplateValues | None = None,
) -> Document:
    """Fill a template with the case's data and keep the file; raises PermanentError for a missing template.

    ``title`` names the file (else the template's own name does). ``values`` are the diagram's own, under the names that
    templates use. With ``department`` (its code) the document is that department's own (DAT-8), with ``activity`` (its
    row) that project's (ISE-F4): kept under the kind that :func:`document_kind` gives.

    A draft is numbered and dated in its text (``draft_label``) and its name. One that says what the newest draft says
    is that draft, not another.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    context = {**values, **await document_context(uow, case, city, name, draft=draft)}
    owner = city.department(department) if department else None
    if owner:
        context["department"] = owner
    if activity:
        context["activity"] = activity
    kind = document_kind(name, str(activity["id"]) if activity else department)

    def filled(edition: Edition | None) -> _Filled:
        label = edition.label if edition else ""
        return uow.renderer.render(city=city.code, name=name, context={**context, "draft_label": label})

    edition = await _edition(uow, case.id, kind, filled) if draft else None
    content, suffix, media_type = filled(edition)
    usual = "連携事業調査" if context.get("surveyed") else DOCUMENT_NAMES.get(name, name)
    title = (title or usual) + (f"（案）{edition.name}" if edition else "")
    if owner:
        title = f"{title}_{owner.section}"
    if activity:
        title = f"{title}_{activity['title']}"
    document = await uow.documents.store(
        case_id=case.id,
        kind=kind,
        name=f"{title}_{case.id}{suffix}",
        media_type=media_type,
        content=content,
        draft=draft,
    )
    await note(uow, case.id, f"文書を作った: {title}")
    return document


async def document_context(uow: UnitOfWork, case: Case, city: City, name: str, *, draft: bool) -> dict[str, object]:
    """Return what a document's template may say beside the diagram's own values; ``name`` is the template's."""
    return await _CONTEXTS.get(name, _plain)(uow, case, city, draft)


async def _edition(uow: UnitOfWork, case_id: str, kind: str, filled: Callable[[Edition], _Filled]) -> Edition:
    """Return the newest draft's edition where nothing in it would change, else the next one, of today."""
    drafts = [document for document in await uow.documents.of_case(case_id) if document.draft and document.kind == kind]
    earlier = list(editions(drafts).values())
    if earlier and hashlib.sha256(filled(earlier[-1])[0]).hexdigest() == drafts[-1].sha256:
        return earlier[-1]
    return Edition(len(earlier) + 1, uow.clock.today())


def document_kind(name: str, part: str | None = None) -> str:
    """Return the kind under which a document is kept; ``NAME@PART`` for a department (its code) or a project's id.

    So none gets another's.
    """
    return f"{name}@{part}" if part else name


async def _plain(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (context functions share one signature)
    """Return what every template of a city's own may say."""
    survey, agreement = await _survey(uow, case), await agreement_of(uow, case)
    parties = await parties_of(uow, case, agreement)
    return {
        "city": city,
        "office": city.office,
        "case": case,
        "partner": case.partner,
        "offer": case.offer,
        "projects": [_project(project, city) for project in case.current_projects()],
        "answers": answer_sheets(case, survey, city) if survey else [],
        "steps": latest_steps(case),
        "officer": await officer_of(uow, case.id),
        "agreement": agreement,
        "project_title": await project_name(uow, agreement) if agreement else "",
        "parties": parties,
        **spoken(parties),
        "today": uow.clock.today(),
        "draft": draft,
    }


def _project(project: Project, city: City) -> dict[str, object]:
    return {
        "number": project.number,
        "field_name": city.field_name(project.field),
        "title": project.title,
        "content": project.content,
        "cost_to_city": project.cost_to_city,
    }


async def _offer(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    offer = case.offer
    fields = offer.fields if offer else []
    return {
        **await _plain(uow, case, city, draft),
        "offered_on": offer.offered_on if offer else None,
        "purpose": offer.purpose if offer else "",
        "fields": [{"number": number, "name": city.field_name(number)} for number in fields],
        "other": offer.other if offer else "",
        "records": [
            {
                "fiscal_year": format_fiscal_year(record.fiscal_year),
                "field_name": city.field_name(record.field),
                "title": record.title,
                "department": record.department,
            }
            for record in case.records
        ],
    }


async def _proposal_sheet(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    survey = await _survey(uow, case)
    surveys = await uow.surveys.of_case(case.id)
    places = answer_places(case, survey, surveys) if survey else {}
    return {
        **await _plain(uow, case, city, draft),
        "partner_name": case.partner.name if case.partner else "",
        "surveyed": survey is not None,
        "rows": [
            {**_project(project, city), "answers": _answers(places.get(project.number))}
            for project in case.current_projects()
        ],
        "wishes": wishes(counting_surveys(case, survey, surveys), city) if survey else [],
    }


async def _survey(uow: UnitOfWork, case: Case) -> Survey | None:
    """Return the newest survey of the offer's present round."""
    surveys = [survey for survey in await uow.surveys.of_case(case.id) if survey.round == case.round]
    return surveys[-1] if surveys else None


def _answers(place: AnswerPlace | None) -> list[dict[str, str]]:
    if place is None:
        return []
    survey, number = place.survey, place.number
    return [
        {
            "mark": rating.rating.mark,
            "comment": rating.comment,
            "division": target.division,
            "section": target.section,
            "person": answer.person,
            "contact": answer.contact,
        }
        for target, answer in survey.answered()
        for rating in answer.ratings
        if rating.project_number == number
    ]


async def _agreement(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    terms = agreement_terms(case)
    agreement = await agreement_of(uow, case)
    signed_on = None if draft else agreement.signed_on if agreement else planned_signing_day(case)
    parties = party_rows(case.partner, terms.other_parties)
    term = terms.term(city, signed_on or uow.clock.today())
    written = terms.starts_on or terms.expires_on or term.endless
    known = term if signed_on or written else None  # else today's day would be printed
    rule = city.renewing_by(renewal_years(city, terms)).term
    return {
        **await _plain(uow, case, city, draft),
        "kind": terms.kind,
        "signatory": city.signatory,
        "parties": parties,
        **spoken(parties),
        "purpose_fields": terms.purpose,
        "fields": [city.field_name(number) for number in terms.fields],
        "starts_on": terms.starts_on,
        "expires_on": known.expires_on if known else None,
        "term_words": term_in_words(terms.rule(city), known, starts_on=terms.starts_on),
        "renews": renewal_clause(rule, term, RENEWS.get(terms.renews)),
        "renewal_years": rule.renewal_years,
        "endless": term.endless,
        "signed_on": signed_on,
        "from_signing": terms.starts_on is None,
        "signature_style": STYLES[terms.signature_style or "name-seal"],
        "copies": 1 + len(parties),
    }


async def _record_list(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    counted = eligibility_facts(city, [], case.records)  # as the requirements count them (AGE-R1)
    return {**await _plain(uow, case, city, draft), "record_count": counted.done_count}


async def _amendment(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    plain, agreement = await _plain(uow, case, city, draft), await agreement_of(uow, case)
    return {**plain, **(await amendment_context(uow, case, city, agreement) if agreement else {})}


async def _activity_report(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    return {**await _plain(uow, case, city, draft), **await activity_report(uow, case, city)}


async def _activity_list(uow: UnitOfWork, case: Case, city: City, draft: bool) -> dict[str, object]:  # noqa: FBT001 (shared signature)
    rows, with_departments = activity_list(case)
    groups = activity_groups(rows, city, with_departments=with_departments)
    return {**await _plain(uow, case, city, draft), "activity_groups": groups}


_Context = Callable[[UnitOfWork, Case, City, bool], Awaitable[dict[str, object]]]
_CONTEXTS: dict[str, _Context] = {
    "offer": _offer,
    "proposal-sheet": _proposal_sheet,
    "record-list": _record_list,
    "agreement": _agreement,
    "agreement-summary": _agreement,
    "amendment": _amendment,
    "activity-list": _activity_list,
    "activity-report": _activity_report,
}
