"""A city's figures of some fiscal years: what the desk's page and the publication show (ALL-7, ASA-7, CHI-8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from workers.domain.cities import City
from workers.domain.fiscal import fiscal_year
from workers.domain.register import RegisterEntry, RegisterQuery
from workers.domain.terms import months_before
from workers.usecases.ports import UnitOfWork
from workers.usecases.signing_figures import SigningRow, signing_figures
from workers.usecases.statistics import StatisticsRow, by_year_and_field, count_by_group, statistics

YEARS = 5
"""So many fiscal years stand side by side."""
_A_YEAR = 12


@dataclass(frozen=True, kw_only=True)
class CityFigures:
    """Figures of the fiscal years from ``first_year`` to ``year``.

    ``in_force``: the agreements of the day ``on``, oldest first; ``since``: the day from which one counts as newly
    signed, a year before. ``by_field``: a line a year, see ``by_year_and_field``.
    """

    city: City
    first_year: int
    year: int
    on: date
    since: date
    rows: list[StatisticsRow]
    signings: list[SigningRow]
    in_force: list[RegisterEntry]
    groups: list[StatisticsRow]
    by_field: list[dict[str, int]]

    @property
    def newly_signed(self) -> int:
        """How many of the day's agreements were signed within the year before it (ASA-7)."""
        return sum(entry.signed_on >= self.since for entry in self.in_force)

    def of(self, group: str, year: int | None = None) -> list[StatisticsRow]:
        """Return the rows of a group, of every year or of one."""
        return [row for row in self.rows if row.group == group and year in {None, row.year}]


async def city_figures(uow: UnitOfWork, city: City, year: int, on: date, *, years: int = YEARS) -> CityFigures:
    """Return the figures of the ``years`` fiscal years that end with ``year``, and of the agreements of a day."""
    first = year - years + 1
    rows = await statistics(uow, city, first, year)
    query = RegisterQuery(first=on, last=on, city=city.code)
    in_force = [entry async for entry in uow.register.entries(query)]
    return CityFigures(
        city=city,
        first_year=first,
        year=year,
        on=on,
        since=months_before(on, _A_YEAR) + timedelta(days=1),
        rows=rows,
        signings=await signing_figures(uow, city, first, year),
        in_force=in_force,
        groups=count_by_group(in_force, {city.code: city}, fiscal_year(on)),
        by_field=by_year_and_field(rows, city),
    )
