"""Record an offer with its proposed projects (a new round each time) and the past records (ISE-2/3, AGE-2, AGE-3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.agreements import Agreement
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.readers.offerinput import OfferContent, parse_content, parse_records
from workers.usecases.caseview import offer_variables, past_records
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_about import attachment_rows


async def record_offer(
    uow: UnitOfWork,
    case_id: str,
    form: Mapping[str, Any],
    *,
    within_agreement: bool = False,
    terms: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Check and keep the offer form and return the offer's variables; raises InputErrors with every bad field.

    ``within_agreement``: once an agreement is signed, a proposal keeps to its fields (DAT-A: B).

    ``terms``: the agreement's terms as they stand; only the fields, and with them the purpose, follow a revised offer.

    A form without the list ``records`` leaves the past records as they are: where the city organises them at a step of
    its own (AGE-2), the proposal does not ask for them again.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    paper = city.survey.words["paper"]
    content = parse_content(_offer_data(form), city, uow.clock.today())
    if content.offered_on > uow.clock.today():
        raise InputError(f"{paper}の日付", f"{format_wareki(content.offered_on)}はまだ来ていません")
    if within_agreement and case.agreement_id is not None:
        _keep_to(await uow.agreements.get(case.agreement_id), content)
    number = case.round + 1
    case.offers.append(content.offer(number))
    case.projects.extend(content.project_entities(number))
    if "records" in form:
        case.records[:] = content.record_entities()
    await note(uow, case.id, f"{paper}を受け付けた（第{number}回、提案{len(content.projects)}件）")
    variables = offer_variables(case, city)
    begun = variables["agreementTerms"]
    kept = {**begun, **(terms or {}), "fields": begun["fields"]}
    if terms is None or terms.get("fields") != begun["fields"]:
        kept["purpose"] = begun["purpose"]
    return {
        **variables,
        "offer": dict(form),
        "agreementTerms": kept,
        "attachments": await attachment_rows(uow, case),
    }


def _keep_to(agreement: Agreement, content: OfferContent) -> None:
    chosen = {*content.fields, *(project.field for project in content.projects)}
    if outside := sorted(chosen - set(agreement.fields)):
        agreed = "・".join(str(number) for number in sorted(agreement.fields))
        numbers = "・".join(str(number) for number in outside)
        raise InputError("連携事項", f"{numbers} は協定の連携事項にありません（協定の連携事項は {agreed}）")


async def record_past_projects(uow: UnitOfWork, case_id: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the projects done so far, by fiscal year and field (AGE-2); raises InputErrors with every bad field."""
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    records = parse_records({"records": _records(form)}, city, uow.clock.today())
    case.records[:] = [record.entity() for record in records]
    fields = {record.field for record in records}
    await note(uow, case.id, f"連携実績を整理した（{len(records)}件、{len(fields)}分野）")
    return {"pastRecords": past_records(case, city)}


def _offer_data(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's data under the names that the rules use; ticked boxes that were never touched are absent."""
    return {
        "date": form.get("offeredOn"),
        "purpose": form.get("purpose"),
        "fields": form.get("fields") or [],
        "other": form.get("other"),
        "projects": [_row(row, {"costToCity": "cost_to_city"}) for row in form.get("projects") or []],
        "records": _records(form),
    }


def _records(form: Mapping[str, Any]) -> list[Any]:
    return [_row(row, {"fiscalYear": "fiscal_year"}) for row in form.get("records") or []]


def _row(row: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {names.get(key, key): value for key, value in row.items() if value is not None}
