"""The text of the agreement and its registration (ISE-8, ISE-F3, ISE-T1)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from workers.domain.agreements import Agreement, AgreementTerm
from workers.domain.agreementtext import KIND_NAMES, RENEWS, AgreementTerms, check_count
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.domain.fiscal import fiscal_year
from workers.domain.renewal import watch
from workers.domain.wareki import format_wareki
from workers.errors import InputError, PermanentError
from workers.readers.kept import STEPS, keep, kept, planned_signing_day
from workers.usecases.journal import note, record
from workers.usecases.lookup import case_and_city
from workers.usecases.plan_activities import plan_projects
from workers.usecases.ports import UnitOfWork


async def record_agreement_terms(uow: UnitOfWork, case_id: str, terms: AgreementTerms) -> None:
    """Check and keep what the agreement is to say.

    Raises InputError for a term of no day, for too few fields, and for a field that nobody proposed where the text
    does not say why it is added.
    """
    case, city = await case_and_city(uow, case_id)
    terms.term(city, uow.clock.today())
    check_count(city, terms.kind, terms.fields)
    added = () if terms.kind == "collaboration" else await _unproposed(uow, case, terms.fields)
    if added and not terms.added_reason:
        names = "、".join(f"{number} {city.field_name(number)}" for number in added)
        raise InputError(
            "連携事項", f"{names} は申出にも各課の希望にもありません。載せるときは加える理由を書いてください"
        )
    terms = terms if added else replace(terms, added_reason="")
    await record(uow, case, STEPS[AgreementTerms], keep(terms))
    told = f"（申出にない連携事項 {'・'.join(map(str, added))} を加えた）" if added else ""
    await note(uow, case.id, f"協定書の内容を決めた{told}")


async def _unproposed(uow: UnitOfWork, case: Case, fields: Sequence[int]) -> tuple[int, ...]:
    """Return those of the fields that nobody brought up: the offer, a project, a department, talks about the fields.

    Talks are whatever step of this round kept a variable with ``fields``. Nothing where no offer was filed.
    """
    if case.offer is None:
        return ()
    proposed = {*case.offer.fields, *(project.field for project in case.current_projects())}
    for survey in await uow.surveys.of_case(case.id):
        proposed.update(wish.field for answer in survey.valid_answers().values() for wish in answer.wishes)
    for step in case.steps:
        if step.round == case.round:
            talked = [kept.get("fields") for kept in step.payload.values() if isinstance(kept, Mapping)]
            proposed.update(int(number) for found in talked for number in found or () if str(number).isdecimal())
    return tuple(sorted(set(fields) - proposed))


async def register_agreement(
    uow: UnitOfWork, case_id: str, signed_on: date, *, later: Collection[str] = ()
) -> Agreement:
    """Put the signed agreement with its first term into the registry, once per case, and return it.

    The projects that were found feasible become its planned activities, of the year in which it begins or, those of
    ``later`` (numbers), of the year after: who signs in February may begin in April.

    Raises InputError for a signing day that lies in the future or before the case was opened, or that gives the
    agreement another last day than the text that was approved and printed.
    """
    case, city = await case_and_city(uow, case_id)
    agreement = await uow.agreements.of_case(case.id)
    if agreement is None:
        _check_signing_day(case, signed_on, uow.clock.today())
        agreement = await _new_agreement(uow, case, city, signed_on)
        await plan_projects(uow, case.id, year=fiscal_year(agreement.current_term.starts_on), later=later)
    return agreement


async def _new_agreement(uow: UnitOfWork, case: Case, city: City, signed_on: date) -> Agreement:
    terms = agreement_terms(case)
    names = [case.partner.name if case.partner else "", *(party["name"] for party in terms.other_parties)]
    agreement = Agreement(
        id=f"{city.code}-a{await uow.counters.draw(agreement_counter(city))}",
        case_id=case.id,
        city=city.code,
        kind=terms.kind,
        title=terms.title or f"{city.name}と{'・'.join(names)}との{KIND_NAMES[terms.kind]}",
        signed_on=signed_on,
        parties=names,
        fields=list(terms.fields),
        partner=case.partner,
        department=terms.department,
        renews=RENEWS.get(terms.renews),
        renewal_years=terms.renewal_years,
    )
    agreement.terms.append(_term_as_printed(city, case, terms, signed_on))
    watch(city, agreement, uow.clock.today())
    await uow.agreements.add(agreement)
    signed, term = format_wareki(signed_on, weekday=True), agreement.current_term
    ends = format_wareki(term.expires_on, weekday=True)
    until = ends if term.endless else f"{ends}まで"
    await note(uow, case.id, f"協定 {agreement.id} を登録した（締結日 {signed}、{until}）")
    return agreement


def agreement_counter(city: City) -> str:
    """Return the name of the counter that numbers a city's agreements."""
    return f"agreement:{city.code}"


def _check_signing_day(case: Case, signed_on: date, today: date) -> None:
    if signed_on > today:
        raise InputError("締結日", f"{format_wareki(signed_on)} はまだ来ていません")
    if signed_on < case.opened_on:
        raise InputError("締結日", f"{format_wareki(signed_on)} は案件を始めた日より前です")


def _term_as_printed(city: City, case: Case, terms: AgreementTerms, signed_on: date) -> AgreementTerm:
    """Return the first term; raises InputError where the text, made for the planned day, names another (D-11)."""
    term = terms.term(city, signed_on)
    planned = planned_signing_day(case)
    if planned and (printed := terms.term(city, planned).expires_on) != term.expires_on:
        raise InputError(
            "締結日",
            f"{format_wareki(signed_on)}では満了日が{format_wareki(term.expires_on)}になり、協定書に書いた"
            f"{format_wareki(printed)}と変わります。「協定書の内容から直す」を選んでください",
        )
    return term


def agreement_terms(case: Case) -> AgreementTerms:
    """Return what the agreement is to say, as last recorded; raises PermanentError before it was."""
    terms = kept(AgreementTerms, case)
    if terms is None:
        raise PermanentError(f"案件 {case.id} の協定書の内容がまだ記録されていません")
    return terms


def renewal_years(city: City, terms: AgreementTerms) -> int | None:
    """Return by how many years the agreement renews; None where nothing renews it (D-5)."""
    return terms.renewal_years or city.term.renewal_years
