"""Open a signing case, from the command line or from a start form (ISE-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import City
from workers.domain.entities import Case, Origin
from workers.domain.fiscal import fiscal_year
from workers.readers.offerinput import OfferInput, StartInput, parse_partner, parse_start
from workers.usecases.caseview import case_title, city_options, offer_variables, past_records
from workers.usecases.journal import note, record
from workers.usecases.known_records import known_records
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import adopt_acts, record_start
from workers.usecases.survey_about import attachment_rows

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


async def draw_case_id(uow: UnitOfWork, city: City) -> str:
    """Return a new case id, ``CITY-FISCALYEAR-NUMBER``, never drawn twice."""
    year = fiscal_year(uow.clock.today())
    number = await uow.counters.draw(f"case:{city.code}:{year}")
    return f"{city.code}-{year}-{number:04d}"


async def file_case(uow: UnitOfWork, city: City, offer: OfferInput) -> Case:
    """Put a case with its first offer into the registry, before any process instance exists (``renkei start``)."""
    case = Case(
        id=await draw_case_id(uow, city),
        city=city.code,
        process_id=city.signing_process,
        opened_on=uow.clock.today(),
        origin=offer.origin,
        partner=offer.partner.entity(),
    )
    case.offers.append(offer.content.offer(1))
    case.projects.extend(offer.content.project_entities(1))
    case.records.extend(offer.content.record_entities())
    await uow.cases.add(case)
    await note(uow, case.id, f"{city.survey.words['paper']}を受け付けた（第1回、入力ファイル）")
    return case


async def open_case(  # noqa: PLR0913 (the header of the diagram beside the form)
    uow: UnitOfWork,
    *,
    city: City,
    case_id: str | None,
    form: Mapping[str, Any],
    ref: JobRef,
    partner_later: bool = False,
) -> dict[str, Any]:
    """Claim a case for a process instance and return the case's variables.

    A case from ``renkei start`` is claimed by the first instance that names it; another instance learns
    ``caseState = "already-started"``. Without ``case_id`` the start form's data opens a new case; with
    ``partner_later`` it may leave the partner's name empty: the city begins before it has chosen one (CHI-3).
    Raises InputErrors for bad form data.
    """
    if case_id is None:
        named = bool(str(form.get("name") or "").strip())
        start = parse_start(start_data(form)) if named or not partner_later else None
        case = await _from_form(uow, city, start, ref)
        await _keep_consultation(uow, case, form)
        if case.origin is Origin.CITY and case.partner is not None:
            case.records.extend(await known_records(uow, city, case.partner))
    else:
        case = await uow.cases.get(case_id)
    if not case.claim(ref.engine_id, ref.process_instance_key):
        return {"caseId": case.id, "caseState": "already-started", **_no_personal_data()}
    await adopt_acts(uow, case.id, ref)
    await note(uow, case.id, "案件の手続を始めた")
    return {
        "caseId": case.id,
        "caseState": "offer-filed" if case.offer else "new",
        "caseTitle": case_title(case),
        "origin": case.origin.value,
        "partnerKnown": case.partner is not None,
        "officeGroup": city.office.group,
        "cityOptions": city_options(city),
        "pastRecords": past_records(case, city),
        **offer_variables(case, city),
        "attachments": await attachment_rows(uow, case),
        **_no_personal_data(),
    }


async def _keep_consultation(uow: UnitOfWork, case: Case, form: Mapping[str, Any]) -> None:
    """Keep what the consultation said beside the partner's data (ISE-1): forms show it no more, the case does."""
    said = str(form.get("note") or "").strip()
    if said:
        await record(uow, case, "consultation", {"note": said})


async def record_partner(uow: UnitOfWork, case_id: str, form: Mapping[str, Any]) -> dict[str, Any]:
    """Put the case's partner, or another one, into the registry; raises InputErrors for bad data (CHI-3)."""
    case = await uow.cases.get(case_id)
    data = {name: value for name, value in start_data(form).items() if name != "origin"}
    case.partner = parse_partner(data).entity()
    await note(uow, case.id, "相手方を登録した")
    return {"partnerKnown": True, **_no_personal_data()}


async def _from_form(uow: UnitOfWork, city: City, start: StartInput | None, ref: JobRef) -> Case:
    case = Case(
        id=await draw_case_id(uow, city),
        city=city.code,
        process_id=city.signing_process,
        opened_on=uow.clock.today(),
        origin=start.origin if start else Origin.CITY,
        partner=start.partner.entity() if start else None,
    )
    await uow.cases.add(case)
    await record_start(uow, case.id, ref)
    await note(uow, case.id, "事前相談を登録した" if start else "案件を登録した（相手方は未定）")
    return case


def start_data(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the start form's fields under the names that the rules use."""
    return {name: form[key] for key, name in _FORM_KEYS.items() if form.get(key) is not None}


def _no_personal_data() -> dict[str, None]:
    """The registry has it now: variables keep ids and routing values only."""
    return {key: None for key in (*_FORM_KEYS, "note") if key != "origin"}
