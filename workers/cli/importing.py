"""``renkei import``: the offices' own lists."""

from __future__ import annotations

import csv
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workers.adapters.sheets import open_rows, safe_cell
from workers.cli.japanese import command
from workers.cli.options import data_option, packs_option
from workers.cli.running import command_settings, json_option, run, show_json
from workers.domain.cities import City
from workers.errors import InputError, InputErrors
from workers.readers.listcolumns import COLUMNS
from workers.usecases.import_agreements import ImportResult, RefusedRow, import_agreements

if TYPE_CHECKING:
    from workers.wiring import Services

_PROGRESS_ROWS = 10_000
_REFUSED_COLUMNS = ("行", "誤り")


@command(
    name="import",
    short_help="協定の一覧（CSV、Excel）を台帳に取り込みます。",
    help="所管課が持っている協定の一覧を台帳に取り込みます。CSV（UTF-8 か Shift_JIS）と Excel を読めます。"
    "日付は 令和8年4月1日、R8.4.1、2026-04-01 のどれでも書けます。"
    f"\n\n列の見出し: {'、'.join(column.heading for column in COLUMNS)}。"
    "番号・協定名・相手方・締結日・連携事項は欠かせません。"
    "\n\n誤りのある行が1つでもあれば、行と列を挙げて知らせ、何も取り込みません（--skip-bad を付けたときを除く）。"
    "番号が台帳にある協定は、そのまま残します。",
)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--city", required=True, help="市のコード。")
@click.option("--dry-run", is_flag=True, help="調べるだけで、台帳を変えません。")
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
    dry_run: bool,
    skip_bad: Path | None,
    as_json: bool,
    packs: tuple[Path, ...],
    data: Path | None,
) -> None:
    """Import a list of agreements, everything or nothing."""

    async def work(services: Services) -> ImportResult:
        return await import_file(services, services.packs.city(city), file, dry_run=dry_run, skip_bad=skip_bad)

    result = run(command_settings(data, packs), work)
    if as_json:
        show_json(_summary(result, dry_run=dry_run))
    else:
        click.echo(_sentence(result, dry_run=dry_run))
        if skip_bad is not None and result.error_rows:
            click.echo(f"誤りのある {result.error_rows} 行を {skip_bad} に書き出しました", err=True)


async def import_file(
    services: Services, city: City, file: Path, *, dry_run: bool = False, skip_bad: Path | None = None
) -> ImportResult:
    """Import a file in one transaction; raises InputErrors, and nothing was imported, for bad rows.

    With ``skip_bad`` the bad rows go there instead, with their numbers and what is wrong with them.
    """
    async with services.open_unit() as uow:
        with ExitStack() as stack:
            rows = stack.enter_context(open_rows(file))
            refused = _Refused(stack, skip_bad) if skip_bad is not None else None
            result = await import_agreements(
                uow,
                city,
                rows,
                header_read=refused.begin if refused else lambda _heading: None,
                refuse=refused.add if refused else lambda _row: None,
                progress=_progress,
            )
        if result.errors and skip_bad is None:
            raise InputErrors([*result.errors, *_how_many(result)])
        if dry_run:
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
    return [InputError("取り込み", f"{rows} 行のうち {bad} 行に誤りがあるため、何も取り込みませんでした")]


def _summary(result: ImportResult, *, dry_run: bool) -> dict[str, Any]:
    return {**vars(result), "errors": [error.message for error in result.errors], "dry_run": dry_run}


def _sentence(result: ImportResult, *, dry_run: bool) -> str:
    parts = [f"{result.added} 件を取り込み{'ます（まだ取り込んでいません）' if dry_run else 'ました'}"]
    if result.known:
        parts.append(f"番号が台帳にある {result.known} 件はそのままです")
    if result.ended:
        parts.append(f"{result.ended} 件は終わった協定です")
    if result.without_email:
        parts.append(f"{result.without_email} 件は相手方のメールアドレスがありません")
    return "。".join(parts)


commands = (import_command,)
