"""The command ``renkei``. A command is imported when it is called: the list of all is shown without any of them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Final

import click

from workers.cli.japanese import COMMANDS, JapaneseGroup
from workers.cli.latelogs import expect_logs

SUMMARIES: Final = {
    "agreement": ("agreement", "1件の協定の期、版、連携事業、手続と、だれが何をしたかを表示します。"),
    "agreements": ("agreements", "協定を探して一覧を表示します。"),
    "attach": ("attaching", "案件にファイルを添付します。--read で相手方の様式を読みます。"),
    "backup": ("backups", "台帳、文書、エンジンを1つのファイルに控えます。"),
    "case": ("cases", "案件の経過、照会、文書、協定を表示します。"),
    "cases": ("cases", "案件の一覧を表示します。"),
    "demo": ("demo", "すべてを起動し、1件の案件を最後まで進めて見せます。"),
    "deploy": ("deploying", "市のパックを検査して Camunda に配備します。"),
    "diff": ("diagrams", "2 つの版の違いを文章と絵で示します。"),
    "dissolution": ("dissolution", "実績のない期間が続き、解除を検討できる協定を表示します。"),
    "doctor": ("doctor", "設定、つながり、証明書、メール、時計、ディスク、権限を調べます。"),
    "down": ("stack", "手元の Camunda 一式を止めます。データは残り、次の renkei up で続きから使えます。"),
    "format": ("formats", "図・デシジョン・フォームを Modeler の書き方にそろえます。"),
    "import": ("importing", "協定の一覧（CSV、Excel）を台帳に取り込みます。"),
    "lint": ("diagrams", "図・デシジョン・フォーム・市のパックを検査します。"),
    "mails": ("mails", "メールの送信の状況を表示します。"),
    "new-city": ("new_city", "新しい市のパックを作ります。"),
    "notice": ("renewals", "更新しない旨の申出を登録します。"),
    "pages": ("pages", "相手方が回答するページと、職員の机を動かします。"),
    "publish": ("publishing", "公表するページとオープンデータを作ります。"),
    "reconcile": ("reconciling", "復元のあと、台帳とエンジンの違いを表示し、処理を始めます。"),
    "render": ("diagrams", "図とデシジョン表の絵（SVG）を書き出します。"),
    "replay": ("trying", "終わった案件を、今の図でもう一度進めて比べます。"),
    "restore": ("backups", "バックアップから戻します。照合が済むまで、メールは出ません。"),
    "start": ("cases", "入力ファイルから締結の案件を始めます。"),
    "stats": ("statistics", "年度ごとの協定と連携事業の数を表示します。"),
    "status": ("stack", "手元の Camunda 一式の状態と、止まっている仕事（インシデント）を表示します。"),
    "sweep": ("renewals", "すべての協定の期日を確かめます。"),
    "sync-groups": ("syncgroups", "Camunda のグループと権限を、departments.csv に合わせます。"),
    "test": ("trying", "市のパックを、配備する前に筋書きで試します。"),
    "up": ("stack", "手元で試すための Camunda 一式を起動します。"),
    "worker": ("worker", "ワーカーを動かします。図のサービスタスクを処理し、メールを送ります。"),
}
"""By the command's name: the module that has it in its ``commands``, and its short help."""


class _Root(JapaneseGroup):
    """Imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click asks with a context)
        """Return the names of all commands."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (as above)
        """Return a command by name."""
        if cmd_name not in SUMMARIES:
            return None
        module = importlib.import_module(f"workers.cli.{SUMMARIES[cmd_name][0]}")
        commands: Sequence[click.Command] = module.commands
        return next(command for command in commands if command.name == cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (as above)
        """Write the commands with their short help."""
        with formatter.section(COMMANDS):
            formatter.write_dl([(name, summary) for name, (_, summary) in SUMMARIES.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments name."""
        if args[0] not in SUMMARIES:
            raise click.UsageError(f"{args[0]} というコマンドはありません", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Root, name="renkei", help="自治体の包括連携協定の事務を Camunda 8 で自動化します。")
@click.version_option(package_name="renkei", message="renkei %(version)s", help="版を表示します。")
def main() -> None:
    """Root of all commands. Unexpected failures are logged without their variables, which may hold personal data."""
    expect_logs("WARNING")
