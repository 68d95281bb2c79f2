"""A city's figures as charts with their tables, for the desk and for the publication (ALL-7, ASA-7, CHI-8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from workers.domain.fiscal import format_fiscal_year
from workers.domain.wareki import format_wareki
from workers.drawing.charts import Series, stacked_bars
from workers.usecases.city_figures import CityFigures
from workers.usecases.signing_figures import OUTCOMES, SigningRow
from workers.usecases.statistics import GROUPS, StatisticsRow

_MOST_PARTS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart and its table; ``svg`` is empty where the table says it all."""

    title: str
    note: str
    svg: Markup
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def figures_of(found: CityFigures) -> list[Figure]:
    """Return all figures, those of agreements first; one without a single number is left out."""
    shown = [_agreements(found), _of_the_day(found), _fields(found), _signings(found), *_signings_by(found)]
    shown += [_activities(found), _departments(found)]
    return [figure for figure in shown if figure.rows]


def _years(found: CityFigures) -> list[int]:
    return list(range(found.first_year, found.year + 1))


def _all_years(found: CityFigures) -> list[StatisticsRow]:
    known = {row.year: row for row in found.of("all")}
    return [known[year] for year in _years(found) if year in known]


def _agreements(found: CityFigures) -> Figure:
    rows = _all_years(found)
    parts = [
        Series(name="前の年度から続くもの", values=[row.counts.agreements - row.counts.signed for row in rows]),
        Series(name="新しく締結したもの", values=[row.counts.signed for row in rows]),
    ]
    return _figure(
        "効力のあった協定",
        "年度のうち1日でも効力のあった協定の数です。",
        _labels(rows),
        parts,
        ("年度", "協定", "うち新しく締結", "うち更新", "うち終了"),
        [(row.counts.agreements, row.counts.signed, row.counts.renewed, row.counts.ended) for row in rows],
    )


def _of_the_day(found: CityFigures) -> Figure:
    """Return what is in force on the day, by group (ASA-7)."""
    day, since = format_wareki(found.on), format_wareki(found.since)
    groups = [row for row in found.groups if row.group in {"kind", "department", "partner-kind", "trade"}]
    rows = [
        ("全体", f"{day}に効力のある協定", f"{len(found.in_force):,}"),
        ("全体", f"うち{since}以降に締結したもの", f"{found.newly_signed:,}"),
        *((GROUPS[row.group], row.name, f"{row.counts.agreements:,}") for row in groups),
    ]
    return Figure(
        title=f"{day}の協定",
        note=f"{day}に効力のある協定は{len(found.in_force):,}件、うち{since}以降に締結したものは"
        f"{found.newly_signed:,}件です。",
        svg=Markup(),
        headings=("区分", "内訳", "協定の数"),
        rows=rows if found.in_force else (),
    )


def _fields(found: CityFigures) -> Figure:
    """Return the table of years and fields; one bar a year where every agreement has one field (CHI-8)."""
    fields = found.city.fields
    lines = [line for line in found.by_field if line["total"]]
    single = all(line["total"] == sum(line[str(one.number)] for one in fields) for line in lines)
    name = "形態" if single else "連携事項"
    headings = ("年度", *(one.name.removesuffix("に関すること") for one in fields), "合計" if single else "協定の数")
    table = [(*(line[str(one.number)] for one in fields), line["total"]) for line in lines]
    years = [format_fiscal_year(line["year"]) for line in lines]
    if single and len(fields) <= _MOST_PARTS:
        parts = [Series(name=one.name, values=[line[str(one.number)] for line in lines]) for one in fields]
        return _figure(f"{name}別の件数", "取りやめたものは数えません。", years, parts, headings, table)
    newest = lines[-1:] or [dict.fromkeys((str(one.number) for one in fields), 0)]
    part = Series(name="協定", values=[newest[0][str(one.number)] for one in fields])
    figure = _figure(
        f"{name}別の協定の数",
        "複数の連携事項をもつ協定は、それぞれに数えます。" + (f"図は{years[-1]}です。" if years else ""),
        list(headings[1:-1]),
        [part],
        headings,
        (),
    )
    return Figure(title=figure.title, note=figure.note, svg=figure.svg, headings=headings, rows=_rows(years, table))


