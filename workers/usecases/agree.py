"""The text of the agreement and its registration (ISE-8, ISE-F3, ISE-T1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from workers.domain.agreements import Agreement, AgreementTerm
from workers.domain.cities import City, TermRule
from workers.domain.entities import Case
from workers.domain.fiscal import fiscal_year
from workers.domain.numbers import parse_number
from workers.domain.renewal import watch
from workers.domain.terms import first_term
from workers.domain.text import shown
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, PermanentError
from workers.readers.offervalues import field_numbers
from workers.usecases.journal import note, record
from workers.usecases.plan_activities import plan_projects
from workers.usecases.ports import UnitOfWork

TERMS_STEP = "agreement-terms"
PLAN_STEP = "signing-plan"
KIND_NAMES = {"comprehensive": "包括連携協定", "individual": "個別連携協定", "collaboration": "協働"}
"""What an agreement of a kind is called (ASA-1, CHI-4)."""


RENEWS: dict[str, bool | None] = {"rule": None, "yes": True, "no": False}
"""What the agreement says of its renewal: nothing of its own, that it renews, that it does not (D-5)."""
UNTIL, ENDLESS = "until", "endless"
"""What an agreement's text says of its end (``termKind``): a last day, by date or by the rule; or none (D-3)."""
MOST_RENEWAL_YEARS = 50


async def record_agreement_terms(uow: UnitOfWork, case_id: str, terms: Mapping[str, Any]) -> None:
    """Check and keep what the agreement is to say; raises InputError for a bad date, field or kind.

    ``addedReason``: why it names a field that nobody proposed; without it such a field is refused.

    ``kind`` is one of ``KIND_NAMES``, ``comprehensive`` where the terms name none (ASA-1). ``title`` names the document
    where it is no agreement of that name: a contract, a notice of a grant (CHI-4). ``department`` (a code) is the
    contracting unit where it is not the office (CHI-9, ASA-7). ``termKind`` is ``until`` or ``endless``;
    ``renewalYears``: by how many years it renews, where it does so by other years than the city's rule.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    if not str(terms.get("purpose") or "").strip():
        raise InputError("目的", "入力してください")
    fields = field_numbers(city, list(terms.get("fields") or []), "連携事項")
    starts_on = _date(terms.get("startsOn"), "有効期間の始まり")
    expires_on = _date(terms.get("expiresOn"), "有効期間の終わり")
    endless = terms.get("termKind") == ENDLESS
    if endless:
        check_endless(city)
        expires_on = None
    first_term(city.term, uow.clock.today(), starts_on=starts_on, ends_on=expires_on, endless=endless)
    kind = str(terms.get("kind") or "comprehensive")
    if kind not in KIND_NAMES:
        raise InputError("協定の形態", f"{shown(kind)} は使えません（{'・'.join(KIND_NAMES)}）")
    check_count(city, kind, fields)
    reason = str(terms.get("addedReason") or "").strip()
    added = () if kind == "collaboration" else await _unproposed(uow, case, fields)
    if added and not reason:
        names = "、".join(f"{number} {city.field_name(number)}" for number in added)
        raise InputError(
            "連携事項", f"{names} は申出にも各課の希望にもありません。載せるときは加える理由を書いてください"
        )
    others = terms.get("otherParties") or []
    if not isinstance(others, list) or not all(isinstance(row, Mapping) for row in others):
        raise InputError("ほかの当事者", "表の並びとして書いてください")
    parties = [_party(row, index) for index, row in enumerate(others, start=1)]
    await record(
        uow,
        case,
        TERMS_STEP,
        {
            "kind": kind,
            "department": city.department(str(terms["department"])).code if terms.get("department") else "",
            "title": " ".join(str(terms.get("title") or "").split()),
            "purpose": str(terms["purpose"]).strip(),
            "fields": sorted(fields),
            "addedReason": reason if added else "",
            "startsOn": starts_on.isoformat() if starts_on else None,
            "expiresOn": expires_on.isoformat() if expires_on else None,
            "termKind": ENDLESS if endless else UNTIL,
            "renews": "no" if endless else _renews(terms.get("renews")),
            "renewalYears": None if endless else _renewal_years(terms),
            "firstDay": str(terms.get("firstDay") or ""),
            "signatureStyle": "signature" if terms.get("signatureStyle") == "signature" else "name-seal",
            "otherParties": parties,
        },
    )
    told = f"（申出にない連携事項 {'・'.join(map(str, added))} を加えた）" if added else ""
    await note(uow, case.id, f"協定書の内容を決めた{told}")


async def _unproposed(uow: UnitOfWork, case: Case, fields: tuple[int, ...]) -> tuple[int, ...]:
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


def check_count(city: City, kind: str, fields: tuple[int, ...]) -> None:
    """Raise InputError for a comprehensive agreement over fewer fields than the city's guideline requires."""
    least = city.requirements.minimum_fields
    if kind == "comprehensive" and len(fields) < least:
        raise InputError("連携事項", f"包括連携協定には{least}以上の連携事項が要ります（今は{len(fields)}）")


