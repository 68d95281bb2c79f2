"""``renkei import``: the offices' own lists."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workers.adapters.listfiles import open_rows
from workers.adapters.sheets import safe_cell
from workers.cli.importreport import preview_lines, result_lines, summary
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, commander, json_option, run, show_json
from workers.domain.cities import City
from workers.errors import InputError, InputErrors
from workers.readers.inputs import FieldError
from workers.readers.listcells import Unwritten
from workers.readers.listcolumns import COLUMNS, UNUSED
from workers.readers.listheader import read_choices
from workers.readers.listperiods import read_unwritten
from workers.usecases.import_agreements import ImportOptions, ImportResult, RefusedRow, import_agreements

if TYPE_CHECKING:
    from workers.wiring import Services

_PROGRESS_ROWS = 10_000
_REFUSED_COLUMNS = ("行", "誤り")


@command(
    name="import",
    short_help="協定の一覧（CSV、Excel）を台帳に取り込みます。",
    help="所管課が持っている協定の一覧を台帳に取り込みます。CSV（UTF-8、Shift_JIS、UTF-16）と Excel ブックを読めます。"
    "日付は 令和8年4月1日、R8.4.1、平30.3.26、20260401、2026-04-01 などのどれでも書けます。"
    f"\n\n列の見出し: {'、'.join(column.heading for column in COLUMNS)}。"
    "協定名・相手方・締結日・連携事項は欠かせません。番号の列のない一覧は、協定名・相手方・締結日で見分けます。"
    "\n\n誤りのある行が1つでもあれば、行と列を挙げて知らせ、何も取り込みません（--skip-bad を付けたときを除く）。"
    "台帳にある協定は、そのまま残して違うところを挙げます。--correct を付けると、一覧のとおりに直します。"
    "\n\n初めての一覧は --preview で、列の読み方と結果を確かめてください。",
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--city", required=True, help="市のコード。")
@click.option("--preview", is_flag=True, help="列の読み方、違い、誤りをすべて表示するだけで、台帳を変えません。")
@click.option("--dry-run", is_flag=True, help="調べるだけで、台帳を変えません。")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="見出し=項目",
    help=f"一覧の見出しをどの項目として読むか。項目を「{UNUSED}」にするとその列を読みません。次の取込みのために覚えます。",
)
@click.option("--correct", is_flag=True, help="台帳と違うところを一覧のとおりに直します。直した値は履歴に残ります。")
@click.option(
    "--old-renewal",
    metavar="なし|年数,月数",
    help="要綱より前の協定で、更新のことが一覧に書かれていないものの扱い。「なし」か、「1年,1か月」のように更新の年数と申出の月数。",
)
@click.option(
    "--skip-bad",
    type=click.Path(dir_okay=False, path_type=Path),
    help="誤りのない行だけを取り込み、誤りのある行をこの CSV ファイルに書き出します。",
)
@json_option
@packs_option
@data_option
def import_command(  # noqa: PLR0913 (one parameter an option)
    *,
    file: Path,
    city: str,
    preview: bool,
    dry_run: bool,
    columns: tuple[str, ...],
    correct: bool,
    old_renewal: str | None,
    skip_bad: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """Import a list of agreements, everything or nothing."""
    unwritten = Unwritten(*read_unwritten(old_renewal, "--old-renewal")) if old_renewal else None
    options = ImportOptions(columns=read_choices(columns), correct=correct, source=file.name, unwritten=unwritten)
    changes_nothing = dry_run or preview

    async def work(services: Services) -> ImportResult:
        where = services.packs.city(city)
        return await import_file(
            services, where, file, dry_run=changes_nothing, skip_bad=skip_bad, options=options, keep_errors=preview
        )

    result = run(command_settings(data, packs), work)
    if as_json:
        show_json(summary(result, dry_run=changes_nothing))
        return
    lines = preview_lines(result) if preview else result_lines(result, dry_run=dry_run, correct=correct)
    click.echo("\n".join(lines))
    if skip_bad is not None and result.error_rows:
        click.echo(f"誤りのある {result.error_rows} 行を {skip_bad} に書き出しました", err=True)


async def import_file(  # noqa: PLR0913 (what the command line hands over)
    services: Services,
    city: City,
    file: Path,
    *,
    dry_run: bool = False,
    skip_bad: Path | None = None,
    options: ImportOptions | None = None,
    keep_errors: bool = False,
) -> ImportResult:
    """Import a file in one transaction; raises InputErrors, and nothing was imported, for bad rows.

    With ``skip_bad`` the bad rows go there instead, with their numbers and what is wrong with them. ``keep_errors``:
    they only stand in the result; nothing may be imported then.
    """
    async with services.open_unit() as uow:
        uow.by = commander()
        with ExitStack() as stack:
            rows = stack.enter_context(open_rows(file))
            refused = _Refused(stack, skip_bad) if skip_bad is not None else None
            result = await import_agreements(
                uow,
                city,
                rows,
                options=options or ImportOptions(source=file.name),
                header_read=refused.begin if refused else lambda _heading: None,
                refuse=refused.add if refused else lambda _row: None,
                progress=_progress,
            )
            result.notes += rows.notes
        if result.errors and skip_bad is None and not keep_errors:
            raise InputErrors([*result.errors, *_how_many(result)])
        if dry_run or keep_errors:
            await uow.rollback()
    return result


class _Refused:
    """The file of the refused rows: their own cells, so that it can be mended and imported."""

    def __init__(self, stack: ExitStack, path: Path) -> None:
        try:
            self._file = stack.enter_context(path.open("w", encoding="utf-8-sig", newline=""))
        except OSError as error:
            raise InputError(str(path), "書き込めません。フォルダーと権限を確かめてください") from error
        self._writer = csv.writer(self._file)
        self._width = 0

    def begin(self, heading: list[str]) -> None:
        """Write the list's own headings and ours behind them."""
        self._width = len(heading)
        self._writer.writerow([*map(safe_cell, heading), *_REFUSED_COLUMNS])

    def add(self, row: RefusedRow) -> None:
        """Write a row."""
        cells = [*row.cells, *[""] * self._width][: self._width]
        self._writer.writerow([*map(safe_cell, cells), str(row.row), " / ".join(row.reasons)])


def _progress(rows: int) -> None:
    if rows % _PROGRESS_ROWS == 0:
        click.echo(f"{rows:,} 行を読みました", err=True)


def _how_many(result: ImportResult) -> list[InputError]:
    bad, rows = result.error_rows, result.rows
    told = [InputError("取り込み", f"{rows} 行のうち {bad} 行に誤りがあるため、何も取り込みませんでした")]
    if any(isinstance(error, FieldError) and error.place[-1] == "renewal_years" for error in result.errors):
        how = "--old-renewal なし や --old-renewal 1年,1か月 で、書かれていないものをまとめて指定できます"
        told.append(InputError("更新の年数と申出の月数", how))
    if result.unused:
        told.append(InputError("使わない列", f"{'、'.join(result.unused)}（中身がありますが、読んでいません）"))
    return told


commands = (import_command,)
