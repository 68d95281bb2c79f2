"""``renkei doctor``: is all set up, and if not, what to do."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, show_json

if TYPE_CHECKING:
    from workers.runtime.doctor.findings import Finding
    from workers.settings import Settings

_MARKS = {"good": ("✓", "green"), "note": ("！", "yellow"), "bad": ("✗", "red")}


@command(
    short_help="設定、つながり、証明書、メール、時計、ディスク、権限を調べます。",
    help="設定、市のパック、台帳、エンジン、Tasklist、メールサーバー、証明書、時計、ディスク、権限を調べ、"
    "おかしいところと、どうすればよいかを表示します。何も変えません（--mail のときだけ、試しのメールを1通送ります）。"
    "動かないところがあれば、終了コードは 1 です。",
)
@click.option("--mail", "mail_to", metavar="アドレス", help="このアドレス（所管課など）に、試しのメールを1通送ります。")
@click.option("--city", metavar="CODE", help="試しのメールの差出人にする市。なければ最初の市です。")
@json_option
@packs_option
@data_option
def doctor(*, mail_to: str | None, city: str | None, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """Look at everything, print it, end with 1 where something does not work."""
    settings = command_settings(data, packs)
    found = asyncio.run(_examine(settings, mail_to, city))
    if as_json:
        from dataclasses import asdict

        show_json([asdict(finding) for finding in found])
    else:
        _print(found)
    if any(finding.state == "bad" for finding in found):
        sys.exit(1)


async def _examine(settings: Settings, mail_to: str | None, city: str | None) -> list[Finding]:
    from workers.runtime.doctor.examination import examine
    from workers.wiring import Services, SystemClock

    packs = Services(settings, SystemClock()).packs
    return await examine(settings, packs, os.environ, mail_to=mail_to, city=city, now=SystemClock().now())


def _print(found: list[Finding]) -> None:
    for finding in found:
        mark, colour = _MARKS[finding.state]
        click.echo(f"{click.style(mark, fg=colour)} {finding.part}: {finding.says}")
        if finding.advice:
            click.echo(f"    → {finding.advice}")
    wrong = sum(finding.state == "bad" for finding in found)
    told = sum(finding.state == "note" for finding in found)
    click.echo(f"\n動かないところ {wrong} 件、気をつけるところ {told} 件")


commands = [doctor]
