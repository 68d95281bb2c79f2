"""``renkei mails``: what was sent, is queued, failed, and why."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.adapters.mail.titles import mail_title
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run, show_json, show_table
from workers.errors import InputError, InputErrors

if TYPE_CHECKING:
    from workers.wiring import Services

STATUS_NAMES = {
    "queued": "送信待ち",
    "sending": "送信中",
    "sent": "送信済み",
    "failed": "送れなかった",
    "bounced": "宛先不明",
}


@command(
    short_help="メールの送信の状況を表示します。",
    help="送ったメール、送信待ちのメール、送れなかったメールとその理由を表示します。",
)
@click.option("--case", "case_id", help="この案件のメールだけ。")
@json_option
@packs_option
@data_option
def mails(*, case_id: str | None, as_json: bool, packs: tuple[Path, ...], data: Path | None) -> None:
    """List the outbox."""

    async def work(services: Services) -> list[dict[str, Any]]:
        return await mail_rows(services, case_id)

    rows = run(command_settings(data, packs), work)
    if as_json:
        show_json(rows)
        return
    columns = ("case", "kind_name", "recipient", "status_name", "sent_at", "error")
    headings = ("案件", "種類", "宛先", "状態", "送信", "理由")
    cells = [[str(row[c] or "") for c in columns] for row in rows]
    show_table(headings, cells, empty="メールはまだありません", whole=("案件",))


async def mail_rows(services: Services, case_id: str | None) -> list[dict[str, Any]]:
    """Return the outbox's mails, of one case where given."""
    kind_name = cache(partial(_kind_name, services))
    return [
        {
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


commands = (mails,)
