"""``renkei format``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from workers.cli.japanese import JapaneseCommand
from workers.lint import formatting, linter
from workers.settings import Settings

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
@click.option("--json", "as_json", is_flag=True, help="JSON で出力します。")
def format_(*, paths: tuple[Path, ...], check: bool, as_json: bool) -> None:
    """Write files as Modeler does, or say which differ."""
    files, _ = linter.collect(paths)
    found = formatting.write(files, cache=Settings().cache, say=lambda text: click.echo(text, err=True))
    problems = [written for written in found if written.problem]
    changed = [written for written in found if written.differs]
    if not check:
        for written in changed:
            written.save()
    if as_json:
        told = {
            "files": len(found),
            "changed": [str(written.path) for written in changed],
            "problems": [{"file": str(written.path), "message": written.problem} for written in problems],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        _tell(changed, problems, total=len(found), check=check)
    sys.exit(1 if problems or (check and changed) else 0)


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
