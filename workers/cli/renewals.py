"""``renkei sweep`` and ``renkei notice``: the renewal watch by hand, and notices outside their procedure."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, json_option, run, show_json
from workers.domain.agreements import Side
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.jobs.forms.renewal import command_notice, renewal_variables
from workers.readers.approval import APPROVAL_LEVELS
from workers.settings import Settings
from workers.usecases.sweep import SweepReport, complete_sweep, sweep_batch

if TYPE_CHECKING:
    from workers.wiring import Services

_LINES = (
    ("opened", "更新の手続を始めた協定"),
    ("renewed", "更新を記録した協定"),
    ("not_renewed", "更新しないことを記録した協定"),
    ("told", "更新を知らせた協定"),
    ("expired", "満了を記録した協定"),
    ("cycles", "年度の手続を始めた協定"),
    ("questions", "相手方に連絡先を尋ねた協定"),
    ("restarted", "始め直した手続"),
)


@command(
    short_help="すべての協定の期日を確かめます。",
    help="すべての協定の期日を確かめ、更新、満了、年度の手続を進めます（毎朝の見張りと同じことを手で行います）。"
    "何度実行しても、済んだことは繰り返しません。",
)
@click.option("--on", "on", help="この日までの期日を扱います（省くと今日）。")
@json_option
@data_option
@packs_option
def sweep(*, on: str | None, as_json: bool, data: Path | None, packs: tuple[Path, ...]) -> None:
    """Run the renewal watch by hand (ALL-5)."""
    settings = command_settings(data, packs)
    day = parse_date(on, "--on") if on else None
    report, swept_on = run(settings, lambda services: run_sweep(services, day))
    if as_json:
        show_json({"on": swept_on.isoformat(), **report.as_json()})
    else:
        _show(report, swept_on)
    if report.failed:
        raise SystemExit(1)


async def run_sweep(services: Services, day: date | None) -> tuple[SweepReport, date]:
    """Sweep to the end, a transaction per batch; raises InputError for a day to come on a production engine."""
    today = services.clock.today()
    on = day or today
    _check_day(services.settings, on, today)
    whole, after = SweepReport(), ""
    while True:
        async with services.open_unit() as uow:
            batch = await sweep_batch(uow, on, after=after)
            whole.add(batch)
            if not batch.last_id:
                await complete_sweep(uow, on, whole)
                return whole, on
        after = batch.last_id


def _check_day(settings: Settings, on: date, today: date) -> None:
    if on > today and not settings.local:
        raise InputError("--on", f"{format_wareki(on)} はまだ来ていません。本番のエンジンでは先の日を扱えません")


def _show(report: SweepReport, on: date) -> None:
    click.echo(f"{format_wareki(on)}までの期日を確かめました")
    for name, label in _LINES:
        if done := getattr(report, name):
            click.echo(f"  {label}: {len(done)}件（{'、'.join(done[:20])}）")
    for number, reason in report.failed.items():
        click.echo(f"  確かめられなかった協定 {number}: {reason}", err=True)


@command(
    short_help="更新しない旨の申出を登録します。",
    help="更新しない旨の申出（異議）を登録します。期限内に届いていれば、記録した更新も取り消し、訂正のメールを送ります。"
    "--withdraw を付けると、その申出が今日取り下げられたことと、更新するかどうかの決定を登録します。"
    "市からの申出と、取下げへの対応は市の判断なので、決裁（起案番号、決裁日、決裁区分、決裁者）も要ります。",
)
@click.argument("agreement", metavar="協定番号")
@click.option("--from", "side", type=click.Choice([side.value for side in Side]), required=True, help="申出をした側。")
@click.option("--received", required=True, help="申出が届いた日（入力する日ではありません）。")
@click.option("--reason", default="", help="申出の理由、または取下げへの対応の理由。")
@click.option("--withdraw", is_flag=True, help="その申出の取下げを登録します（--decision が要ります）。")
@click.option(
    "--decision", type=click.Choice(["renew", "expire"]), help="取下げへの対応: 更新する（renew）、しない（expire）。"
)
@click.option("--approval-number", default="", help="決裁の起案番号。")
@click.option("--decided-on", default="", help="決裁日。")
@click.option(
    "--approval-level",
    type=click.Choice(list(APPROVAL_LEVELS)),
    help=f"決裁区分（{'、'.join(f'{level}: {name}' for level, name in APPROVAL_LEVELS.items())}）。",
)
@click.option("--decided-by", default="", help="決裁者の職名。")
@json_option
@data_option
@packs_option
def notice(  # noqa: PLR0913 (one parameter an option)
    *,
    agreement: str,
    side: str,
    received: str,
    reason: str,
    withdraw: bool,
    decision: str | None,
    approval_number: str,
    decided_on: str,
    approval_level: str | None,
    decided_by: str,
    as_json: bool,
    data: Path | None,
    packs: tuple[Path, ...],
) -> None:
    """Enter a notice of non-renewal, or that it was withdrawn (D-4, ALL-5)."""
    if withdraw != (decision is not None):
        raise InputError("--decision", "--withdraw と --decision は一緒に指定してください")
    approval = {
        "number": approval_number,
        "decidedOn": decided_on,
        "class": approval_level,
        "decidedBy": decided_by,
    }

    async def work(services: Services) -> dict[str, Any]:
        async with services.open_unit() as uow:
            uow.by = commander()
            found = await command_notice(
                uow,
                agreement,
                side=side,
                received=received,
                reason=reason,
                approval=approval,
                decision=decision,
            )
            return renewal_variables(found)

    state = run(command_settings(data, packs), work)
    if as_json:
        show_json(state)
    else:
        entered = "申出の取下げを登録しました" if withdraw else "申出を登録しました"
        told = "協定は満了日に終わります" if state["renewalState"] == "blocked" else entered
        click.echo(f"{agreement}: {told}")


commands = (sweep, notice)
