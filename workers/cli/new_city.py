"""``renkei new-city``: a working pack to start from."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from workers.cli.japanese import command
from workers.cli.options import packs_option
from workers.cli.running import command_settings, packs_here
from workers.drawing import pages
from workers.errors import InputError
from workers.packs import CityPacks
from workers.packs.new_pack import write_pack
from workers.settings import Settings
from workers.wiring import pack_folders


@command(
    name="new-city",
    short_help="新しい市のパックを作ります。",
    help="CODE（市のコード、例: midori）と NAME（市の名前、例: みどり市）で、そのまま動く市のパックを作ります。"
    "\n\n作られるもの: city.toml、departments.csv、締結の流れの図、画面、判定の表、筋書き、説明。"
    "市に合わせて直し、renkei lint と renkei deploy で確かめます。",
)
@click.argument("code", metavar="CODE")
@click.argument("name", metavar="NAME")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="パックを置くフォルダー。省くとチェックアウトの bpmn/。"
    "今いるフォルダーの packs にすると、あとのコマンドが自分で見つけます。",
)
@packs_option
def new_city(*, code: str, name: str, folder: Path | None, packs: tuple[Path, ...]) -> None:
    """Write the pack with its picture and say how to go on."""
    settings = command_settings(None, packs)
    own = settings.home / "bpmn"
    parent = folder or _checkout(settings)
    known = CityPacks([*pack_folders(settings), parent]).codes()
    made = write_pack(parent, code, name, taken=known)
    pages.render([made], made)
    click.echo(f"{name}のパックを作りました: {made}")
    found = {own.resolve(), *pack_folders(settings), *packs_here(settings.home)}
    outside = "" if parent.resolve() in {path.resolve() for path in found} else f" --packs {shlex.quote(str(parent))}"
    renkei, offer = program(), shlex.quote(str(made / "scenarios" / "offer-example.toml"))
    click.echo("\n次にすること（このフォルダーのまま、下のとおりに打ちます）")
    click.echo(f"  1. {made / 'README.md'} を読み、city.toml と departments.csv を直す")
    click.echo(f"  2. {renkei} lint {shlex.quote(str(made))}{outside}")
    click.echo(f"  3. {renkei} test {code}{outside}")
    click.echo(f"  4. {renkei} up --detach{outside}")
    click.echo(f"  5. {renkei} deploy {code}{outside}")
    click.echo(f"  6. {renkei} start {code} --input {offer}{outside}")


def program() -> str:
    """Return how this program was called, to be typed again; ``renkei`` where it was started in another way."""
    called = sys.argv[0]
    return shlex.quote(called) if Path(called).name == "renkei" else "renkei"


def _checkout(settings: Settings) -> Path:
    """Return where a pack goes by default; raises InputError for an installed program, which brings its own packs."""
    if settings.home.name == "_packs":
        raise InputError("--dir", "パックを置くフォルダーを指定してください")
    return settings.home / "bpmn"


commands = (new_city,)
