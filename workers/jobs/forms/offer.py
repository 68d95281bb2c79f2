"""An offer as its forms have it, and what a filed one sets: proposals, past records, the first terms (ISE-2/3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from workers.domain.answers import ATTACHMENT_KIND
from workers.domain.cities import City
from workers.domain.entities import Case, Document, Offer, PastRecord, Project
from workers.domain.fiscal import format_fiscal_year
from workers.domain.markdown import plain
from workers.domain.wareki import format_wareki
from workers.readers.offerinput import (
    OfferContent,
    PartnerInput,
    RecordInput,
    StartInput,
    parse_content,
    parse_partner,
    parse_records,
    parse_start,
)
from workers.usecases.survey_scope import asked_projects, change_of

_FORM_KEYS = {
    "name": "name",
    "representative": "representative",
    "contact": "contact",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "corporateNumber": "corporate_number",
    "origin": "origin",
}
"""The start form's fields and what the rules call them."""


def read_start(form: Mapping[str, Any], *, partner_later: bool) -> StartInput | None:
    """Read the start form, None where it leaves the partner's name empty and the partner may come later (CHI-3).

    Raises InputErrors with every bad field.
    """
    named = bool(str(form.get("name") or "").strip())
    return parse_start(_start_data(form)) if named or not partner_later else None


def read_partner(form: Mapping[str, Any]) -> PartnerInput:
    """Read the partner's fields of the start form; raises InputErrors with every bad one."""
    return parse_partner({name: value for name, value in _start_data(form).items() if name != "origin"})


def _start_data(form: Mapping[str, Any]) -> dict[str, Any]:
    return {name: form[key] for key, name in _FORM_KEYS.items() if form.get(key) is not None}


NO_PERSONAL_DATA: Final = {key: None for key in (*_FORM_KEYS, "note") if key != "origin"}
"""The registry has the start form's data: variables keep ids and routing values only."""


def read_offer(form: Mapping[str, Any], city: City, today: date) -> OfferContent:
    """Read the offer form; raises InputErrors with every bad field. Boxes that were never touched are absent."""
    data = {
        "date": form.get("offeredOn"),
        "purpose": form.get("purpose"),
        "fields": form.get("fields") or [],
        "other": form.get("other"),
        "projects": [_renamed(row, {"costToCity": "cost_to_city"}) for row in form.get("projects") or []],
        "records": _records(form),
    }
    return parse_content(data, city, today)


def read_records(form: Mapping[str, Any], city: City, today: date) -> Sequence[RecordInput]:
    """Read the list of projects done so far (AGE-2); raises InputErrors with every bad field."""
    return parse_records({"records": _records(form)}, city, today)


def read_proposals(rows: Sequence[Any], city: City, today: date, *, purpose: str, received: Any) -> OfferContent:
    """Read projects that are proposed under an agreement: ``field``, ``title``, ``content``, ``costToCity``.

    ``received``: the day on which the proposal came (AGE-A3), today without one. Raises InputErrors with every bad
    field.
    """
    names = {"field": "field", "title": "title", "content": "content", "costToCity": "cost_to_city"}
    data = {
        "date": received or today.isoformat(),
        "purpose": purpose,
        "fields": sorted({str(row.get("field")) for row in rows if row.get("field")}),
        "projects": [_renamed({key: value for key, value in row.items() if key in names}, names) for row in rows],
    }
    return parse_content(data, city, today)


def _records(form: Mapping[str, Any]) -> list[Any]:
    return [_renamed(row, {"fiscalYear": "fiscal_year"}) for row in form.get("records") or []]


