"""``renkei mails``: what was sent, is queued, failed, and why."""

from __future__ import annotations

from collections import Counter
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.adapters.mail.titles import mail_title
from workers.cli.japanese import JapaneseCommand, JapaneseGroup
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, json_option, run, show_json, show_table
from workers.errors import InputError, InputErrors

if TYPE_CHECKING:
    from workers.wiring import Services

STATUS_NAMES = {
    "queued": "送信待ち",
    "sending": "送信中",
    "sent": "送信済み",
    "failed": "送れなかった",
    "bounced": "宛先不明",
    "held": "復元のあと止めている",
}


@click.group(
    cls=JapaneseGroup,
    invoke_without_command=True,
    short_help="メールの送信の状況を表示します。",
    help="送ったメール、送信待ちのメール、送れなかったメールとその理由を表示します。",
)
@click.option("--case", "case_id", help="この案件のメールだけ。")
@json_option
@packs_option
@data_option
@click.pass_context
def mails(
    context: click.Context, *, case_id: str | None, as_json: bool, packs: tuple[Path, ...], data: Path | None
) -> None:
    """List the outbox, unless a command about it follows."""
    if context.invoked_subcommand is not None:
        return

    async def work(services: Services) -> list[dict[str, Any]]:
        return await mail_rows(services, case_id)

    rows = run(command_settings(data, packs), work)
    if as_json:
        show_json(rows)
        return
    columns = ("id", "case", "kind_name", "recipient", "status_name", "sent_at", "error")
    headings = ("番号", "案件", "種類", "宛先", "状態", "送信", "理由")
    cells = [[str(row[c] or "") for c in columns] for row in rows]
    show_table(headings, cells, empty="メールはまだありません", whole=("番号", "案件"))


async def mail_rows(services: Services, case_id: str | None) -> list[dict[str, Any]]:
    """Return the outbox's mails, of one case where given."""
    kind_name = cache(partial(_kind_name, services))
    return [
        {
            "id": mail.id,
            "case": mail.case_id,
            "kind": mail.kind,
            "kind_name": kind_name(mail.city, mail.kind),
            "recipient": mail.recipient,
            "status": str(mail.status),
            "status_name": STATUS_NAMES.get(str(mail.status), str(mail.status)),
            "attempts": mail.attempts,
            "sent_at": mail.sent_at.isoformat(timespec="seconds") if mail.sent_at else None,
            "error": mail.last_error,
            "message_id": mail.message_id,
        }
        for mail in await services.mails.list()
        if case_id in (None, mail.case_id)
    ]


def _kind_name(services: Services, code: str, template: str) -> str:
    try:
        city = services.packs.city(code)
    except (InputError, InputErrors):  # its pack is gone or has a mistake: the list of mails is shown all the same
        return template
    return mail_title(services.templates, city, template)


_TAKEN_NAMES = {
    "undelivered": "届かなかったと分かり、所管課に伝えたもの",
    "delayed": "まだ送り直しが続いているもの（経過に記録）",
    "known": "前に読んだもの",
    "nothing": "することのないもの（届いた知らせなど）",
}


@mails.command(
    cls=JapaneseCommand,
    name="returned",
    short_help="届かなかったメールの知らせを読みます。",
    help="メールサーバーから戻ってきた知らせ（配送状況通知）を、Maildir のフォルダーか、"
    "メールのファイル（mbox、1通）から読みます。"
    "届かなかったメールは、所管課の仕事「不達のメールに対応する」になります。同じ知らせを何度読んでも、1度だけ扱います。\n\n"
    "知らせがファイルにないときは、--mail に番号（renkei mails の左端）、--reason に理由を書きます。",
)
@click.argument("source", required=False, metavar="MAILDIR|FILE", type=click.Path(path_type=Path))
@click.option("--mail", "mail_id", type=int, help="戻ってきたメールの番号。ファイルの代わりに指定します。")
@click.option("--reason", default="", help="届かなかった理由（--mail と一緒に）。")
@packs_option
@data_option
def returned(
    *, source: Path | None, mail_id: int | None, reason: str, packs: tuple[Path, ...], data: Path | None
) -> None:
    """Read reports of undelivered mails, or enter one by hand."""
    if (source is None) == (mail_id is None):
        raise click.UsageError("MAILDIR|FILE か --mail のどちらか1つを指定してください", click.get_current_context())

    from workers.runtime.returns import Reading, read_returned
    from workers.usecases.returned_mails import Taken, enter_returned

    async def work(services: Services) -> Reading:
        if source is not None:
            return await read_returned(services.open_unit, source)
        async with services.open_unit() as uow:
            uow.by = commander()
            return Reading(taken=Counter([await enter_returned(uow, mail_id or 0, reason)]))

    found = run(command_settings(data, packs), work)
    for kind, name in _TAKEN_NAMES.items():
        if count := found.taken[Taken(kind)]:
            click.echo(f"{name}: {count}件")
    if not found.taken and not found.not_understood:
        click.echo("新しい知らせはありません")
    if found.not_understood:
        listed = "、".join(found.not_understood[:_NAMED])
        raise InputError(
            str(source),
            f"{len(found.not_understood)}通は、送ったメールの知らせとして読めません。開いて確かめてください: {listed}",
        )


_NAMED = 10
commands = (mails,)
