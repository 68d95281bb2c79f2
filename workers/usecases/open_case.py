"""Open a signing case, from the command line or from a start form (ISE-1)."""

from __future__ import annotations

from workers.domain.cities import City
from workers.domain.entities import Case, Origin
from workers.domain.fiscal import fiscal_year
from workers.readers.offerinput import OfferInput, PartnerInput, StartInput
from workers.usecases.journal import note, record
from workers.usecases.known_records import known_records
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import adopt_acts, record_start


async def draw_case_id(uow: UnitOfWork, city: City) -> str:
    """Return a new case id, ``CITY-FISCALYEAR-NUMBER``, never drawn twice."""
    year = fiscal_year(uow.clock.today())
    number = await uow.counters.draw(f"case:{city.code}:{year}")
    return f"{city.code}-{year}-{number:04d}"


async def file_case(uow: UnitOfWork, city: City, offer: OfferInput, *, how: str = "入力ファイル") -> Case:
    """Put a case with its first offer into the registry, before any process instance exists (``renkei start``).

    ``how``: the way by which it came, for the history.
    """
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
    await note(uow, case.id, f"{city.survey.words['paper']}を受け付けた（第1回、{how}）")
    return case


async def open_case(uow: UnitOfWork, city: City, start: StartInput | None, ref: JobRef, *, said: str = "") -> Case:
    """Open a case of the start form; ``start`` None: the city begins before it has chosen a partner (CHI-3).

    ``said``: what the consultation said beside the partner's data (ISE-1): forms show it no more, the case does.
    """
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
    if said:
        await record(uow, case, "consultation", {"note": said})
    if case.origin is Origin.CITY and case.partner is not None:
        case.records.extend(await known_records(uow, city, case.partner))
    return case


async def claim_case(uow: UnitOfWork, case: Case, ref: JobRef) -> bool:
    """Take a case for a process instance; False, and nothing done, where another instance has it.

    A case that was filed before any instance ran belongs to the first one that names it.
    """
    if not case.claim(ref.engine_id, ref.process_instance_key):
        return False
    await adopt_acts(uow, case.id, ref)
    await note(uow, case.id, "案件の手続を始めた")
    return True


async def record_partner(uow: UnitOfWork, case_id: str, partner: PartnerInput) -> None:
    """Put the case's partner, or another one, into the registry (CHI-3)."""
    case = await uow.cases.get(case_id)
    case.partner = partner.entity()
    await note(uow, case.id, "相手方を登録した")
