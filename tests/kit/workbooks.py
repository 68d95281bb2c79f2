"""What a partner does with a form's workbook: fills it in by what is written there, moves its rows, saves it anew."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import range_boundaries

SECONDS = 120
_ROW = re.compile(r"\$(\d+)")
_GROWS = "行が足りない"


def bounds(book: Workbook, name: str) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a defined name."""
    ((_, area),) = book.defined_names[name].destinations
    left, top, right, bottom = range_boundaries(area.replace("$", ""))
    assert None not in (left, top, right, bottom)
    return left, top, right, bottom


def filled(content: bytes, answers: Mapping[str, Any]) -> bytes:
    """Return a workbook with answers in its fields: a list's as rows by key, several choices as their numbers from 0.

    Rows are written from the first, in place of what stood there; rows are put in where the list has too few.
    """
    book = load_workbook(BytesIO(content), rich_text=True)
    for key, value in answers.items():
        if isinstance(value, list) and f"r.{key}" in book.defined_names:
            _fill_rows(book, key, value)
        elif isinstance(value, list):
            for index in range(len([name for name in book.defined_names if name.startswith(f"m.{key}.")])):
                left, top, _, _ = bounds(book, f"m.{key}.{index}")
                book.worksheets[0].cell(top, left).value = "○" if index in value else None
        else:
            left, top, _, _ = bounds(book, f"f.{key}")
            book.worksheets[0].cell(top, left).value = value
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return a workbook's bytes."""
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _fill_rows(book: Workbook, key: str, rows: list[Mapping[str, Any]]) -> None:
    _, top, _, bottom = bounds(book, f"r.{key}")
    while bottom - top - 1 < len(rows):
        insert_row(book, bottom)
        _, top, _, bottom = bounds(book, f"r.{key}")
    columns = {name.rpartition(".")[2]: bounds(book, name)[0] for name in book.defined_names if f"c.{key}." in name}
    grows = str(book.worksheets[0].cell(bottom, 1).value).startswith(_GROWS)
    for line in range(top + 1, bottom):
        row = rows[line - top - 1] if line - top - 1 < len(rows) else {}
        for name, column in columns.items():
            if grows or name in row:
                book.worksheets[0].cell(line, column).value = row.get(name)


def insert_row(book: Workbook, at: int) -> None:
    """Put a row in above a row, as a spreadsheet program does: what lies below moves, with names and merged cells."""
    sheet = book.worksheets[0]
    areas = [area.bounds for area in list(sheet.merged_cells.ranges)]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    sheet.insert_rows(at)
    for left, top, right, bottom in areas:
        sheet.merge_cells(None, top + (top >= at), left, bottom + (bottom >= at), right)
    for name, defined in book.defined_names.items():
        if sheet.title in defined.attr_text:
            moved = _ROW.sub(lambda found: f"${int(found[1]) + (int(found[1]) >= at)}", defined.attr_text)
            defined.attr_text = moved
            assert name


def with_rows_put_in(content: bytes) -> bytes:
    """Return a workbook with an empty row below its head, and one at the top of its first list that grows."""
    book = load_workbook(BytesIO(content), rich_text=True)
    insert_row(book, 2)
    sheet = book.worksheets[0]
    for name in [name for name in book.defined_names if name.startswith("r.")]:
        _, top, _, bottom = bounds(book, name)
        if str(sheet.cell(bottom, 1).value).startswith(_GROWS):
            insert_row(book, top + 1)
            break
    return saved(book)


def through_libreoffice(content: bytes, folder: Path) -> bytes:
    """Return a workbook as LibreOffice saves it; skips, saying so, where there is no LibreOffice with Calc."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice（soffice）がないので、保存し直して確かめる試験を省きました")
    source, target = folder / "in" / "form.xlsx", folder / "out"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    with subprocess.Popen(
        [*command, "--outdir", str(target), str(source)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as run:
        try:
            output, _ = run.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            raise
    made = target / source.name
    assert made.is_file(), output.decode(errors="replace")
    return made.read_bytes()