async def register_agreement(uow: UnitOfWork, case_id: str, signature: Mapping[str, Any]) -> dict[str, Any]:
    """Put the signed agreement with its first term into the registry, once per case.

    The projects that were found feasible become its planned activities, of the year in which it begins or, those of
    ``signature.nextYearProjects`` (numbers), of the year after: who signs in February may begin in April.

    Returns ``agreementId``, ``agreementExpiry`` (wareki) and ``agreementYear``, the fiscal year in
    which it begins. Raises InputError for a signing day that is missing, lies in the future or before the case was
    opened, or that gives the agreement another last day than the text that was approved and printed.
    """
    case = await uow.cases.get(case_id)
    city = uow.cities.city(case.city)
    agreement = await uow.agreements.of_case(case.id)
    if agreement is None:
        agreement = await _new_agreement(uow, case, city, _signing_day(uow, case, signature))
        later = {str(number) for number in signature.get("nextYearProjects") or []}
        await plan_projects(uow, case.id, year=fiscal_year(agreement.current_term.starts_on), later=later)
    return {
        "agreementId": agreement.id,
        "agreementExpiry": format_wareki(agreement.current_term.expires_on),  # 無期限 where it has no end
        "agreementYear": fiscal_year(agreement.current_term.starts_on),
        "agreementTerms": None,  # the registry has them, with the people that they name
    }


async def _new_agreement(uow: UnitOfWork, case: Case, city: City, signed_on: date) -> Agreement:
    terms = agreement_terms(case)
    kind = terms.get("kind", "comprehensive")  # steps of earlier cases name none
    names = [case.partner.name if case.partner else "", *(party["name"] for party in terms["otherParties"])]
    agreement = Agreement(
        id=f"{city.code}-a{await uow.counters.draw(agreement_counter(city))}",
        case_id=case.id,
        city=city.code,
        kind=kind,
        title=terms.get("title") or f"{city.name}と{'・'.join(names)}との{KIND_NAMES[kind]}",
        signed_on=signed_on,
        parties=names,
        fields=list(terms["fields"]),
        partner=case.partner,
        department=terms.get("department", ""),
        renews=RENEWS.get(str(terms.get("renews"))),
        renewal_years=terms.get("renewalYears"),
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


def _signing_day(uow: UnitOfWork, case: Case, signature: Mapping[str, Any]) -> date:
    signed_on = parse_date(signature.get("signedOn") or "", "締結日")
    if signed_on > uow.clock.today():
        raise InputError("締結日", f"{format_wareki(signed_on)} はまだ来ていません")
    if signed_on < case.opened_on:
        raise InputError("締結日", f"{format_wareki(signed_on)} は案件を始めた日より前です")
    return signed_on


def planned_signing_day(case: Case) -> date | None:
    """Return the day that the text to be signed carries; None where the city's flow plans none, or not yet."""
    step = case.last_step(PLAN_STEP)
    plan = step.payload.get("signingPlan") if step else None
    return date.fromisoformat(plan["plannedOn"]) if isinstance(plan, dict) and plan.get("plannedOn") else None


def _term_as_printed(city: City, case: Case, terms: Mapping[str, Any], signed_on: date) -> AgreementTerm:
    """Return the first term; raises InputError where the text, made for the planned day, names another (D-11)."""
    term = term_of(city, terms, signed_on)
    planned = planned_signing_day(case)
    if planned and (printed := term_of(city, terms, planned).expires_on) != term.expires_on:
        raise InputError(
            "締結日",
            f"{format_wareki(signed_on)}では満了日が{format_wareki(term.expires_on)}になり、協定書に書いた"
            f"{format_wareki(printed)}と変わります。「協定書の内容から直す」を選んでください",
        )
    return term


def agreement_terms(case: Case) -> dict[str, Any]:
    """Return what the agreement is to say, as last recorded; raises PermanentError before it was."""
    step = case.last_step(TERMS_STEP)
    if step is None:
        raise PermanentError(f"案件 {case.id} の協定書の内容がまだ記録されていません")
    return step.payload


def term_rule(city: City, terms: Mapping[str, Any]) -> TermRule:
    """Return the city's rule as this agreement has it: whether the day of signing counts may be its own (DAT-T1)."""
    said = {"counted": True, "not-counted": False}.get(str(terms.get("firstDay") or ""))
    return city.term if said is None else replace(city.term, first_day_counts=said)


def term_of(city: City, terms: Mapping[str, Any], signed_on: date) -> AgreementTerm:
    """Return the agreement's first term; dates written in the agreement win over the city's rule (D-3)."""
    return first_term(
        term_rule(city, terms),
        signed_on,
        starts_on=_date(terms.get("startsOn"), "有効期間の始まり"),
        ends_on=_date(terms.get("expiresOn"), "有効期間の終わり"),
        endless=terms.get("termKind") == ENDLESS,
    )


def renewal_years(city: City, terms: Mapping[str, Any]) -> int | None:
    """Return by how many years the agreement renews; None where nothing renews it (D-5)."""
    return terms.get("renewalYears") or city.term.renewal_years


def check_endless(city: City) -> None:
    """Raise InputError where the city's guideline itself says how long an agreement lasts."""
    if not city.term.endless_allowed:
        raise InputError("有効期間の終わり", f"{city.name}の協定は、期間を定めて結びます（無期限にはできません）")


def _renewal_years(terms: Mapping[str, Any]) -> int | None:
    given = terms.get("renewalYears")
    if not given or terms.get("renews") != "yes":
        return None
    return parse_number(given, "更新する年数", least=1, most=MOST_RENEWAL_YEARS)


def _renews(value: Any) -> str:
    chosen = str(value or "rule")
    if chosen not in RENEWS:
        raise InputError("更新の定め", f"{shown(chosen)} は使えません（{'・'.join(RENEWS)}）")
    return chosen


def _date(value: Any, where: str) -> date | None:
    return parse_date(value, where) if value else None


def _party(row: Mapping[str, Any], number: int) -> dict[str, str]:
    for key, label in (("name", "名称"), ("representative", "代表者の職・氏名")):
        if not str(row.get(key) or "").strip():
            raise InputError(f"ほかの当事者 {number}件目の{label}", "入力してください")
    return {key: str(row.get(key) or "").strip() for key in ("name", "address", "representative")}
