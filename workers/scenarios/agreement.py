"""The agreement that a scenario's procedure is about: its facts go to the registry, then the procedure is started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from workers.domain.agreements import Activity, ActivityStatus, Agreement, AgreementEnd, AgreementTerm
from workers.domain.cities import City
from workers.domain.entities import CaseKind
from workers.domain.renewal import unwatch, watch
from workers.domain.terms import first_term, renewed_term
from workers.domain.wareki import parse_date
from workers.errors import InputError
from workers.packs.scenarios import Scenario, SignedFacts, dated
from workers.readers.offerinput import OfferInput
from workers.usecases.ports import UnitOfWork
from workers.usecases.procedures import file_procedure, new_period, start_procedure
from workers.usecases.yearly_collection import file_collection


async def register(uow: UnitOfWork, city: City, offer: OfferInput, facts: SignedFacts) -> Agreement:
    """Put the agreement into the registry as if it had been signed before renkei; raises InputError for bad facts.

    Partner and fields are those of the scenario's offer.
    """
    today = uow.clock.today()
    signed_on = _date(facts.signed, today) or today
    fields = list(offer.content.fields)
    agreement = Agreement(
        id=f"{city.code}-a{await uow.counters.draw(f'agreement:{city.code}')}",
        case_id=None,
        city=city.code,
        kind=facts.kind,
        title=facts.title or f"{city.name}と{offer.partner.name}との包括連携協定",
        signed_on=signed_on,
        parties=[offer.partner.name],
        fields=fields,
        partner=offer.partner.entity(),
        department=facts.department,
        renews=facts.renews,
        whole_guideline=facts.whole_guideline,
        terms=_terms(city, facts, signed_on, today),
    )
    watch(city, agreement, today)
    if facts.ended:
        agreement.ended_on, agreement.end = _date(facts.ended, today), AgreementEnd.TERMINATED
        unwatch(city, agreement)
    await uow.agreements.add(agreement)
    for row in facts.activities:
        await uow.activities.add(_activity(agreement, city, dated(row, today)))
    return agreement


@dataclass(frozen=True, kw_only=True)
class Begun:
    """An agreement whose procedure begins: in an instance that the outbox asks for (``case_id``), or by its form."""

    agreement_id: str
    process_id: str
    case_id: str | None


async def begin(uow: UnitOfWork, city: City, offer: OfferInput, scenario: Scenario) -> Begun | None:
    """Register a scenario's agreement and, with ``start = "watch"``, file its procedure and ask for its instance.

    None for a scenario of a signing. The engine hears of it when the transaction is committed.
    """
    facts = scenario.agreement
    if facts is None:
        return None
    agreement = await register(uow, city, offer, facts)
    for further in facts.further:
        await register(uow, city, offer, further)
    process_id, case_id = city.procedure(facts.procedure), None
    if scenario.start == "watch":
        period = str(dated(facts.period, uow.clock.today())) or await new_period(uow, agreement, facts.procedure)
        if facts.procedure is CaseKind.ANNUAL and city.cycle.together:
            case = await file_collection(uow, city, period)
        else:
            case = await file_procedure(uow, agreement, facts.procedure, period)
        await start_procedure(uow, case)
        case_id = case.id
    return Begun(agreement_id=agreement.id, process_id=process_id, case_id=case_id)


def _terms(city: City, facts: SignedFacts, signed_on: date, today: date) -> list[AgreementTerm]:
    terms = [
        first_term(city.term, signed_on, starts_on=_date(facts.starts, today), ends_on=_date(facts.expires, today))
    ]
    while terms[-1].expires_on < today:
        following = renewed_term(city.term, terms[-1], written_in_agreement=facts.renews is True)
        if following is None:
            raise InputError("agreement.expires", "協定が今日より前に終わっています")
        terms.append(following)
    return terms


def _activity(agreement: Agreement, city: City, row: dict[str, Any]) -> Activity:
    given = dict(row)
    for key in ("starts_on", "ends_on"):
        given[key] = parse_date(given[key], f"activities.{key}") if given.get(key) else None
    given["fiscal_year"] = int(given["fiscal_year"])
    given["status"] = ActivityStatus(given.get("status", "planned"))
    city.field_name(int(given["field"]))
    if given.get("department"):
        city.department(given["department"])
    return Activity(agreement_id=agreement.id, case_id=None, **given)


def _date(text: str, today: date) -> date | None:
    return parse_date(dated(text, today), "agreement") if text else None
