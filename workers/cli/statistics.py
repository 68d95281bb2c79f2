"""``renkei stats``: counts for publication."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run
from workers.cli.tables import Output
from workers.domain.cities import City
from workers.domain.fiscal import format_fiscal_year, parse_fiscal_year
from workers.usecases.statistics import GROUPS, StatisticsRow, by_year_and_field, statistics

if TYPE_CHECKING:
    from workers.wiring import Services

_COLUMNS = (
    ("year_name", "年度"),
    ("group_name", "区分"),
    ("name", "内訳"),
    ("agreements", "協定"),
    ("signed", "締結"),
    ("renewed", "更新"),
    ("ended", "終了"),
    ("activities", "連携事業"),
    ("done", "うち実施済み"),
    ("with_cost", "うち市の費用負担あり"),
    ("called_off", "取りやめた協定"),
)
_EMPTY = "この年度に効力のあった協定はありません"


@command(
    short_help="年度ごとの協定と連携事業の数を表示します。",
    help="CITY（市のコード）の、年度ごとの協定と連携事業の数を、形態・連携事項・所管・相手方ごとに表示します。"
    "\n\n協定の数は、その年度に1日でも効力があったものの数です。複数の連携事項をもつ協定は、それぞれに数えます。"
    "\n\n--table は、年度ごとに連携事項（実施形態）別の件数と合計を1行に並べます。取りやめたものは数えません。"
    "\n\n公表用のファイルは --out 名前.csv か --out 名前.xlsx で作ります。",
)
@click.argument("city")
@click.option("--year", required=True, help="年度（令和8年度 でも 2026 でも書けます）。")
@click.option("--from", "from_year", help="この年度から --year の年度までを並べます。")
@click.option("--by", type=click.Choice(list(GROUPS)), help="この区分だけを表示します。")
@click.option("--table", "as_table", is_flag=True, help="年度と連携事項（実施形態）の表にします。")
@click.option("--csv", "as_csv", is_flag=True, help="CSV で標準出力に書きます。")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Excel のファイルに書きます。")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="ファイルに書きます（.csv か .xlsx）。")
@json_option
@packs_option
@data_option
def stats(  # noqa: PLR0913 (one parameter an option)
    *,
    city: str,
    year: str,
    from_year: str | None,
    by: str | None,
    as_table: bool,
    as_csv: bool,
    xlsx: Path | None,
    out: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """Count agreements and projects by fiscal year."""
    last = parse_fiscal_year(year, "--year")
    first = parse_fiscal_year(from_year, "--from") if from_year else last

    async def work(services: Services) -> tuple[City, list[StatisticsRow]]:
        found = services.packs.city(city)
        async with services.open_unit() as uow:
            return found, await statistics(uow, found, first, last)

    pack, every = run(command_settings(data, packs), work)
    output = _table(pack, every) if as_table else _list(every, by)
    if out is not None:
        output.save(out)
    else:
        output.show(as_csv=as_csv, xlsx=xlsx, as_json=as_json)


def _table(city: City, rows: list[StatisticsRow]) -> Output:
    columns = (
        ("year_name", "年度"),
        *((str(field.number), field.name) for field in city.fields),
        ("total", "合計"),
    )
    return Output(
        title="統計",
        columns=columns,
        rows=[{**line, "year_name": format_fiscal_year(line["year"])} for line in by_year_and_field(rows, city)],
        screen=tuple(key for key, _ in columns),
        empty=_EMPTY,
    )


def _list(every: list[StatisticsRow], by: str | None) -> Output:
    rows = [row for row in every if by in {None, row.group}]
    return Output(
        title="統計",
        columns=_COLUMNS,
        rows=[
            {
                "year": row.year,
                "year_name": format_fiscal_year(row.year),
                "group": row.group,
                "group_name": GROUPS[row.group],
                "key": row.key,
                "name": row.name,
                **asdict(row.counts),
            }
            for row in rows
        ],
        screen=("year_name", "group_name", "name", "agreements", "signed", "ended", "activities"),
        empty=_EMPTY,
    )


commands = (stats,)
