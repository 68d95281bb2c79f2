"""``renkei sync-groups``: Camunda's groups and permissions follow ``departments.csv``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, show_json

if TYPE_CHECKING:
    from workers.adapters.camunda.identity import Plan
    from workers.packs.access import Access
    from workers.settings import Settings


@command(
    name="sync-groups",
    short_help="Camunda のグループと権限を、departments.csv に合わせます。",
    help="市のパックの departments.csv と図から、Camunda（8.8 以降）に要るグループ、役割、権限を調べ、"
    "足りないものを作ります。何も取り去りません。--dry-run は、することを表示するだけです。"
    "--file は、空の Camunda が最初に読む設定（YAML）を書き出します。",
)
@click.option("--dry-run", is_flag=True, help="何も変えず、することだけを表示します。")
@click.option(
    "--file",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Camunda につながず、application.yaml に加える設定を、このファイルに書きます。",
)
@json_option
@packs_option
@data_option
def sync_groups(*, dry_run: bool, out: Path | None, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """Plan, tell, carry out."""
    import asyncio

    settings = command_settings(data, packs)
    access, cities = _wanted(settings)
    if out is not None:
        from workers.adapters.camunda.identity_file import initialization

        out.write_text(initialization(access), encoding="utf-8")
        click.echo(f"{out} に書きました（グループ {len(access.groups)}、権限 {len(access.grants)}）")
        return
    plan = asyncio.run(_sync(settings, access, cities, dry_run=dry_run, quiet=as_json))
    if as_json:
        show_json({"steps": [step.says for step in plan.steps], "strangers": [group.id for group in plan.strangers]})
        return
    for group in plan.strangers:
        click.echo(
            f"！ グループ {group.id}（{group.name}）は、どの departments.csv にもありません。"
            "要らなければ Admin で消してください"
        )
    _tell_end(plan, dry_run=dry_run)


def _tell_end(plan: Plan, *, dry_run: bool) -> None:
    if not plan.steps:
        click.echo("すでに合っています。")
    elif dry_run:
        click.echo(f"{len(plan.steps)} 件あります。--dry-run を付けずに実行すると行います。")
    else:
        click.echo(f"{len(plan.steps)} 件を行いました。")


def _wanted(settings: Settings) -> tuple[Access, tuple[str, ...]]:
    from workers.packs.access import wanted_access
    from workers.packs.finding import COMMON
    from workers.wiring import Services, SystemClock, pack_folders

    packs = Services(settings, SystemClock()).packs
    common = next((folder / COMMON for folder in pack_folders(settings) if (folder / COMMON).is_dir()), None)
    return wanted_access(packs, common), tuple(packs.codes())


async def _sync(settings: Settings, access: Access, cities: tuple[str, ...], *, dry_run: bool, quiet: bool) -> Plan:
    from workers.adapters.camunda.identity import carry_out, plan_access
    from workers.adapters.camunda.rest import RestClient

    async with RestClient.from_settings(settings) as rest:
        plan = await plan_access(rest, access, cities)
        for step in plan.steps:
            if not quiet:
                click.echo(f"  {step.says}")
            if not dry_run:
                await carry_out(rest, step)
    return plan


commands = [sync_groups]
