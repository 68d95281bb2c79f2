"""What became of the offers of a fiscal year, and how long it took (ALL-7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from workers.domain.cities import City
from workers.domain.entities import CaseOutcome
from workers.domain.fiscal import first_day, fiscal_year, last_day
from workers.domain.register import SigningEntry
from workers.usecases.ports import UnitOfWork

OUTCOMES: Final = {
    "signed": "締結",
    "individual": "個別協定",
    "declined": "見送り",
    "withdrawn": "取下げ・中止",
    "running": "進行中",
}
"""What can have become of an offer."""

_OF: Final = {
    CaseOutcome.SIGNED: "signed",
    CaseOutcome.INDIVIDUAL: "individual",
    CaseOutcome.DECLINED: "declined",
    CaseOutcome.WITHDRAWN: "withdrawn",
    CaseOutcome.STOPPED: "withdrawn",
}
GROUPS: Final = {"all": "全体", "field": "連携事項", "department": "担当課"}


@dataclass(kw_only=True)
class SigningCounts:
    """Offers of a year by what became of them; ``days``: from the offer to its end, of those that were signed."""

    offers: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    days: list[int] = field(default_factory=list)

    @property
    def median_days(self) -> int | None:
        """The days that half of the signed ones took at most; None where none was signed."""
        return round(median(self.days)) if self.days else None

    @property
    def longest_days(self) -> int | None:
        """The most days that a signed one took."""
        return max(self.days, default=None)


@dataclass(frozen=True, kw_only=True)
class SigningRow:
    """The offers of a fiscal year in a group and key (a field's number, a department's code)."""

    year: int
    group: str
    key: str
    name: str
    counts: SigningCounts


async def signing_figures(uow: UnitOfWork, city: City, first_year: int, last_year: int) -> list[SigningRow]:
    """Return what became of the offers of fiscal years, by year, group and key; one that was begun by mistake is none.

    An offer of three fields counts in each of them, so the fields' sum is no total.
    """
    entries = await uow.register.signings(city.code, first_day(first_year), last_day(last_year))
    found = {(year, "all", ""): SigningCounts() for year in range(first_year, last_year + 1)}
    for entry in entries:
        for group, key in _keys(entry):
            _count(found.setdefault((fiscal_year(entry.opened_on), group, key), SigningCounts()), entry)
    return [
        SigningRow(year=year, group=group, key=key, name=_name(city, group, key), counts=found[year, group, key])
        for year, group, key in sorted(found, key=_place)
    ]


def _count(counts: SigningCounts, entry: SigningEntry) -> None:
    outcome = "running" if entry.outcome is None else _OF.get(entry.outcome, "declined")
    counts.offers += 1
    counts.outcomes[outcome] += 1
    if outcome == "signed" and entry.closed_on is not None:
        counts.days.append((entry.closed_on - entry.opened_on).days)


def _keys(entry: SigningEntry) -> Iterable[tuple[str, str]]:
    yield "all", ""
    yield from (("field", str(number)) for number in sorted(set(entry.fields)))
    yield from (("department", code) for code in sorted(set(entry.departments)))


def _place(key: tuple[int, str, str]) -> tuple[int, int, int, str]:
    year, group, value = key
    return year, list(GROUPS).index(group), int(value) if group == "field" else 0, value


def _name(city: City, group: str, key: str) -> str:
    if group == "field":
        return next((one.name for one in city.fields if str(one.number) == key), f"分野{key}")
    if group == "department":
        return next((one.name for one in city.departments if one.code == key), key)
    return GROUPS[group]
