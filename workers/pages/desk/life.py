"""``/desk/agreement/ID``: an agreement's whole life, and where its procedures begin (ALL-6, ALL-15, ALL-21)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from starlette.responses import Response

from workers.domain.agreements import ActivityStatus, Agreement, Side
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.casenumbers import agreement_number, case_number
from workers.domain.cities import City
from workers.domain.entities import CaseKind, Document
from workers.domain.fiscal import format_fiscal_year
from workers.domain.register import ENDING_DAYS, STATE_NAMES, BookState
from workers.domain.signing import WAY_NAMES
from workers.domain.wareki import format_wareki
from workers.errors import InputError
from workers.pages.desk.book import file_response
from workers.pages.desk.face import PREFIX, NotHereError, Visit, office_of
from workers.pages.desk.starting import AGREEMENT, Beginning
from workers.pages.desk.starting import beginnings as startable
from workers.readers.listcolumns import HEADINGS
from workers.usecases.agreement_life import FROM_THE_BOOK, AgreementLife, begin_from_book, beginnings, life_of
from workers.usecases.change_contacts import EDITED
from workers.usecases.close_case import state_name
from workers.usecases.correct_facts import known_facts
from workers.usecases.ports import UnitOfWork
from workers.usecases.staff_files import SIGNED_COPY

STATUS_NAMES: Final = {
    ActivityStatus.PLANNED: "予定",
    ActivityStatus.RUNNING: "実施中",
    ActivityStatus.DONE: "実施済み",
    ActivityStatus.CANCELLED: "取りやめ",
}
_SIDES: Final = {Side.CITY: "市", Side.PARTNER: "相手方"}
_ID: Final = re.compile(r"(?:協定 )?\b[a-z][a-z0-9-]*-(?:a\d+|\d{4}-\d+)\b", re.ASCII)
_SHOWN_IN_BROWSER: Final = frozenset({"application/pdf"})


async def agreement(visit: Visit) -> Response:
    """Show an agreement."""
    return await shown_life(visit)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What a form of the page brought that could not be taken. ``part``: the form; ``problem``: why not."""

    part: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def of(self, part: str) -> Mapping[str, str]:
        """Return what was typed into a form, nothing where it was another one."""
        return self.values if self.part == part else {}


async def shown_life(visit: Visit, typed: Typed = Typed()) -> Response:
    """Show an agreement, with what a form of it could not be taken for."""
    async with visit.open_unit() as unit:
        life = await seen_life(visit, unit, visit.request.path_params["agreement_id"])
        city = unit.cities.city(life.agreement.city)
        is_office = visit.scope.has_office(city.code)
        may_begin = beginnings(unit, life.agreement) if is_office else []
        corrections = await unit.register.corrections(life.agreement.id) if is_office else []
        known = await known_facts(unit, city.code, life.agreement.id)
        signed = await unit.register.signing(life.agreement.id)
        parent = await unit.register.parent(life.agreement.id)
        children = await unit.register.children(life.agreement.id)
    partner = life.agreement.partner
    return visit.page(
        "desk/agreement.html.j2",
        status=422 if typed.problem else 200,
        typed=typed,
        known={**known, **typed.of("facts")},
        chosen_fields=_chosen(life, typed),
        headings=HEADINGS,
        kind_choices=[(name, name) for name in KIND_NAMES.values()],
        section_choices=[(name, name) for name in (city.office.section, *(one.name for one in city.departments))],
        signed=signed,
        ways=WAY_NAMES,
        parent=parent,
        children=children,
        signed_kind=SIGNED_COPY,
        contacts=[(key, heading, getattr(partner, key) if partner else "") for key, heading in EDITED.items()],
        corrections=list(reversed(corrections)),
        life=life,
        agreement=life.agreement,
        city=city,
        facts=_facts(life, city),
        state=STATE_NAMES[_state(life.agreement, visit.today)],
        terms=life.agreement.terms,
        versions=[(one, _field_names(city, one.fields)) for one in life.agreement.versions],
        years=_years(life, city),
        status_names=STATUS_NAMES,
        sides=_SIDES,
        procedures=[
            (case, visit.desk.services.packs.process_name(case.process_id), state_name(case))
            for case in reversed(life.procedures)
        ],
        documents=list(reversed(life.documents)),
        related=[(one, KIND_NAMES.get(one.kind, ""), one.in_force(visit.today)) for one in life.related],
        beginnings=[(kind, FROM_THE_BOOK[kind]) for kind in may_begin],
        others=_others(visit, city),
        begun=next((name for kind, name in FROM_THE_BOOK.items() if kind == visit.query("begun")), ""),
        history=[(one.at, one.who, _without_ids(one.what)) for one in reversed(life.history)],
        is_office=is_office,
    )


def _others(visit: Visit, city: City) -> list[Beginning]:
    """Return what this person begins by a start form that asks for the agreement; what a button begins is left out."""
    by_button = {city.procedures.get(kind) for kind in FROM_THE_BOOK}
    return [one for one in startable(visit, city) if one.asks == AGREEMENT and one.process not in by_button]


