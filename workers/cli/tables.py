"""A table of a command, the same on the screen, as CSV, Excel and JSON."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from workers.adapters.sheets import excel_bytes, write_csv
from workers.cli.running import show_json, show_table
from workers.errors import InputError

_IDS = {"id", "agreement_id", "number"}


@dataclass(frozen=True, kw_only=True)
class Output:
    """Rows and their columns (key, heading); ``screen`` names those that fit on a screen, else all are shown."""

    title: str
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Mapping[str, Any]]
    empty: str
    screen: Sequence[str] = ()

    def show(self, *, as_csv: bool = False, xlsx: Path | None = None, as_json: bool = False) -> None:
        """Write the table in the form that was asked for."""
        if as_json:
            show_json(self.rows)
        elif as_csv:
            write_csv(sys.stdout, self._headings(), self._cells(self.columns))
        elif xlsx is not None:
            self.save(xlsx)
        else:
            shown = [column for column in self.columns if not self.screen or column[0] in self.screen]
            whole = [heading for key, heading in shown if key in _IDS]
            show_table([heading for _, heading in shown], self._cells(shown), empty=self.empty, whole=whole)

    def save(self, path: Path) -> None:
        """Write the table into a file by its name's ending, .csv or .xlsx; raises InputError for another one."""
        suffix = path.suffix.lower()
        try:
            if suffix == ".xlsx":
                path.write_bytes(excel_bytes(self.title, self._headings(), self._cells(self.columns)))
            elif suffix == ".csv":
                with path.open("w", encoding="utf-8-sig", newline="") as file:
                    write_csv(file, self._headings(), self._cells(self.columns))
            else:
                raise InputError(path.name, "名前の終わりは .csv か .xlsx にしてください")
        except OSError as error:
            raise InputError(str(path), "書き込めません。フォルダーと権限を確かめてください") from error
        click.echo(f"{path} に {len(self.rows)} 件を書きました")

    def _headings(self) -> list[str]:
        return [heading for _, heading in self.columns]

    def _cells(self, columns: Sequence[tuple[str, str]]) -> list[list[str]]:
        return [["" if row[key] is None else str(row[key]) for key, _ in columns] for row in self.rows]
