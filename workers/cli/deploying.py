"""``renkei deploy``: each pack in one call, once or with every saved change."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.packdeploy import deploy_pack
from workers.cli.running import command_settings, run, show_json
from workers.errors import RenkeiError
from workers.packs.closure import COMMON
from workers.settings import Settings
from workers.wiring import Services, services

_POLL_SECONDS: Final = 0.5

_Stamps = dict[Path, tuple[int, int]]


@command(
    short_help="市のパックを検査して Camunda に配備します。",
    help="CITY（市のコード。省くとすべての市と、自分で始まる共通のプロセス）のパックを検査し、"
    "図・フォーム・デシジョンをパックごとに一度に Camunda に配備します。"
    "自分で始まる共通のプロセスだけなら common と書きます。"
    "\n\n検査で誤りが見つかったパックは配備しません。変わったもののないパックはそのままです。"
    "Modeler から個別に配備された図があれば、そのことを知らせて、まとめて配備し直します。"
    "\n\n--preview を付けると、配備されているものとの違い、検査の結果、変わるところを通る筋書き、"
    "進んでいる案件がどうなるかを示すだけで、配備しません。"
    "\n\n--watch を付けると、ファイルを保存するたびに配備し直します。",
)
@click.argument("cities", nargs=-1, metavar="[CITY]…")
@click.option("--watch", is_flag=True, help="ファイルが変わるたびに配備し直します（Ctrl-C で終わり）。")
@click.option("--preview", "previewed", is_flag=True, help="配備せずに、配備すると何が変わるかを示します。")
@click.option("--json", "as_json", is_flag=True, help="--preview を JSON で出力します。")
@packs_option
@data_option
def deploy(  # noqa: PLR0913 (the options of the command)
    *,
    cities: tuple[str, ...],
    watch: bool,
    previewed: bool,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> int:
    """Deploy packs; 1 when one of them was refused."""
    settings = command_settings(data, packs)
    if as_json and not previewed:
        raise click.UsageError("--json は --preview と一緒に使います")
    if previewed:
        return run(settings, lambda built: _preview_all(built, cities, as_json=as_json))
    if watch:
        asyncio.run(_watch(settings, cities))
        return 0
    return run(settings, lambda built: _deploy_all(built, cities))


async def _deploy_all(built: Services, cities: Sequence[str]) -> int:
    """Deploy packs one after the other and tell about each; one pack's mistakes do not hold up the others."""
    failed = False
    for code in cities or [*built.packs.codes(), COMMON]:
        try:
            done = await deploy_pack(built, code)
        except RenkeiError as error:
            failed = True
            click.echo(error.message, err=True)
        else:
            if done is not None:
                click.echo(done.told())
    return int(failed)


async def _preview_all(built: Services, cities: Sequence[str], *, as_json: bool) -> int:
    """Say what deploying would change; 1 when a pack would be refused."""
    from workers.trial.preview import preview  # compares and draws on the linter: not for every deployment

    found = [await preview(built, code) for code in cities or [*built.packs.codes(), COMMON]]
    if as_json:
        show_json([one.as_json() for one in found] if len(cities) != 1 else found[0].as_json())
    else:
        click.echo("\n\n".join("\n".join(one.told()) for one in found))
    return int(any(one.refused for one in found))


async def _watch(settings: Settings, cities: Sequence[str]) -> None:
    """Deploy now and after every change, until Ctrl-C or SIGTERM; these end a waiting call, too."""
    loop, work = asyncio.get_running_loop(), asyncio.current_task()
    assert work is not None  # noqa: S101 (a coroutine runs in a task; tells mypy)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    with suppress(asyncio.CancelledError):
        async with services(settings) as built:
            while True:
                seen = _stamps(settings)
                await _deploy_all(built, cities)
                click.echo("保存を待っています（Ctrl-C で終わり）…")
                await _changed(settings, seen)
    click.echo("終わります")


async def _changed(settings: Settings, seen: _Stamps) -> None:
    """Return once files differ from ``seen`` and nothing more is being written."""
    last = _stamps(settings)
    while True:
        await asyncio.sleep(_POLL_SECONDS)
        now = _stamps(settings)
        if now != seen and now == last:
            return
        last = now


def _stamps(settings: Settings) -> _Stamps:
    """Return what changes with an edit, for every file of packs and templates."""
    found = {}
    for folder in (settings.home / "bpmn", settings.home / "templates", *settings.packs):
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # an editor's file for a moment
                status = path.stat()
                found[path] = (status.st_mtime_ns, status.st_size)
    return found


commands = (deploy,)
