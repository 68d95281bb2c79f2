"""What a city publishes of a fiscal year: an accessible page and open data, without personal data (ALL-7, ASA-7).

Free texts of results stay inside: what is published of them passes an approval of its own (ASA-8). A partner who is a
person and no body is not named.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from workers.adapters.sheets import write_csv
from workers.domain.activityyears import counts_in, status_in
from workers.domain.agreements import Activity, ActivityStatus
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.cities import City
from workers.domain.fiscal import first_day, fiscal_year, format_fiscal_year, last_day
from workers.domain.register import RegisterEntry, RegisterQuery
from workers.domain.wareki import NEVER, format_wareki
from workers.errors import InputError
from workers.htmlpages import page_templates
from workers.pages.figures import figures_of
from workers.usecases.city_figures import CityFigures, city_figures
from workers.usecases.ports import UnitOfWork
from workers.usecases.signing_figures import OUTCOMES
from workers.usecases.statistics import GROUPS

_TEMPLATES: Final = page_templates(Path(__file__).parent / "templates")
_PERSONS: Final = ("市民", "個人")
_NOT_NAMED: Final = "（個人）"
STATUS_NAMES: Final = {
    ActivityStatus.PLANNED: "予定",
    ActivityStatus.RUNNING: "実施中",
    ActivityStatus.DONE: "実施済み",
    ActivityStatus.CANCELLED: "取りやめ",
}
Row = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A page and its data: ``files`` by name, ``counts`` of what is in them."""

    files: Mapping[str, bytes]
    counts: Mapping[str, int]


async def publication(uow: UnitOfWork, city: City, year: int) -> Publication:
    """Return what there is to publish of a fiscal year; raises InputError where it has not begun.

    The agreements are those that were in force on any day of the year; the page counts those of its last day, or of
    today where it is not over.
    """
    today = uow.clock.today()
    if year > fiscal_year(today):
        raise InputError("--year", f"{format_fiscal_year(year)}はまだ始まっていません")
    figures = await city_figures(uow, city, year, min(last_day(year), today))
    query = RegisterQuery(first=first_day(year), last=last_day(year), city=city.code)
    entries = [entry async for entry in uow.register.entries(query)]
    activities = await uow.activities.of_city(city.code, fiscal_year=year)
    data: dict[str, list[Row]] = {
        "agreements": [_agreement(entry, city) for entry in entries],
        "projects": [_project(one, entries, city, year) for one in activities if counts_in(one, year)],
        "figures": _figures(figures),
        "offers": _offers(figures),
    }
    page = _TEMPLATES.get_template("publication.html.j2").render(
        city=city,
        year_name=format_fiscal_year(year),
        made=format_wareki(today),
        figures=figures_of(figures),
        agreements=data["agreements"],
        files=[(f"{name}.csv", _TITLES[name], len(rows)) for name, rows in data.items() if rows],
    )
    files = {f"{name}.csv": _csv(rows) for name, rows in data.items() if rows}
    return Publication(
        files={"index.html": page.encode(), **files}, counts={name: len(rows) for name, rows in data.items()}
    )


_TITLES: Final = {
    "agreements": "協定の一覧",
    "projects": "連携事業の一覧",
    "figures": "協定と連携事業の数",
    "offers": "申出とその結果",
}


def save(made: Publication, folder: Path) -> list[Path]:
    """Write the files into a folder and return their paths; raises InputError where that is not possible."""
    paths = [folder / name for name in made.files]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, made.files.values(), strict=True):
            path.write_bytes(content)
    except OSError as error:
        raise InputError(str(folder), "書き込めません。フォルダーと権限を確かめてください") from error
    return paths


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    write_csv(text, list(rows[0]), [list(row.values()) for row in rows])
    return text.getvalue().encode("utf-8-sig")


def _agreement(entry: RegisterEntry, city: City) -> Row:
    # Titles repeat a partner's name.
    person = any(word in entry.partner_kind for word in _PERSONS)
    return {
        "番号": entry.number,
        "協定名": entry.title.replace(entry.partner, _NOT_NAMED) if person and entry.partner else entry.title,
        "相手方": _NOT_NAMED if person else entry.partner,
        "相手方の種別": entry.partner_kind,
        "業種": entry.trade,
        "形態": KIND_NAMES.get(entry.kind, entry.kind),
        "連携事項": "、".join(city.field_name(number) for number in entry.fields),
        "所管": _department(city, entry.department),
        **_days("締結日", entry.signed_on),
        **_days("有効期間の始まり", entry.starts_on),
        **_days("満了日", entry.expires_on),
        **_days("終了日", entry.ended_on),
    }


def _project(one: Activity, entries: Iterable[RegisterEntry], city: City, year: int) -> Row:
    entry = next((entry for entry in entries if entry.id == one.agreement_id), None)
    known = _agreement(entry, city) if entry else {"協定名": "", "相手方": ""}
    return {
        "年度": format_fiscal_year(year),
        "年度_西暦": str(year),
        "連携事業": one.title,
        "連携事項": city.field_name(one.field),
        "相手方": known["相手方"],
        "協定名": known["協定名"],
        "担当課": _department(city, one.department),
        "状況": STATUS_NAMES[status_in(one, year)],
        "市の費用負担": "あり" if one.cost_to_city else "なし",
    }


def _figures(found: CityFigures) -> list[Row]:
    return [
        {
            "年度": format_fiscal_year(row.year),
            "年度_西暦": str(row.year),
            "区分": GROUPS[row.group],
            "内訳": row.name,
            "協定": str(row.counts.agreements),
            "締結": str(row.counts.signed),
            "更新": str(row.counts.renewed),
            "終了": str(row.counts.ended),
            "取りやめた協定": str(row.counts.called_off),
            "連携事業": str(row.counts.activities),
            "うち実施済み": str(row.counts.done),
            "うち市の費用負担あり": str(row.counts.with_cost),
        }
        for row in found.rows
        if row.group != "partner"  # each has its line in the list of agreements
    ]


def _offers(found: CityFigures) -> list[Row]:
    return [
        {
            "年度": format_fiscal_year(row.year),
            "年度_西暦": str(row.year),
            "区分": {"all": "全体", "field": "連携事項", "department": "担当課"}[row.group],
            "内訳": row.name,
            "申出": str(row.counts.offers),
            **{name: str(row.counts.outcomes[key]) for key, name in OUTCOMES.items()},
            "締結までの日数_中央値": _number(row.counts.median_days),
            "締結までの日数_最長": _number(row.counts.longest_days),
        }
        for row in found.signings
        if row.counts.offers
    ]


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _days(heading: str, day: date | None) -> Row:
    iso = "" if day in {None, NEVER} else str(day)
    return {heading: format_wareki(day) if day else "", f"{heading}_ISO": iso}


def _department(city: City, code: str) -> str:
    return next((one.name for one in city.departments if one.code == code), city.office.section)
