"""``renkei dissolution``: which agreements have gone long without a record (D-8)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run
from workers.cli.tables import Output
from workers.domain.wareki import format_wareki, parse_date
from workers.usecases.dissolution import Standing, dissolution_report

if TYPE_CHECKING:
    from workers.wiring import Services

_COLUMNS = (
    ("agreement_id", "協定番号"),
    ("partner", "相手方"),
    ("last", "最後の実績"),
    ("excluded_periods", "除いた期間"),
    ("from", "検討できる日"),
    ("state", "状態"),
)


@command(
    short_help="実績のない期間が続き、解除を検討できる協定を表示します。",
    help="CITY（市のコード）の効力のある協定について、実績のない期間を数え、解除を検討できるものから順に表示します。"
    "\n\n決めることはしません。解除の手続は、Tasklist の「協定の解除」で人が始めます。",
)
@click.argument("city")
@click.option("--on", "on", help="この日で数えます（省くと今日）。")
@json_option
@packs_option
@data_option
def dissolution(*, city: str, on: str | None, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """List how the agreements stand; decides nothing."""
    day = parse_date(on, "--on") if on else None

    async def work(services: Services) -> list[Standing]:
        async with services.open_unit() as uow:
            return await dissolution_report(uow, services.packs.city(city), day or services.clock.today())

    found = run(command_settings(data, packs), work)
    rows = [
        {
            **asdict(row),
            "last": format_wareki(row.last_record)
            if row.last_record
            else f"なし（締結 {format_wareki(row.signed_on)}）",
            "from": format_wareki(row.candidate_from) if row.candidate_from else "",
            "state": "検討できる" if row.candidate else "事業が続いている" if row.running else "",
        }
        for row in found
    ]
    Output(title="解除", columns=_COLUMNS, rows=rows, empty="効力のある協定はありません").show(as_json=as_json)


commands = (dissolution,)