def _signings(found: CityFigures) -> Figure:
    rows = [row for row in found.signings if row.group == "all"]
    parts = [Series(name=name, values=[row.counts.outcomes[key] for row in rows]) for key, name in OUTCOMES.items()]
    return _figure(
        "申出と、その結果",
        "年度のうちに受けた申出が、どうなったかです。日数は、申出から案件を閉じるまでです。",
        [format_fiscal_year(row.year) for row in rows],
        parts,
        ("年度", "申出", *OUTCOMES.values(), "締結までの日数（中央値）", "締結までの日数（最長）"),
        [_signing_cells(row) for row in rows] if any(row.counts.offers for row in rows) else (),
    )


def _signings_by(found: CityFigures) -> list[Figure]:
    """Return the offers of the newest year by field and by department."""
    figures = []
    for group, title in (("field", "連携事項ごとの申出"), ("department", "担当課ごとの申出")):
        rows = [row for row in found.signings if row.group == group and row.year == found.year]
        cells = [(row.name, *map(_cell, _signing_cells(row))) for row in rows]
        figures.append(
            Figure(
                title=title,
                note=f"{format_fiscal_year(found.year)}に受けた申出です。1つの申出を、あてはまるものすべてに数えます。",
                svg=Markup(),
                headings=("内訳", "申出", *OUTCOMES.values(), "締結までの日数（中央値）", "締結までの日数（最長）"),
                rows=cells,
            )
        )
    return figures


def _activities(found: CityFigures) -> Figure:
    rows = _all_years(found)
    parts = [
        Series(name="実施済み", values=[row.counts.done for row in rows]),
        Series(name="予定・実施中", values=[row.counts.activities - row.counts.done for row in rows]),
    ]
    return _figure(
        "連携事業",
        "取りやめたものは数えません。年度をまたぐものは、それぞれの年度に数えます。",
        _labels(rows),
        parts,
        ("年度", "連携事業", "うち実施済み", "うち市の費用負担あり"),
        [(row.counts.activities, row.counts.done, row.counts.with_cost) for row in rows],
    )


def _departments(found: CityFigures) -> Figure:
    rows = found.of("department", found.year)
    parts = [
        Series(name="協定", values=[row.counts.agreements for row in rows]),
    ]
    return _figure(
        "所管ごとの協定と連携事業",
        f"{format_fiscal_year(found.year)}です。図は協定の数です。",
        [row.name for row in rows],
        parts,
        ("所管", "協定", "連携事業", "うち実施済み"),
        [(row.counts.agreements, row.counts.activities, row.counts.done) for row in rows],
    )


def _figure(  # noqa: PLR0913, PLR0917 (what a chart and its table consist of)
    title: str,
    note: str,
    labels: Sequence[str],
    parts: Sequence[Series],
    headings: Sequence[str],
    table: Sequence[Sequence[int | None]],
) -> Figure:
    some = any(value for part in parts for value in part.values)
    said = "、".join(f"{label} {sum(part.values[place] for part in parts)}件" for place, label in enumerate(labels))
    drawn = stacked_bars(title, said, labels, parts, unit="件") if some else ""
    # Made of escaped texts and numbers alone.
    svg = Markup(drawn)  # noqa: S704
    return Figure(title=title, note=note, svg=svg, headings=headings, rows=_rows(labels, table))


def _rows(labels: Sequence[str], table: Sequence[Sequence[int | None]]) -> list[tuple[str, ...]]:
    return [(label, *map(_cell, cells)) for label, cells in zip(labels, table, strict=False)]


def _cell(value: int | None) -> str:
    return "―" if value is None else f"{value:,}"


def _signing_cells(row: SigningRow) -> tuple[int | None, ...]:
    counts = row.counts
    return counts.offers, *counts.outcomes.values(), counts.median_days, counts.longest_days


def _labels(rows: Sequence[StatisticsRow]) -> list[str]:
    return [format_fiscal_year(row.year) for row in rows]
