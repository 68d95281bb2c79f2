"""The page of commands, from the command line itself."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tests.kit.referencetables import code, plain, table
from workers.cli import SUMMARIES, main


def page() -> str:
    """Return the page."""
    lines = [
        "# コマンド",
        "",
        (
            "`renkei コマンド --help` と同じものです。終了コードは、うまくいけば 0、誤りなら 1、"
            "書き方の誤りなら 2 です。誤りの番号（RK-…）は[エラー](errors.md)にあります。"
        ),
        "",
        *table("コマンド | すること", [(f"[`{name}`](#{name})", what) for name, (_, what) in SUMMARIES.items()]),
    ]
    root = click.Context(main, info_name="renkei")
    for name in SUMMARIES:
        command = main.get_command(root, name)
        assert command is not None
        lines += ["", f"## {name}", "", *_about(command, name, root)]
    return "\n".join(lines)


def _about(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield from plain(command.help or "").split("\n")
    yield ""
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```"
    rows = [record for each in command.get_params(context) if (record := each.get_help_record(context))]
    if rows:
        yield ""
        yield from table("オプション | 意味", [(code(option), plain(what)) for option, what in rows])
    if isinstance(command, click.Group):
        for sub in command.list_commands(context):
            found = command.get_command(context, sub)
            if found is not None:
                yield from ("", f"### {name} {sub}", "")
                yield from _about(found, sub, context)