def _renamed(row: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {names.get(key, key): value for key, value in row.items() if value is not None}


def offer_form(offer: Offer, projects: Iterable[Project], records: Iterable[PastRecord]) -> dict[str, Any]:
    """Return the offer forms' data: choices as text, as the forms' options have them."""
    return {
        "offeredOn": offer.offered_on.isoformat(),
        "purpose": offer.purpose,
        "fields": [str(number) for number in offer.fields],
        "other": offer.other,
        "projects": [
            {
                "field": str(project.field),
                "title": project.title,
                "content": project.content,
                "costToCity": project.cost_to_city,
            }
            for project in projects
        ],
        "records": [
            {
                "fiscalYear": format_fiscal_year(record.fiscal_year),
                "field": str(record.field),
                "title": record.title,
                "department": record.department,
            }
            for record in records
        ],
    }


def proposals(case: Case, city: City) -> list[dict[str, Any]]:
    """Return the newest round's projects as the rows of a form's table (ISE-4)."""
    return [_proposal(case, city, project) for project in case.current_projects()]


def asked_proposals(case: Case, city: City) -> list[dict[str, Any]]:
    """Return those of :func:`proposals` that the newest survey asks about."""
    return [_proposal(case, city, project) for project in asked_projects(case)]


def _proposal(case: Case, city: City, project: Project) -> dict[str, Any]:
    return {
        "number": project.number,
        "fieldName": city.field_name(project.field),
        "title": project.title,
        "content": project.content,
        "cost": "あり" if project.cost_to_city else "なし",
        "change": change_of(case, project),
    }


def past_records(case: Case, city: City) -> list[dict[str, Any]]:
    """Return the projects done so far as the rows of a form (AGE-2): ``field`` as the forms' choices have it."""
    return [
        {
            "fiscalYear": format_fiscal_year(record.fiscal_year),
            "field": str(record.field),
            "fieldName": city.field_name(record.field),
            "title": record.title,
            "department": record.department,
        }
        for record in case.records
    ]


def _purpose_words(city: City, fields: Iterable[int]) -> str:
    """Return the fields as article 1 lists them (ISE-F3): the offer's sentences about its purpose are no such list."""
    names = [city.field_name(number).removesuffix("に関すること") for number in fields]
    return "、".join(name for name in names if not name.startswith("その他"))


def offer_variables(case: Case, city: City) -> dict[str, Any]:
    """Return what a filed offer sets: its form, proposals, summary (Markdown), past records, the first terms."""
    offer = case.offer
    if offer is None:
        return {}
    fields = "\n".join(f"- {number} {city.field_name(number)}" for number in offer.fields)
    words = city.survey.words
    return {
        "offer": offer_form(offer, case.current_projects(), case.records),
        "proposals": proposals(case, city),
        "pastRecords": past_records(case, city),
        "offerSummary": (
            f"{words['offered_on']} {format_wareki(offer.offered_on)}（第{offer.round}回）\n\n"
            f"**{words['purpose']}** {plain(offer.purpose)}\n\n"
            f"**{words['field']}**\n\n{fields}\n\n**実績** {len(case.records)}件"
        ),
        "agreementTerms": {
            "purpose": _purpose_words(city, offer.fields),
            "fields": [str(number) for number in offer.fields],
            "startsOn": None,
            "expiresOn": None,
            "renews": None,
            "signatureStyle": city.signatory.style,
            "otherParties": [],
        },
    }


def attachment_rows(documents: Iterable[Document]) -> list[dict[str, str]]:
    """Return the received files among a case's documents as the rows of a form's table: ``name``, ``size``."""
    return [
        {"name": document.name, "size": f"{max(1, document.size // 1024):,} KB"}
        for document in documents
        if document.kind == ATTACHMENT_KIND
    ]


def recorded_offer_variables(
    case: Case, city: City, form: Mapping[str, Any], terms: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return :func:`offer_variables` of an offer that its form just filed; the form comes back as it was typed.

    ``terms``: the agreement's terms as they stand; only the fields, and with them the purpose, follow a revised offer.
    """
    variables = offer_variables(case, city)
    begun = variables["agreementTerms"]
    kept = {**begun, **(terms or {}), "fields": begun["fields"]}
    if terms is None or terms.get("fields") != begun["fields"]:
        kept["purpose"] = begun["purpose"]
    return {**variables, "offer": dict(form), "agreementTerms": kept}
