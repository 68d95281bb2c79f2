"""``renkei publish``: a city's page and open data of a fiscal year (ALL-7)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run, show_json
from workers.domain.fiscal import format_fiscal_year, parse_fiscal_year

if TYPE_CHECKING:
    from workers.wiring import Services


@command(
    short_help="公表するページとオープンデータを作ります。",
    help="CITY（市のコード）の、年度の連携協定の状況を、そのまま市のサイトに置けるページ（index.html）とオープンデータ（CSV）に書き出します。"
    "\n\nCSV は UTF-8、見出しは1行で、日付は和暦と ISO の両方です。"
    "担当者・連絡先などの個人情報と、実績などの文は載りません。"
    "相手方が個人のときは、名前を載せません。",
)
@click.argument("city")
@click.option("--year", required=True, help="年度（令和8年度 でも 2026 でも書けます）。")
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="このフォルダーに書き出します。"
)
@json_option
@packs_option
@data_option
def publish(  # noqa: PLR0913 (one parameter an option)
    *, city: str, year: str, out: Path, as_json: bool, packs: tuple[Path, ...], data: Path | None
) -> None:
    """Write the page and the data."""
    chosen = parse_fiscal_year(year, "--year")

    async def work(services: Services) -> dict[str, Any]:
        from workers.pages.publication import publication, save

        pack = services.packs.city(city)
        async with services.open_unit() as uow:
            made = await publication(uow, pack, chosen)
        return {"year": chosen, "files": [str(path) for path in save(made, out)], **made.counts}

    found = run(command_settings(data, packs), work)
    if as_json:
        show_json(found)
        return
    click.echo(f"{format_fiscal_year(chosen)}: 協定 {found['agreements']} 件、連携事業 {found['projects']} 件")
    for path in found["files"]:
        click.echo(path)


commands = (publish,)
