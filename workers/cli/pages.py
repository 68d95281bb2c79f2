"""``renkei pages``: the pages on which partners answer, alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from workers import logs
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings
from workers.settings import Settings


@command(
    name="pages",
    short_help="相手方が回答するページを動かします。",
    help=(
        "相手方が回答するページを動かします。メールのリンクから開く画面で、フォームの入力を受け付けます。"
        "公開する住所は RENKEI_PAGES_URL で決めます（docs/operations.md）。Ctrl-C か SIGTERM で止まります。"
    ),
)
@click.option("--partners", is_flag=True, help="相手方のページだけを動かします（いまはこれだけです）。")
@packs_option
@data_option
def pages(*, partners: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    del partners  # the only face there is
    settings = command_settings(data, packs)
    logs.configure(settings.log_level)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    from workers.pages.app import serve
    from workers.wiring import services

    async with services(settings) as built:
        await serve(built)


commands = [pages]
