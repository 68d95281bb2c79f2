"""What the commands share: settings with ``--data`` and ``--packs``, services for one run, tables."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:  # a command imports what it needs, when it needs it
    from workers.settings import Settings
    from workers.wiring import Services

T = TypeVar("T")

json_option = click.option("--json", "as_json", is_flag=True, help="JSON で出力します。")


def the_settings(data: Path | None) -> Settings:
    """Return the settings as the environment and ``renkei.toml`` give them; raises StackError for a wrong one."""
    from pydantic import ValidationError

    from workers.localstack.errors import StackError
    from workers.settings import Settings

    given: dict[str, Any] = {} if data is None else {"data": data}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        # The value itself stays out of the message: it may be a password.
        names = "、".join(dict.fromkeys(str(problem["loc"][0]) for problem in error.errors()))
        raise StackError(
            f"設定が正しくありません: {names}（環境変数 RENKEI_… か renkei.toml を確かめてください）"
        ) from error
    return settings.model_copy(update={"packs": together(settings.packs, packs_here(settings.home))})


def packs_here(home: Path) -> list[Path]:
    """Return the folder with packs in which the command is given: ``packs`` there, that folder, or the pack's own.

    So nobody has to name it with every command. The project's own packs are known anyway.
    """
    here = Path.cwd()
    found = [folder for folder in (here / "packs", here, here.parent) if _holds_packs(folder, here)]
    return [folder for folder in found[:1] if folder.resolve() != (home / "bpmn").resolve()]


def _holds_packs(folder: Path, here: Path) -> bool:
    if folder == here.parent:  # only from inside one of its packs
        return (here / "city.toml").is_file()
    return folder.is_dir() and any((pack / "city.toml").is_file() for pack in folder.iterdir())


def together(*folders: Sequence[Path]) -> list[Path]:
    """Return folders of packs, each once."""
    return list(dict.fromkeys(path.resolve() for paths in folders for path in paths))


def local_settings(data: Path | None, port_offset: int | None = None, packs: Sequence[Path] = ()) -> Settings:
    """Return the settings for the local stack in ``data``: an offset that is not given is the running stack's.

    ``packs`` are added to those of the environment.

    Raises:
        StackError: A setting is wrong, or ``stack.json`` is damaged.
    """
    from workers.localstack.state import recorded_offset

    given = the_settings(data)
    settings = given.model_copy(update={"packs": together(given.packs, packs)})
    offset = recorded_offset(settings.data) if port_offset is None else port_offset
    return settings if offset is None else settings.model_copy(update={"port_offset": offset})


def command_settings(data: Path | None, packs: Sequence[Path] = ()) -> Settings:
    """Return the settings of a command: those of the running local stack unless the environment says otherwise."""
    return local_settings(data, packs=packs)


def commander() -> str:
    """Return who gave the command, for the history: the user of this machine, whom nobody has typed."""
    import getpass

    try:
        return f"{getpass.getuser()}（renkei コマンド）"
    except (OSError, KeyError):  # a container's user without a name
        return "renkei コマンド"


def run(settings: Settings, work: Callable[[Services], Awaitable[T]]) -> T:
    """Run an async command with services of its own."""
    import asyncio

    from workers.wiring import services

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
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Column, Table

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
