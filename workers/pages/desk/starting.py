"""``/desk/start``: what a person may begin, each by its own start form; whoever sends it has started the instance.

The office begins every process of its city that has a start form, departments those that are theirs to begin (ISE-1,
ISE-A1, CHI-1). The number of an agreement or case is typed as people say it, and filled in where the way led over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.responses import Response

from workers.domain import text
from workers.domain.agreements import Agreement
from workers.domain.casenumbers import agreement_number, case_id, case_number
from workers.domain.cities import City
from workers.domain.entities import Case
from workers.errors import InputError
from workers.pages.desk.face import ON_HOLD, PREFIX, NotHereError, Visit
from workers.pages.incoming import json_object
from workers.readers.formanswer import read_answer
from workers.usecases.lookup import agreement_named

AGREEMENT: Final = "agreementId"
CASE: Final = "caseNumber"
_NUMBERS: Final = {AGREEMENT: "協定番号", CASE: "案件番号"}
_SECTION: Final = "sectionName"
_AT_THE_START: Final = ""
"""What :meth:`CityPacks.typed_keys` calls the start form."""


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A process that a person may begin. ``asks``: the key of its start form that names an agreement or a case."""

    process: str
    name: str
    asks: str
    signing: bool


def beginnings(visit: Visit, city: City) -> list[Beginning]:
    """Return what the person may begin in a city, the signing first; nothing while one of its diagrams is broken."""
    packs = visit.desk.services.packs
    try:
        own, shared = packs.begun_by_hand(city.code)
    except InputError:
        return []
    if visit.scope.has_office(city.code):
        processes = [*own, *shared]
    else:
        processes = city.office.begun_by_departments(own) if visit.scope.departments(city) else []
    found = [
        Beginning(
            process=process,
            name=packs.process_name(process),
            asks=next((key for key in _NUMBERS if key in packs.typed_keys(process, _AT_THE_START)), ""),
            signing=process == city.signing_process,
        )
        for process in processes
    ]
    return sorted(found, key=lambda one: (not one.signing, one.process not in own, one.name))


async def choose(visit: Visit) -> Response:
    """Show what may be begun."""
    found = [(city, beginnings(visit, city)) for city in visit.scope.cities]
    return visit.page("desk/starts.html.j2", cities=[(city, some) for city, some in found if some])


async def show(visit: Visit) -> Response:
    """Show a start form, with what is known filled in."""
    city, chosen = _chosen(visit)
    async with visit.tasks() as engine:
        shown = await engine.start_form(chosen.process)
    return _page(visit, city, chosen, shown.form, _filled_in(visit, city, chosen))


async def typed(visit: Visit) -> Response:
    """Start the process; what has to be mended is told, and nothing typed is lost."""
    (city, chosen), given = _chosen(visit), json_object(visit.field("values"))
    async with visit.tasks() as engine:
        shown = await engine.start_form(chosen.process)
        read = read_answer(shown.form, given, {})
        problems, values = list(read.problems), dict(read.values)
        if not problems and chosen.asks and values.get(chosen.asks):
            try:
                values[chosen.asks] = await _id_of(visit, city, chosen.asks, str(values[chosen.asks]))
            except InputError as error:
                problems.append(error.message)
        if problems or visit.field("action") != "check":
            return _page(visit, city, chosen, shown.form, given, problems=problems)
        if visit.on_hold:
            return _page(visit, city, chosen, shown.form, given, problems=[ON_HOLD])
        await engine.start(chosen.process, values)
    return visit.go(f"{PREFIX}/?started=1")


def _chosen(visit: Visit) -> tuple[City, Beginning]:
    code, process = visit.request.path_params["city"], visit.request.path_params["process"]
    city = next((city for city in visit.scope.cities if city.code == code), None)
    found = next((one for one in beginnings(visit, city) if one.process == process), None) if city else None
    if city is None or found is None:
        raise NotHereError
    return city, found


def _filled_in(visit: Visit, city: City, chosen: Beginning) -> dict[str, Any]:
    """Return what the form need not ask: the agreement of the page before, the only department of the person."""
    mine = visit.scope.departments(city)
    keys = visit.desk.services.packs.typed_keys(chosen.process, _AT_THE_START)
    number = text.single_line(visit.query("of"), _NUMBERS.get(chosen.asks, ""), maximum=60)
    said = agreement_number(number) if chosen.asks == AGREEMENT else case_number(number)
    return {
        **({chosen.asks: said} if chosen.asks and number else {}),
        **({_SECTION: mine[0].section} if len(mine) == 1 and _SECTION in keys else {}),
    }


async def _id_of(visit: Visit, city: City, key: str, number: str) -> str:
    """Return the id of the city's agreement or case; raises InputError for a number that there is not."""
    async with visit.open_unit() as unit:
        found: Agreement | Case | None
        if key == AGREEMENT:
            found = await agreement_named(unit, city.code, number.strip())
        else:
            found = await unit.cases.find(case_id(city.code, number))
    if found is None or found.city != city.code:
        kind = "協定は台帳に" if key == AGREEMENT else "案件は"
        raise InputError(_NUMBERS[key], f"番号「{text.shown(number)}」の{kind}ありません")
    return found.id


def _page(  # noqa: PLR0913 (the page's parts)
    visit: Visit,
    city: City,
    chosen: Beginning,
    form: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    problems: Sequence[str] = (),
) -> Response:
    return visit.page(
        "desk/start.html.j2",
        status=422 if problems else 200,
        city=city,
        chosen=chosen,
        data={"schema": form, "data": given},
        problems=problems,
    )
