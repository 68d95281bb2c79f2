"""``renkei up``, ``renkei down``, ``renkei status``: the local stack."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import json_option, local_settings, show_json, the_settings

if TYPE_CHECKING:  # a command imports what it needs: the help is shown without these
    from workers.localstack.control import Stack, StackStatus
    from workers.settings import Settings

_WATCH_SECONDS = 1.0
_COLOURS = {"ready": "green", "starting": "yellow", "killed": "red", "stopped": "dim"}


@command(
    short_help="手元で試すための Camunda 一式を起動します。",
    help="手元で試すための Camunda 一式（OpenSearch、Zeebe、Operate、Tasklist、メール受け、ワーカー）を起動します。",
)
@click.option("--detach", is_flag=True, help="起動したら裏で動かしたまま戻ります。止めるときは renkei down。")
@click.option(
    "--port-offset", type=click.IntRange(0, 30000), help="すべてのポート番号に足す数。二組を並べて動かせます。"
)
@click.option("--only", multiple=True, metavar="名前", help="起動する部品（opensearch zeebe webapps mail worker）。")
@packs_option
@data_option
def up(
    *, detach: bool, port_offset: int | None, only: tuple[str, ...], packs: tuple[Path, ...], data: Path | None
) -> None:
    """Start what is missing; without ``--detach`` stay until Ctrl-C and stop everything then."""
    from workers.localstack.control import Stack
    from workers.localstack.distribution import TRIAL_ONLY

    stack = Stack(local_settings(data, port_offset, packs))
    _end_on_signals()
    try:
        status = stack.up(list(only) or None)
        _print_addresses(status)
        click.echo(TRIAL_ONLY, err=True)
        if not detach:
            _watch(stack)
    except KeyboardInterrupt:
        if not detach:
            click.echo("止めています…", err=True)
            stack.down()
        raise


@command(help="手元の Camunda 一式を止めます。データは残り、次の renkei up で続きから使えます。")
@data_option
def down(*, data: Path | None) -> None:
    """Stop everything in order; nothing stays behind."""
    from workers.localstack.control import Stack

    for title in Stack(the_settings(data)).down():
        click.echo(f"{title} は応答しないので強制終了しました。", err=True)
    click.echo("すべて止まりました。データは残っています。")


@command(
    short_help="手元の Camunda 一式の状態と、止まっている仕事（インシデント）を表示します。",
    help="手元の Camunda 一式の状態を表示します。動いていないものや、止まっている仕事（インシデント）があれば、"
    "終了コードは 1 です。",
)
@json_option
@data_option
def status(*, as_json: bool, data: Path | None) -> None:
    """Say which component runs, is ready, or has ended by itself."""
    from workers.localstack.control import Stack

    settings = local_settings(data)
    found = Stack(settings).status()
    asked = any(part.name == "webapps" and part.state == "ready" for part in found.parts)
    incidents = _standstill(settings) if asked else []
    held = _restored(settings)
    if as_json:
        show_json({**found.to_json(), "incidents": incidents, "restored": held})
    else:
        _print_status(found)
        click.echo("\n".join(held), nl=bool(held))
    works = as_json or _print_worker(found, settings)
    if not as_json:
        _print_incidents(incidents)
    if not (found.ok and works) or incidents or held:
        sys.exit(1)


def _end_on_signals() -> None:
    """Let SIGTERM and SIGHUP do what Ctrl-C does: a supervisor, or a closed terminal, stops a foreground stack."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():  # only there can signals be caught
        signal.signal(signal.SIGTERM, interrupt)
        signal.signal(signal.SIGHUP, interrupt)  # the terminal was closed


def _watch(stack: Stack) -> None:
    """Wait until the stack is stopped from elsewhere; say what ends by itself meanwhile."""
    click.echo("Ctrl-C で止まります。", err=True)
    pause = threading.Event()
    told: set[str] = set()
    while (ended := stack.ended()) is not None:
        for title in set(ended) - told:
            click.echo(f"{title} が異常終了しました。別の端末で `renkei up --detach` を実行すると直ります。", err=True)
        told = set(ended)
        pause.wait(_WATCH_SECONDS)


def _print_addresses(found: StackStatus) -> None:
    addresses = {part.name: part.url for part in found.parts if part.state == "ready"}
    base = addresses.get("webapps", "").removesuffix("/tasklist")
    lines = [f"職員の机  {addresses['pages']}"] if "pages" in addresses else []
    if base:
        lines += [f"Tasklist  {base}/tasklist", f"Operate   {base}/operate", "          利用者名 demo、パスワード demo"]
    if "mail" in addresses:
        lines.append(f"メール    {addresses['mail']}")
    if lines:
        click.echo("\n".join(lines))


def _print_worker(found: StackStatus, settings: Settings) -> bool:
    """Print what the workers say of themselves; returns whether they work, or are not meant to run."""
    if not any(part.name == "worker" and part.pid for part in found.parts):
        return True
    from workers.cli.workerstate import worker_state

    state = worker_state(settings.health)
    click.echo("\n" + "\n".join(state.lines))
    return state.works


def _standstill(settings: Settings) -> list[str] | None:
    from workers.cli.standstill import standstill

    return standstill(settings)


def _restored(settings: Settings) -> list[str]:
    """Return a line for each restore that waits for its confirmation; a registry that is not there yet has none."""
    from workers.cli.held import held_lines

    return held_lines(settings)


def _print_incidents(incidents: list[str] | None) -> None:
    """Print what stands still until a person looks."""
    if incidents is None:
        click.echo("止まっている仕事（インシデント）: Operate から答えがなく、調べられません")
    elif incidents:
        click.echo(f"止まっている仕事（インシデント）: {len(incidents)} 件。直してから、Operate で再試行してください")
        click.echo("\n".join(f"  {line}" for line in incidents))


def _print_status(found: StackStatus) -> None:
    if all(part.state == "stopped" for part in found.parts):
        click.echo("何も動いていません。`renkei up` で起動します。")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("部品", "状態", "pid", "メモリー", "場所"):
        right = heading in {"pid", "メモリー"}
        table.add_column(heading, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for part in found.parts:
        memory = f"{part.memory_mb} MB" if part.memory_mb is not None else ""
        words = f"[{_COLOURS[part.state]}]{part.words}[/]"
        table.add_row(part.title, words, str(part.pid or ""), memory, part.url if part.pid else "")
    Console(highlight=False).print(table)
    for part in found.parts:
        if part.state == "killed":
            click.echo(f"{part.title} は `renkei up` で直ります（記録: {part.log}）。")


commands = [up, down, status]
