"""``renkei backup`` and ``renkei restore``: all that renkei keeps, in one file, and back (ALL-18)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.cli.japanese import command
from workers.cli.options import data_option
from workers.cli.running import command_settings, json_option, show_json
from workers.domain.jst import JST
from workers.errors import PermanentError

if TYPE_CHECKING:
    from workers.settings import Settings

_STOPPED_FOR_BACKUP = ("zeebe", "opensearch", "webapps")
_CAMUNDA_SECONDS = 1800.0

key_option = click.option(
    "--key",
    "key_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="鍵のファイル。あれば暗号化します（--new-key で作ります）。鍵は別の場所に保管してください。",
)


@command(
    short_help="台帳、文書、エンジンを1つのファイルに控えます。",
    help="台帳、文書、預かった回答、送信待ちのメール、手元のエンジンを、1つのファイルに控え、戻せることを確かめます。\n\n"
    "手元のエンジン（8.6）は、止めてから控えます（renkei down）。台帳と文書だけなら、動いたままでも取れます"
    "（--without-engine）。別に用意した Camunda 8.9 は、RENKEI_MANAGEMENT_ADDRESS があれば、Camunda の"
    "バックアップの API に頼み、その番号を控えに書きます。",
)
@click.argument("target", required=False, metavar="FILE", type=click.Path(path_type=Path))
@key_option
@click.option("--without-engine", is_flag=True, help="エンジンを含めません。")
@click.option("--no-check", is_flag=True, help="取ったあと、戻せるかどうかを確かめません。")
@click.option("--verify", "verified", is_flag=True, help="取らずに、前に取った FILE が戻せるかどうかを確かめます。")
@click.option(
    "--new-key", type=click.Path(path_type=Path), metavar="FILE", help="バックアップを暗号化する鍵を作ります。"
)
@json_option
@data_option
def backup(  # noqa: PLR0913 (options)
    *,
    target: Path | None,
    key_file: Path | None,
    without_engine: bool,
    no_check: bool,
    verified: bool,
    new_key: Path | None,
    as_json: bool,
    data: Path | None,
) -> None:
    """Take a backup, or look at one, or make a key."""
    from workers.adapters.backup import sealed, whole

    if new_key is not None:
        sealed.make_key(new_key)
        click.echo(f"鍵を作りました: {new_key}（なくすとバックアップを読めません。別の場所にも保管してください）")
        if target is None:
            return
    settings = command_settings(data)
    if target is None:
        raise click.UsageError("FILE を指定してください", click.get_current_context())
    key = None if key_file is None else sealed.read_key(key_file)
    if verified:
        _show(whole.verify(settings, target, key), target, as_json=as_json, head="戻せることを確かめました")
        return
    with _standing_still(settings, () if without_engine else _STOPPED_FOR_BACKUP, advice=_STOP_OR_LEAVE):
        engine = {"kind": "none"} if without_engine else _engine(settings)
        manifest = whole.take(settings, target, key, engine=engine, now=datetime.now(JST))
        if not no_check:
            whole.verify(settings, target, key)
    _show(manifest, target, as_json=as_json, head="控えました" if no_check else "控え、戻せることを確かめました")
    if key is None and not as_json:
        click.echo("暗号化していません。個人情報が入っているので、置き場所に気をつけてください（--key）。", err=True)


_STOP_OR_LEAVE = "renkei down で止めてから取るか、--without-engine を付けてください"
_STOP = "renkei down で止めてください"


@command(
    short_help="バックアップから戻します。照合が済むまで、メールは出ません。",
    help="バックアップを調べ、傷みがなければ、いまのものと置き換えます（先に renkei down で止めます）。\n\n"
    "戻したあとは、renkei reconcile で台帳とエンジンの違いを見て --confirm とするまで、メールも、回答の引き渡しも、"
    "エンジンへの連絡も止まったままです。",
)
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@key_option
@click.option(
    "--only",
    type=click.Choice(["registry", "engine"]),
    help="台帳と文書だけ（registry）、または手元のエンジンだけ（engine）を戻します。",
)
@click.option("--overwrite", is_flag=True, help="いまあるものを置き換えます。前のものは before-restore-… に移します。")
@json_option
@data_option
def restore(  # noqa: PLR0913 (options)
    *, source: Path, key_file: Path | None, only: str | None, overwrite: bool, as_json: bool, data: Path | None
) -> None:
    """Restore, and note the hold."""
    from workers.adapters.backup import sealed, whole
    from workers.adapters.backup.whole import Wanted

    settings = command_settings(data)
    key = None if key_file is None else sealed.read_key(key_file)
    wanted = Wanted(registry=only != "engine", engine=only != "registry")
    with _standing_still(settings, None, advice=_STOP):
        manifest = whole.restore(settings, source, key, wanted=wanted, overwrite=overwrite, now=datetime.now(JST))
    _show(manifest, source, as_json=as_json, head="戻しました")
    if not as_json:
        click.echo(
            "メールも処理も止めてあります。起動してから renkei reconcile で違いを見て、--confirm で始めてください。"
        )
        if manifest["engine"]["kind"] == "camunda" and wanted.engine:
            click.echo(
                f"エンジンは、Camunda の手引きに従って戻してください（バックアップの番号 "
                f"{manifest['engine']['backup_id']}）。戻したら renkei reconcile --engine-restored "
                f"{manifest['made_at'][:16]} を実行してください。"
            )


def _engine(settings: Settings) -> dict[str, Any]:
    """Return what is told of the engine; Camunda's own backup is taken here."""
    from workers.adapters.camunda.backups import EngineBackups

    if settings.management_address:

        async def ask() -> dict[str, Any]:
            async with EngineBackups.at(settings.management_address) as backups:
                return await backups.take(int(datetime.now(JST).timestamp()), seconds=_CAMUNDA_SECONDS)

        return {"kind": "camunda", **asyncio.run(ask())}
    if settings.gateway_address:
        raise PermanentError(
            "エンジンは別に用意した Camunda です。RENKEI_MANAGEMENT_ADDRESS に管理のポート（9600）を書くか、"
            "--without-engine を付けて、エンジンは Camunda の手引きで控えてください"
        )
    if not (settings.data / "zeebe").is_dir():
        return {"kind": "none"}
    from workers.localstack.distribution import CAMUNDA_VERSION

    return {"kind": "embedded", "version": CAMUNDA_VERSION}


