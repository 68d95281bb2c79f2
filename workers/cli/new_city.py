"""``renkei new-city``: a working pack to start from."""

from __future__ import annotations

from pathlib import Path

import click

from workers.cli.japanese import command
from workers.cli.options import packs_option
from workers.cli.running import command_settings
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
    help="パックを置くフォルダー。省くとチェックアウトの bpmn/。ほかの場所なら、あとのコマンドに --packs で渡します。",
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
    outside = "" if parent.resolve() == own.resolve() else f" --packs {parent}"
    click.echo("\n次にすること")
    click.echo(f"  1. {made / 'README.md'} を読み、city.toml と departments.csv を直す")
    click.echo(f"  2. renkei lint {made}{outside}")
    click.echo(f"  3. renkei deploy {code}{outside}")
    click.echo(f"  4. renkei start {code} --input {made / 'scenarios' / 'offer-example.toml'}{outside}")


def _checkout(settings: Settings) -> Path:
    """Return where a pack goes by default; raises InputError for an installed program, which brings its own packs."""
    if settings.home.name == "_packs":
        raise InputError("--dir", "パックを置くフォルダーを指定してください")
    return settings.home / "bpmn"


commands = (new_city,)
