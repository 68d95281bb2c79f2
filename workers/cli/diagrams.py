"""``renkei lint``, ``render`` and ``diff``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from workers.cli.japanese import JapaneseCommand
from workers.cli.running import the_settings, together

_PATHS = click.Path(path_type=Path)


@click.command(
    cls=JapaneseCommand,
    short_help="図・デシジョン・フォーム・市のパックを検査します。",
    help="PATH（ファイルかフォルダー）を検査し、エラーがあれば終了コード 1 を返します。"
    "\n\nBPMN・DMN・フォームの書き方、FEEL 式の先頭の =、知らないジョブ型、つながらないフォーム・デシジョン・プロセス、"
    "宣言のない変数、文面やひな形の不足、図に描かれていない要素、city.toml と departments.csv の誤りを知らせます。",
)
@click.argument("paths", nargs=-1, type=_PATHS, metavar="PATH…")
@click.option("--packs", multiple=True, type=_PATHS, metavar="DIR", help="ほかの場所にある市のパックのフォルダー。")
@click.option("--no-node", is_flag=True, help="Camunda の検査（Node.js）を省き、renkei の規則だけで検査します。")
@click.option("--fresh", is_flag=True, help="前の検査の結果を使わず、変わっていないファイルも検査し直します。")
@click.option(
    "--figures",
    "as_figures",
    is_flag=True,
    help="検査の代わりに、図の段ごとの大きさと込み具合の表を出します。PATH を省くと全部の図です。",
)
@click.option("--strict", is_flag=True, help="--figures で、上限を超える段があれば終了コード 1 を返します。")
@click.option("--json", "as_json", is_flag=True, help="JSON で出力します。")
def lint(  # noqa: PLR0913 (the options of the command)
    *,
    paths: tuple[Path, ...],
    packs: tuple[Path, ...],
    no_node: bool,
    fresh: bool,
    as_figures: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Check files and folders; leave with 1 when there is an error."""
    from workers.lint import linter, report
    from workers.lint.kept import Kept
    from workers.lint.node_rules import Asked

    settings = the_settings(None)
    folders = together(settings.packs, packs)
    if as_figures:
        _figures(paths or (settings.home / "bpmn", *folders), as_json=as_json, strict=strict)
    if not paths:
        raise click.UsageError("検査する PATH を指定してください")
    kept = Kept.of(settings.cache, settings.home, folders, fresh=fresh)
    asked = None
    if not no_node:  # Node.js works beside our own rules
        files, _ = linter.collect(paths)
        asked = Asked(files, cache=settings.cache, say=lambda text: click.echo(text, err=True), kept=kept)
    found = linter.lint(paths, home=settings.home, packs=folders, kept=kept)
    if asked is None:
        found.notes.append("Camunda の検査（--no-node が指定されました）")
    else:
        linter.add_node(found, asked)
    for line in [report.as_json(found)] if as_json else report.as_lines(found):
        click.echo(line)
    sys.exit(0 if found.ok else 1)


def _figures(paths: tuple[Path, ...], *, as_json: bool, strict: bool) -> NoReturn:
    """Print the table of levels and leave."""
    from workers.jobs.catalog import all_job_types
    from workers.lint import figures, linter
    from workers.packs.diagrams import model

    files, _ = linter.collect(paths)
    diagrams = [model.load(path) for path in files if path.suffix == ".bpmn"]
    found = [level for diagram in diagrams for level in figures.levels(diagram, all_job_types())]
    for line in [figures.as_json(found)] if as_json else figures.as_lines(found):
        click.echo(line)
    sys.exit(1 if strict and any(any(level.problems()) for level in found) else 0)


@click.command(
    cls=JapaneseCommand,
    short_help="図とデシジョン表の絵（SVG）を書き出します。",
    help="PATH（ファイルかフォルダー）にある .bpmn と .dmn の絵を、DIR に SVG で書き出します。"
    "\n\nModeler で描いたとおりの配置で、ブラウザーなしで描きます。畳んだ手順の中は 名前-steps.svg に、"
    "手順の名前を付けて描きます（箱を押すと移ります）。フォームの絵は作りません。",
)
@click.argument("paths", nargs=-1, required=True, type=_PATHS, metavar="PATH…")
@click.option("--out", required=True, type=_PATHS, metavar="DIR", help="書き出し先のフォルダー。なければ作ります。")
def render(*, paths: tuple[Path, ...], out: Path) -> None:
    """Write pictures and name the files."""
    from workers.drawing import pages

    for picture in pages.render(paths, out):
        click.echo(str(picture))


@click.command(
    cls=JapaneseCommand,
    short_help="2 つの版の違いを文章と絵で示します。",
    help="OLD と NEW（どちらもファイル、またはどちらもフォルダー）の違いを、要素ごとの文で示します。"
    "\n\n--out を付けると、変更前と変更後の絵を色分けして並べたページ（HTML）も書き出します。"
    "違いがあっても終了コードは 0 です。",
)
@click.argument("old", type=_PATHS, metavar="OLD")
@click.argument("new", type=_PATHS, metavar="NEW")
@click.option("--out", type=_PATHS, metavar="DIR", help="ページを書き出すフォルダー。なければ作ります。")
def diff(*, old: Path, new: Path, out: Path | None) -> None:
    """Say what changed, one sentence a line."""
    from workers.drawing import diff as comparison
    from workers.drawing import pages

    differences = [found for found in comparison.compare(old, new) if not found.is_same]
    if not differences:
        click.echo("違いはありません。")
    for found in differences:
        click.echo(f"{found.name}:")
        for sentence in found.sentences:
            click.echo(f"  {sentence}")
        if found.moved:
            click.echo(f"  図の中で位置が変わった要素: {len(found.moved)} 件")
        if out is not None:
            click.echo(f"  ページ: {pages.write_diff(found, out)}")


commands = (lint, render, diff)
