"""Counts of agreements and projects by fiscal year, field, form, department and partner (ALL-7, ASA-7, CHI-8)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from workers.domain.agreements import ActivityStatus
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.cities import City
from workers.domain.fiscal import first_day, fiscal_year, last_day
from workers.domain.register import ActivityEntry, RegisterEntry, RegisterQuery
from workers.errors import InputError
from workers.usecases.ports import UnitOfWork

GROUPS: Final = {
    "all": "全体",
    "kind": "形態",
    "field": "連携事項",
    "department": "所管",
    "partner-kind": "相手方の種別",
    "trade": "業種",
    "partner": "相手方",
}
"""By what is counted. An agreement of three fields counts in each of them, so the fields' sum is no total."""

_MAXIMUM_YEARS: Final = 50
_UNKNOWN: Final = "（記載なし）"
Key = tuple[str, str, str]
"""Group, key within it, what the key is called."""


@dataclass(kw_only=True)
class Counts:
    """Agreements in force, signed, renewed and ended in a year; projects, those done and those that cost the city.

    A project that was given up is none (CHI-8, ASA-7). ``called_off``: of the agreements, those whose every project of
    the year was given up.
    """

    agreements: int = 0
    called_off: int = 0
    signed: int = 0
    renewed: int = 0
    ended: int = 0
    activities: int = 0
    done: int = 0
    with_cost: int = 0


@dataclass(frozen=True, kw_only=True)
class StatisticsRow:
    """The counts of one fiscal year, group and key (a field's number, a department's code, a partner's name)."""

    year: int
    group: str
    key: str
    name: str
    counts: Counts


async def statistics(uow: UnitOfWork, city: City, first_year: int, last_year: int) -> list[StatisticsRow]:
    """Return the counts of fiscal years, by year, group and key, largest year last.

    In force is an agreement whose term covers any day of the year. Raises InputError for years the wrong way round.
    """
    if not 0 <= last_year - first_year < _MAXIMUM_YEARS:
        raise InputError("年度", f"始まりの年度から終わりの年度まで、{_MAXIMUM_YEARS}年度以内で指定してください")
    rows: list[StatisticsRow] = []
    for year in range(first_year, last_year + 1):
        query = RegisterQuery(first=first_day(year), last=last_day(year), city=city.code)
        tally = await _year(
            city, year, uow.register.entries(query), uow.register.activities(year, year, city=city.code)
        )
        rows += _rows(tally, city, year)
    return rows


def by_year_and_field(rows: Iterable[StatisticsRow], city: City) -> list[dict[str, int]]:
    """Return the table of a guideline's record: a line a year, a number a field (form), and their total (CHI-8).

    ``year``, the fields' numbers as keys, and ``total``. An agreement that was called off is not counted; the total is
    that of the agreements, so it is less than the sum where one has several fields.
    """
    table: dict[int, dict[str, int]] = {}
    for row in rows:
        line = table.setdefault(
            row.year, {"year": row.year, **{str(field.number): 0 for field in city.fields}, "total": 0}
        )
        held = row.counts.agreements - row.counts.called_off
        if row.group == "all":
            line["total"] = held
        elif row.group == "field":
            line[row.key] = held
    return list(table.values())


def count_by_group(entries: Iterable[RegisterEntry], cities: dict[str, City], year: int) -> list[StatisticsRow]:
    """Return how many agreements of a list each group has (ASA-7); ``cities`` by code, ``year`` for the rows."""
    tally: dict[Key, Counts] = {}
    for entry in entries:
        for key in _keys(entry, cities[entry.city]):
            tally.setdefault(key, Counts()).agreements += 1
    return _rows(tally, next(iter(cities.values())), year) if tally else []


async def _year(
    city: City, year: int, entries: AsyncIterator[RegisterEntry], activities: AsyncIterator[ActivityEntry]
) -> dict[Key, Counts]:
    tally: dict[Key, Counts] = {}
    partners: dict[str, list[Key]] = {}
    of: dict[str, list[Key]] = {}
    given_up: dict[str, bool] = {}
    async for entry in entries:
        keys = of[entry.id] = list(_keys(entry, city))
        partners[entry.id] = [key for key in keys if key[0] not in {"all", "field", "department"}]
        for key in keys:
            counts = tally.setdefault(key, Counts())
            counts.agreements += 1
            counts.signed += fiscal_year(entry.signed_on) == year
            counts.renewed += entry.term_number > 1 and fiscal_year(entry.starts_on) == year
            counts.ended += entry.ended_on is not None and fiscal_year(entry.ended_on) == year
    async for activity in activities:
        off = activity.status is ActivityStatus.CANCELLED
        given_up[activity.agreement_id] = off and given_up.get(activity.agreement_id, True)
        if off:
            continue
        own = [_all(), _field(city, activity.field), _department(city, activity.department)]
        for key in (*own, *partners.get(activity.agreement_id, ())):
            counts = tally.setdefault(key, Counts())
            counts.activities += 1
            counts.done += activity.status is ActivityStatus.DONE
            counts.with_cost += activity.cost_to_city
    for key in (key for agreement_id, off in given_up.items() if off for key in of.get(agreement_id, ())):
        tally[key].called_off += 1
    return tally


def _keys(entry: RegisterEntry, city: City) -> Iterator[Key]:
    yield _all()
    yield "kind", entry.kind, KIND_NAMES.get(entry.kind, entry.kind)
    yield from (_field(city, number) for number in entry.fields)
    yield _department(city, entry.department)
    yield "partner-kind", entry.partner_kind, entry.partner_kind or _UNKNOWN
    yield "trade", entry.trade, entry.trade or _UNKNOWN
    yield "partner", entry.partner, entry.partner or _UNKNOWN


def _all() -> Key:
    return "all", "", GROUPS["all"]


def _field(city: City, number: int) -> Key:
    name = next((field.name for field in city.fields if field.number == number), f"分野 {number}")
    return "field", str(number), name


def _department(city: City, code: str) -> Key:
    if not code:
        return "department", "", city.office.section
    return "department", code, next((d.name for d in city.departments if d.code == code), code)


def _rows(tally: dict[Key, Counts], city: City, year: int) -> list[StatisticsRow]:
    groups = list(GROUPS)
    departments = ["", *(department.code for department in city.departments)]

    def place(key: Key) -> tuple[int, int, str]:
        group, value, _ = key
        rank = int(value) if group == "field" else 0
        if group == "department" and value in departments:
            rank = departments.index(value)
        return groups.index(group), rank, value

    return [
        StatisticsRow(year=year, group=key[0], key=key[1], name=key[2], counts=tally[key])
        for key in sorted(tally, key=place)
    ]
