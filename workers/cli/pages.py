"""``renkei pages``: the web side alone, partners' pages and staff's desk."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers import logs
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings
from workers.settings import Settings

if TYPE_CHECKING:
    import socket


@command(
    name="pages",
    short_help="相手方が回答するページと、職員の机を動かします。",
    help=(
        "相手方が回答するページ（メールのリンクから開く画面）と、職員の机（作業、案件、台帳の画面）を動かします。"
        "庁外に開くのは相手方のページだけにしたいときは、--partners と --desk で分けて動かします。"
        "住所は RENKEI_PAGES_URL と RENKEI_DESK_URL で決めます（docs/operations.md）。Ctrl-C か SIGTERM で止まります。"
    ),
)
@click.option("--partners", is_flag=True, help="相手方のページだけを動かします。")
@click.option("--desk", is_flag=True, help="職員の机だけを動かします。")
@packs_option
@data_option
def pages(*, partners: bool, desk: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    settings = command_settings(data, packs)
    logs.configure(settings.log_level)
    faces = (partners or not desk, desk or not partners)
    if settings.pages_processes == 1:
        asyncio.run(_serve(settings, *faces))
        return
    from workers.adapters.registry.database import migrate
    from workers.pages.app import pages_port
    from workers.pages.processes import listening_at, run_processes

    migrate(settings.registry_url)  # what is wrong with the registry is told once
    with listening_at(settings.pages_host, pages_port(settings)) as listening:
        run_processes(settings.pages_processes, listening, _share, settings, *faces)


def _share(listening: socket.socket, settings: Settings, partners: bool, desk: bool) -> None:  # noqa: FBT001 (pickled)
    logs.configure(settings.log_level)
    asyncio.run(_serve(settings, partners, desk, listening))


async def _serve(
    settings: Settings,
    partners: bool,  # noqa: FBT001 (as above)
    desk: bool,  # noqa: FBT001 (as above)
    listening: socket.socket | None = None,
) -> None:
    from workers.pages.app import serve
    from workers.wiring import services

    async with services(settings) as built:
        await serve(built, partners=partners, desk=desk, listening=listening)


commands = [pages]