@contextmanager
def _standing_still(settings: Settings, parts: tuple[str, ...] | None, *, advice: str) -> Iterator[None]:
    """Let nobody start the local stack meanwhile; raises PermanentError where these parts (None: any) run."""
    from workers.localstack import lock, processes, state
    from workers.localstack.progress import Reporter

    with lock.locked(settings.data, Reporter()):
        recorded = state.load(settings.data.resolve())
        names = (
            []
            if recorded is None
            else [name for name, handle in recorded.processes.items() if processes.running(handle)]
        )
        running = [name for name in names if parts is None or name in parts]
        if running:
            raise PermanentError(f"動いています: {'、'.join(running)}。{advice}")
        yield


def _show(manifest: dict[str, Any], path: Path, *, as_json: bool, head: str) -> None:
    if as_json:
        show_json(manifest)
        return
    registry, engine = manifest["registry"], manifest["engine"]
    rows = registry["rows"]
    names = {"embedded": f"手元の Camunda {engine.get('version', '')}", "none": "含まない"}
    camunda = f"Camunda のバックアップ {engine.get('backup_id')}"
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[registry["kind"]]
    click.echo(f"{head}: {path}（{path.stat().st_size:,} バイト）")
    click.echo(f"  取った時刻  {manifest['made_at'][:19].replace('T', ' ')}（renkei {manifest['renkei']}）")
    click.echo(
        f"  台帳        {kind}、版 {registry['revision']}。案件 {rows.get('case', 0)} 件、"
        f"協定 {rows.get('agreement', 0)} 件、メール {rows.get('mail', 0)} 通"
    )
    click.echo(f"  ファイル    {manifest['files']} 個、{manifest['bytes']:,} バイト")
    click.echo(f"  エンジン    {names.get(engine['kind'], camunda)}")


commands = [backup, restore]
