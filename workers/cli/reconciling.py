"""``renkei reconcile``: what differs after a restore, what to do, and the word that lets work go on (ALL-18)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, json_option, run, show_json
from workers.domain.jst import JST
from workers.errors import InputError

if TYPE_CHECKING:
    from workers.adapters.registry.restores import Restore
    from workers.runtime.reconcile import Comparison, Difference
    from workers.wiring import Services

ALL: Final = "all"
_DROPPED: Final = "復元のあと、送らないことにした"
_HEADS: Final = {
    "unknown-instance": "台帳にない案件",
    "engine-ahead": "エンジンだけで済んでいるもの",
    "missing-instance": "エンジンで動いていない案件",
    "registry-ahead": "台帳だけで済んでいるもの",
    "lost-call": "エンジンが忘れた連絡",
    "waiting-call": "済んだか分からない連絡",
    "held-mail": "送ったか分からないメール",
    "counter": "番号",
}


@dataclass(kw_only=True)
class Orders:
    """What a person asks for."""

    confirm: bool = False
    engine_restored: datetime | None = None
    redo: Sequence[int] = ()
    resend: Sequence[str] = ()
    drop: Sequence[str] = ()
    settle: Sequence[str] = ()
    counters: Sequence[tuple[str, int]] = ()


@dataclass(kw_only=True)
class Result:
    """What was found and done. ``done``: a Japanese line each."""

    restores: list[Restore]
    differences: list[Difference] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)


def _numbers(values: Sequence[str], option: str) -> list[int] | None:
    """Return numbers of mails, None for all of them; raises InputError."""
    if ALL in values:
        return None
    try:
        return [int(value) for value in values]
    except ValueError:
        raise InputError(option, "メールの番号か all を指定してください") from None


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError("--engine-restored", "2026-11-29T23:00 のように書いてください") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=JST)


def _counters(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> list[tuple[str, int]]:
    found = []
    for text in texts:
        name, _, value = text.rpartition("=")
        if not name or not value.isdecimal():
            raise InputError("--counter", f"{text}: 名前=番号 の形で書いてください")
        found.append((name, int(value)))
    return found


@command(
    short_help="復元のあと、台帳とエンジンの違いを表示し、処理を始めます。",
    help="台帳、エンジン、送信待ちを比べ、違いを1つずつ、どうすればよいかと一緒に表示します。\n\n"
    "--confirm とすると、止めてあった処理とメールが始まります。送ったかどうか分からないメールは止めたままで、"
    "--resend か --drop で決めたものだけが動きます。",
)
@click.option("--confirm", is_flag=True, help="違いを見たので、処理を始めます。")
@click.option(
    "--redo", multiple=True, type=int, metavar="番号", help="表示された番号の案件を、台帳にないところからやり直します。"
)
@click.option("--resend", multiple=True, metavar="番号|all", help="止めてあるメールを送ります。")
@click.option("--drop", multiple=True, metavar="番号|all", help="止めてあるメールを送らないことにします。")
@click.option("--settle", multiple=True, metavar="案件|all", help="この案件の新しいメールを、もう止めません。")
@click.option("--counter", "counters", multiple=True, metavar="名前=番号", callback=_counters, help="番号を進めます。")
@click.option(
    "--engine-restored",
    callback=_moment,
    metavar="時刻",
    help="Camunda の手引きでエンジンを戻したとき、その控えの時刻を書きます。処理とメールを止めます。",
)
@json_option
@packs_option
@data_option
def reconcile(  # noqa: PLR0913 (options)
    *,
    confirm: bool,
    redo: tuple[int, ...],
    resend: tuple[str, ...],
    drop: tuple[str, ...],
    settle: tuple[str, ...],
    counters: list[tuple[str, int]],
    engine_restored: datetime | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """Compare, do what is asked for, print it."""
    orders = Orders(
        confirm=confirm,
        engine_restored=engine_restored,
        redo=redo,
        resend=resend,
        drop=drop,
        settle=settle,
        counters=counters,
    )

    async def work(services: Services) -> Result:
        return await carried_out(services, orders)

    found = run(command_settings(data, packs), work)
    if as_json:
        show_json(asdict(found))
    else:
        _print(found)


async def carried_out(services: Services, orders: Orders) -> Result:
    """Compare both sides and do what is asked for; raises InputError, RetryableError, PermanentError."""
    from workers.adapters.registry import restores
    from workers.adapters.registry.compared import RegistryStanding

    if orders.engine_restored is not None:
        hold = restores.Hold(backup_at=orders.engine_restored, registry=False, engine=True)
        await restores.begin_hold(services.engine, hold)
    held = await services.open_restores()
    result = Result(restores=held)
    async with engine_of(services) as engine:
        if held:
            await _note_keys(services, held)
            result.restores = held = await services.open_restores()
        if held or orders.redo:
            await _compare(services, engine, held, orders, result)
    await _decide(services, orders, result)
    result.doubtful = await RegistryStanding(services.engine).doubtful()
    return result


@dataclass(frozen=True, kw_only=True)
class EngineParts:
    """The engine as a comparison asks it."""

    standing: Any
    instances: Any
    tasks: Any


@asynccontextmanager
async def engine_of(services: Services) -> AsyncIterator[EngineParts]:
    """Open the configured engine; its connections end with the block."""
    from workers.adapters.camunda.instances import Instances
    from workers.adapters.camunda.open_tasks import OpenTasks
    from workers.adapters.camunda.rest import RestClient
    from workers.adapters.camunda.standing import EngineStanding
    from workers.adapters.camunda.tasklist import Tasklist

    settings = services.settings
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        yield EngineParts(
            standing=EngineStanding(rest, tasklist),
            instances=Instances(rest, tasklist),
            tasks=OpenTasks(rest, tasklist),
        )


async def _note_keys(services: Services, held: Sequence[Restore]) -> None:
    from workers.runtime.restored import note_keys

    if any(one.engine and one.first_keys is None for one in held):
        await note_keys(services)


async def _compare(
    services: Services, engine: EngineParts, held: Sequence[Restore], orders: Orders, result: Result
) -> None:
    from workers.adapters.registry import restores
    from workers.adapters.registry.compared import RegistryStanding
    from workers.runtime.reconcile import Comparer, redo

    comparison: Comparison = await Comparer(RegistryStanding(services.engine), engine.standing, services.packs).compare(
        held
    )
    result.differences = comparison.differences
    for name, number in comparison.numbers.items():
        await restores.raise_counter(services.engine, name, number)
    for key in orders.redo:
        mended = await redo(comparison, key, engine=engine.instances, tasks=engine.tasks)
        result.done.append(f"案件 {mended.case_id} を「{mended.redo}」からやり直します")
    if orders.confirm:
        for one in held:
            await restores.confirm(services.engine, one, by=commander(), doubtful=comparison.doubtful)
        if held:
            result.done.append("処理とメールを始めました")


async def _decide(services: Services, orders: Orders, result: Result) -> None:
    from workers.adapters.registry import restores

    for name, number in orders.counters:
        await restores.raise_counter(services.engine, name, number)
        result.done.append(f"番号「{name}」を {number} まで進めました")
    deadline = timedelta(hours=services.settings.mail_deadline_hours)
    for values, option, send in ((orders.resend, "--resend", True), (orders.drop, "--drop", False)):
        if values:
            numbers = await restores.decide_mails(
                services.engine, _numbers(values, option), send=send, why=_DROPPED, deadline=deadline
            )
            listed = "、".join(map(str, numbers)) or "なし"
            result.done.append(f"{'送る' if send else '送らない'}ことにしたメール: {listed}")
    if orders.settle:
        count = await restores.settle(services.engine, None if ALL in orders.settle else orders.settle)
        result.done.append(f"新しいメールを止めないことにした案件: {count} 件")


def _print(found: Result) -> None:
    for one in found.restores:
        click.echo(f"{one.said}（{one.at:%Y-%m-%d %H:%M} に復元）")
    if not found.restores:
        click.echo("照合を待っている復元はありません")
    for kind, head in _HEADS.items():
        listed = [difference for difference in found.differences if difference.kind == kind]
        if listed:
            click.echo(f"\n{head}（{len(listed)}）")
        for difference in listed:
            click.echo(f"  {difference.says}\n    → {difference.advice}")
    if found.restores and not found.differences:
        click.echo("違いはありません")
    if found.doubtful:
        names = "、".join(case or "案件のないもの" for case in found.doubtful)
        click.echo(
            f"\n新しいメールも止めている案件: {names}\n    → 前の日に送ったものと重ならないと分かったら --settle"
        )
    for line in found.done:
        click.echo(line)
    if found.restores and "処理とメールを始めました" not in found.done:
        click.echo("\n処理とメールは止まったままです。よければ renkei reconcile --confirm としてください。")


commands = [reconcile]
