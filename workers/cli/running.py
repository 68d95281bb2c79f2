"""What the commands share: settings with ``--data`` and ``--packs``, services for one run, tables."""

from __future__ import annotations

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table

from workers.cli.stack import local_settings
from workers.settings import Settings
from workers.wiring import Services, services

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="JSON で出力します。")


def command_settings(data: Path | None, packs: Sequence[Path] = ()) -> Settings:
    """Return the settings of a command: those of the running local stack unless the environment says otherwise."""
    return local_settings(data, packs=packs)


def commander() -> str:
    """Return who gave the command, for the history: the user of this machine, whom nobody has typed."""
    try:
        return f"{getpass.getuser()}（renkei コマンド）"
    except (OSError, KeyError):  # a container's user without a name
        return "renkei コマンド"


def run(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    """Run an async command with services of its own."""

    async def main() -> T:
        async with services(settings) as built:
            return await work(built)

    return asyncio.run(main())


def show_json(value: Any) -> None:
    """Print JSON; dates are ISO."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


_NARROWEST = 6
_BORDERS = 3


def show_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, empty: str, whole: Sequence[str] = ()
) -> None:
    """Print rows as a table, or a sentence where there are none.

    ``whole``: the headings of what is copied into other commands, numbers and ids; it is never cut or wrapped, also on
    a screen too narrow for the table.
    """
    if not rows:
        click.echo(empty)
        return
    table = Table(*(Column(heading, no_wrap=heading in whole) for heading in headings))
    for row in rows:
        table.add_row(*row)
    widths = [
        max(cell_len(cell) for cell in (heading, *cells)) if heading in whole else _NARROWEST
        for heading, *cells in zip(headings, *rows, strict=True)
    ]
    console = Console()
    console.width = max(console.width, sum(widths) + _BORDERS * len(widths) + 1)
    console.print(table)
