"""``/desk/start/CITY``: a new case by the city's own start form; whoever sends it has started the instance (ISE-1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from workers.domain.cities import City
from workers.pages.desk.face import ON_HOLD, PREFIX, Visit, office_of
from workers.pages.incoming import json_object
from workers.readers.formanswer import read_answer


async def show(visit: Visit) -> Response:
    """Show the start form."""
    city = _city(visit)
    async with visit.tasks() as engine:
        shown = await engine.start_form(city.signing_process)
    return _page(visit, city, shown.form, {})


async def typed(visit: Visit) -> Response:
    """Start the case; what has to be mended is told, and nothing typed is lost."""
    city, given = _city(visit), json_object(visit.field("values"))
    async with visit.tasks() as engine:
        shown = await engine.start_form(city.signing_process)
        read = read_answer(shown.form, given, {})
        if read.problems or visit.field("action") != "check":
            return _page(visit, city, shown.form, given, problems=read.problems)
        if visit.on_hold:
            return _page(visit, city, shown.form, given, problems=[ON_HOLD])
        await engine.start(city.signing_process, read.values)
    return visit.go(f"{PREFIX}/?started=1")


def _city(visit: Visit) -> City:
    code = visit.request.path_params["city"]
    office_of(visit, code)
    return next(city for city in visit.scope.offices if city.code == code)


def _page(
    visit: Visit, city: City, form: Mapping[str, Any], given: Mapping[str, Any], *, problems: Sequence[str] = ()
) -> Response:
    return visit.page(
        "desk/start.html.j2",
        status=422 if problems else 200,
        city=city,
        data={"schema": form, "data": given},
        problems=problems,
    )
