"""``/desk/figures``: a city's figures as charts and tables (ALL-7, ASA-7, CHI-8)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from starlette.responses import Response

from workers.domain.fiscal import fiscal_year, format_fiscal_year, parse_fiscal_year
from workers.domain.wareki import parse_date
from workers.errors import InputError
from workers.pages.desk.face import NotHereError, Visit
from workers.pages.figures import figures_of
from workers.usecases.city_figures import city_figures


async def figures(visit: Visit) -> Response:
    """Show the figures of a city that the person works for."""
    asked = visit.query("city")
    city = next((one for one in visit.scope.cities if asked in {"", one.code}), None)
    if city is None:
        raise NotHereError
    problems: list[str] = []
    this = fiscal_year(visit.today)
    year = _year(visit.query("year"), this, problems)
    on = _day(visit.query("on"), visit.today, problems)
    async with visit.open_unit() as unit:
        found = await city_figures(unit, city, year, on)
    return visit.page(
        "desk/figures.html.j2",
        city=city,
        many_cities=len(visit.scope.cities) > 1,
        year=year,
        year_name=format_fiscal_year(year),
        years=[(one, format_fiscal_year(one)) for one in range(this, this - 15, -1)],
        on=visit.query("on"),
        problems=problems,
        figures=figures_of(found),
    )


def _year(text: str, otherwise: int, problems: list[str]) -> int:
    with suppress(InputError):
        return parse_fiscal_year(text, "年度") if text else otherwise
    problems.append("年度が読めません（令和8年度 か 2026 のように書いてください）")
    return otherwise


def _day(text: str, otherwise: date, problems: list[str]) -> date:
    with suppress(InputError):
        return parse_date(text, "日") if text else otherwise
    problems.append("日付が読めません（令和8年6月1日 か 2026-06-01 のように書いてください）")
    return otherwise
