"""``renkei format``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import click

from workers.cli.japanese import JapaneseCommand
from workers.cli.options import packs_option
from workers.cli.running import the_settings, together
from workers.jobs.catalog import all_job_types
from workers.lint import formatting, linter
from workers.lint.element_templates.upgrade import Brought, bring_up
from workers.lint.rules.base import name_of

_NOTHING: Final = Brought([], {})
_PATHS = click.Path(path_type=Path)


@click.command(
    name="format",
    cls=JapaneseCommand,
    short_help="図・デシジョン・フォームを Modeler の書き方にそろえます。",
    help="PATH（ファイルかフォルダー）にある図・デシジョン・フォームを、Modeler が保存するとおりの書き方に直します。"
    "\n\nそろえておくと、Modeler で直して保存したときに、直したところだけがファイルの違いになります。"
    "図の中身は変わりません。Modeler が読めないところがあるファイルは、書き直さずに知らせて、終了コード 1 を返します。",
)
@click.argument("paths", nargs=-1, required=True, type=_PATHS, metavar="PATH…")
@click.option(
    "--check", is_flag=True, help="書き直さず、そろっていないファイルを挙げて、あれば終了コード 1 を返します。"
)
@click.option(
    "--upgrade",
    is_flag=True,
    help="その前に、Modeler のテンプレートをパックの今の中身（メール、文書、画面など）に合わせて作り直し、"
    "図のタスクに付いたテンプレートを新しい版にします（付いていないタスクには付けます）。",
)
@packs_option
@click.option("--json", "as_json", is_flag=True, help="JSON で出力します。")
def format_(*, paths: tuple[Path, ...], check: bool, upgrade: bool, packs: tuple[Path, ...], as_json: bool) -> None:
    """Write files as Modeler does, or say which differ."""
    files, _ = linter.collect(paths)
    settings = the_settings(None)
    brought = _NOTHING
    if upgrade:
        folders = together(settings.packs, packs)
        brought = bring_up(files, home=settings.home, packs=folders, job_types=all_job_types(), check=check)
    found = formatting.write(files, cache=settings.cache, say=lambda text: click.echo(text, err=True))
    problems = [written for written in found if written.problem]
    changed = [written for written in found if written.differs]
    if not check:
        for written in changed:
            written.save()
    if as_json:
        told = {
            "files": len(found),
            "changed": [str(written.path) for written in changed],
            "templates": [str(path) for path in brought.written],
            "upgraded": [
                {"file": str(path), "element": one.task.get("id")}
                for path, found in brought.tasks.items()
                for one in found
            ],
            "problems": [{"file": str(written.path), "message": written.problem} for written in problems],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell_brought(brought, check=check)
        _tell(changed, problems, total=len(found), check=check)
    sys.exit(1 if problems or (check and (changed or brought != _NOTHING)) else 0)


def _tell_brought(brought: Brought, *, check: bool) -> None:
    for path in brought.written:
        click.echo(f"{path}: {'テンプレートが古くなっています' if check else 'テンプレートを作り直しました'}")
    for path, found in brought.tasks.items():
        for one in found:
            done = (
                "のテンプレートは今の版ではありません"
                if check
                else f"のテンプレートを版 {one.template['version']} にしました"
            )
            click.echo(f"{path}: {name_of(one.task)}（{one.task.get('id')}）{done}")


def _tell(changed: list[formatting.Written], problems: list[formatting.Written], *, total: int, check: bool) -> None:
    for written in problems:
        click.echo(f"{written.path}: {written.problem}")
    for written in changed:
        click.echo(f"{written.path}: {'Modeler の書き方ではありません' if check else '書き直しました'}")
    if check and changed:
        click.echo("renkei format に同じファイルやフォルダーを渡すと、そろいます")
    same = total - len(changed) - len(problems)
    click.echo(f"そろっているもの {same} 件、{'そろっていないもの' if check else '書き直したもの'} {len(changed)} 件")


commands = (format_,)