def _chosen(life: AgreementLife, typed: Typed) -> set[str]:
    """Return the numbers of the fields that the form shows as chosen."""
    given = typed.of("facts")
    return set(given["fields"].split("、")) if given else {str(number) for number in life.agreement.fields}


async def document(visit: Visit) -> Response:
    """Return a document of the agreement's cases."""
    wanted = visit.request.path_params["document_id"]
    async with visit.open_unit() as unit:
        life = await seen_life(visit, unit, visit.request.path_params["agreement_id"])
        found: Document | None = next((one for one in life.documents if one.id == wanted), None)
        if found is None:
            raise NotHereError
        content = await unit.documents.read(found)
    inline = found.media_type in _SHOWN_IN_BROWSER
    return file_response(found.name, content, found.media_type, inline=inline)


async def begin(visit: Visit) -> Response:
    """Begin a procedure in this person's name."""
    agreement_id = visit.request.path_params["agreement_id"]
    async with visit.open_unit() as unit:
        life = await seen_life(visit, unit, agreement_id)
        office_of(visit, life.agreement.city)
        kind = _kind(visit.field("kind"))
        if kind not in FROM_THE_BOOK:
            raise InputError("手続", "始める手続を選んでください")
        await begin_from_book(unit, agreement_id, kind)
    return visit.go(f"{PREFIX}/agreement/{agreement_id}?begun={kind}")


async def seen_life(visit: Visit, unit: UnitOfWork, agreement_id: str) -> AgreementLife:
    """Return an agreement that this person may see: of their office, or one that a department of theirs has part in.

    Raises NotHereError for any other, and for one that there is not.
    """
    try:
        life = await life_of(unit, agreement_id)
    except InputError:
        raise NotHereError from None
    scope, code = visit.scope, life.agreement.city
    if scope.has_office(code):
        return life
    city = next((city for city in scope.cities if city.code == code), None)
    mine = {department.code for department in scope.departments(city)} if city else set()
    if mine.isdisjoint({life.agreement.department, *(activity.department for activity in life.activities)} - {""}):
        raise NotHereError
    return life


def _without_ids(text: str) -> str:
    """Return a line of a history with the numbers as people say them."""

    def number(found: re.Match[str]) -> str:
        known = found[0].removeprefix("協定 ")
        return case_number(known) if agreement_number(known) == known else agreement_number(known)

    return _ID.sub(number, text)


def _kind(value: str) -> CaseKind | None:
    return CaseKind(value) if value in set(CaseKind) else None


def _state(found: Agreement, on: date) -> BookState:
    if found.last_day < on:
        return BookState.TERMINATED if found.end == "terminated" else BookState.EXPIRED
    if not found.in_force(on):
        return BookState.BEFORE
    near = (found.last_day - on).days <= ENDING_DAYS
    return BookState.ENDING if near else BookState.IN_FORCE


def _facts(life: AgreementLife, city: City) -> list[tuple[str, str]]:
    """Return what stands at the top of the page: heading and text."""
    found, term = life.agreement, life.agreement.current_term
    department = next((one.name for one in city.departments if one.code == found.department), city.office.section)
    facts = [
        ("形態", KIND_NAMES.get(found.kind, found.kind)),
        ("相手方", "、".join(found.parties)),
        ("相手方の種別", "・".join(word for word in (found.partner_kind, found.trade) if word)),
        ("締結日", format_wareki(found.signed_on, weekday=True)),
        ("いまの期間", f"第{term.number}期　{term.in_words}"),
        ("更新しない旨の申出の期限", format_wareki(term.notice_deadline, weekday=True) if term.notice_deadline else ""),
        ("更新の定め", {None: "市の規則による", True: "更新する", False: "更新しない"}[found.renews]),
        ("終了した日", format_wareki(found.ended_on, weekday=True) if found.ended_on else ""),
        ("連携事項", _field_names(city, found.fields)),
        ("所管", department),
        ("要綱", "" if found.whole_guideline else "要綱の施行より前の協定"),
    ]
    return [(heading, text) for heading, text in facts if text]


def _field_names(city: City, numbers: Sequence[int]) -> str:
    names = {field.number: field.name for field in city.fields}
    return "、".join(names.get(number, f"分野{number}") for number in numbers)


def _years(life: AgreementLife, city: City) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return the projects by the fiscal year of their plan, the newest year first."""
    departments = {one.code: one.name for one in city.departments}
    years: dict[int, list[Mapping[str, Any]]] = {}
    for activity in life.activities:
        reports = [report for report in activity.reports if report.result or report.evaluation or report.partner_result]
        row = {
            "activity": activity,
            "field": _field_names(city, [activity.field]),
            "department": departments.get(activity.department, activity.department or city.office.section),
            "reports": [(format_fiscal_year(report.fiscal_year), report) for report in reports],
        }
        years.setdefault(activity.fiscal_year, []).append(row)
    return [(format_fiscal_year(year), years[year]) for year in sorted(years, reverse=True)]


def shown_number(found: Agreement) -> str:
    """Return how an agreement is called: the office's own number, else renkei's."""
    return found.number or agreement_number(found.id)
