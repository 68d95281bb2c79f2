"""A partner's filled workbook, read by its defined names and by the copy that was sent (ALL-17).

A name may have moved, its cell may be merged with others, another program may have saved the file: the value is that
of the cell that people see. Formulas are not computed: where a value is wanted, one is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter as letter
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet.worksheet import Worksheet

from workers.adapters.documents.workbook import CASE_NAME, EDITION_NAME, FACTS_SHEET, FORM_NAME
from workers.adapters.documents.workbook_drawing import MARK
from workers.adapters.sheets import open_book, plain_cell
from workers.errors import InputError, PermanentError
from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.packs.answers.said import said
from workers.packs.answers.values import Place, Problem, read_answer
from workers.usecases.ports import AnswerStamp, FiledAnswer

_MOST_ROWS: Final = 500
_NOT_OURS: Final = (
    "市が送った様式ではありません（様式の目印がありません）。届いた様式のファイルかどうか確かめてください"
)
_DAYS: Final = (18264, 73415)
"""Serial numbers from 1950 to 2100: a day whose format a program has lost."""
_BLANKS: Final = " \u3000\n\t"


@dataclass
class _Found:
    raw: dict[str, Any] = field(default_factory=dict)
    cells: dict[Place, tuple[str, str]] = field(default_factory=dict)
    formulas: list[Problem] = field(default_factory=list)


def read_stamp(name: str, content: bytes) -> AnswerStamp:
    """Return which form of which case a workbook is; raises InputError for one that is none of ours."""
    return _stamp(name, open_book(name, content))


def read_workbook(name: str, content: bytes, *, sent: bytes, today: date) -> FiledAnswer:
    """Return what a partner filled in, and each problem with sheet and cell; raises InputError as ``read_stamp``."""
    book, form, given = open_book(name, content), *asked_in(sent)
    _stamp(name, book)
    found = _Found()
    for part in form.parts:
        if isinstance(part, Rows):
            found.raw[part.key] = list(_rows(name, book, part, given.get(part.key) or [], found))
        elif part.given:
            found.raw[part.key] = given.get(part.key)
        elif part.asked:
            found.raw[part.key] = _field(name, book, part, found)
    answer = read_answer(form, found.raw, today)
    told = {problem.place for problem in found.formulas}
    problems = [*found.formulas, *(problem for problem in answer.problems if problem.place not in told)]
    return FiledAnswer(
        values=answer.values,
        problems=[_said(problem, found) for problem in problems],
        said=said(form, answer.values),
    )


def _stamp(name: str, book: Workbook) -> AnswerStamp:
    values = [_text(_single(book, wanted)) for wanted in (CASE_NAME, FORM_NAME, EDITION_NAME)]
    if not all(values):
        raise InputError(name, _NOT_OURS)
    return AnswerStamp(case_id=values[0], form=values[1], edition=values[2])


def asked_in(sent: bytes) -> tuple[AnswerForm, dict[str, Any]]:
    """Return the questions of the copy that was sent, and what stood in it; raises PermanentError for a broken one."""
    sheet = open_book("様式", sent)[FACTS_SHEET]
    parts = (cell.value for (cell,) in sheet.iter_rows(min_col=2, max_col=2))
    try:
        asked = json.loads("".join(str(part) for part in parts if part is not None))
        return AnswerForm.model_validate(asked["form"]), dict(asked["values"])
    except (ValueError, KeyError) as error:
        raise PermanentError("送った様式の控えが壊れています。バックアップから戻してください") from error


def _field(name: str, book: Workbook, question: Question, found: _Found) -> Any:
    place = Place(question.key)
    if question.kind == "choices":
        return _marked(book, question, place, found)
    cell = _single(book, f"f.{question.key}")
    if cell is None:
        raise InputError(name, f"「{question.label}」の欄がありません。届いた様式のまま記入してもらってください")
    return _value(cell, question, place, found)


def _marked(book: Workbook, question: Question, place: Place, found: _Found) -> list[str]:
    chosen = []
    for index, option in enumerate(question.options):
        cell = _single(book, f"m.{question.key}.{index}")
        if cell is None:
            continue
        found.cells.setdefault(place, _where(cell))
        if _text(cell) not in ("", "×", "✕", "-", "ー"):
            chosen.append(option.value)
    return chosen


def _rows(name: str, book: Workbook, rows: Rows, given: list[Any], found: _Found) -> Iterator[dict[str, Any]]:
    sheet, (_, top, _, bottom) = _area(name, book, rows)
    shown = [question for question in rows.questions if question.asked or question.given]
    columns = {question.key: _column(name, book, rows, question) for question in shown}
    found.cells[Place("", rows.key)] = (sheet.title, f"{letter(min(columns.values()))}{top + 1}")
    if bottom - top - 1 > _MOST_ROWS:
        raise InputError(name, f"「{rows.label}」の行が多すぎます（{_MOST_ROWS}行まで）")
    kept = 0
    for line in range(top + 1, bottom):
        if rows.grows:
            cells = {question.key: sheet.cell(line, columns[question.key]) for question in shown}
            if all(_is_blank(cell) for cell in cells.values()):
                continue
            own: dict[str, Any] = {}
        else:
            if kept >= len(given):
                break
            own = dict(given[kept])
        for question in shown:
            place = Place(question.key, rows.key, kept)
            cell = _seen(sheet, sheet.cell(line, columns[question.key]))
            if question.asked:
                own[question.key] = _value(cell, question, place, found)
            elif rows.grows:
                own[question.key] = _text(cell) or None
        kept += 1
        yield own


def _area(name: str, book: Workbook, rows: Rows) -> tuple[Worksheet, tuple[int, int, int, int]]:
    found = _destination(book, f"r.{rows.key}")
    if found is None:
        raise InputError(name, f"「{rows.label}」の表がありません。届いた様式のまま記入してもらってください")
    return found


def _column(name: str, book: Workbook, rows: Rows, question: Question) -> int:
    found = _destination(book, f"c.{rows.key}.{question.key}")
    if found is None:
        raise InputError(name, f"「{rows.label}」の「{question.label}」の列がありません")
    return found[1][0]


def _destination(book: Workbook, name: str) -> tuple[Worksheet, tuple[int, int, int, int]] | None:
    """Return the sheet and the bounds (columns and rows) that a name stands for; None for one that is broken."""
    defined = book.defined_names.get(name)
    if defined is None:
        return None
    try:
        ((sheet, area),) = list(defined.destinations)
        left, top, right, bottom = range_boundaries(area.replace("$", ""))
        worksheet = book[sheet]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if None in (left, top, right, bottom) or not isinstance(worksheet, Worksheet):
        return None
    return worksheet, (left, top, right, bottom)


def _single(book: Workbook, name: str) -> Cell | None:
    found = _destination(book, name)
    return None if found is None else _seen(found[0], found[0].cell(found[1][1], found[1][0]))


def _seen(sheet: Worksheet, cell: Cell | MergedCell) -> Cell:
    """Return the cell that people see at a place: of merged cells the first."""
    if isinstance(cell, MergedCell):
        for area in sheet.merged_cells.ranges:
            if cell.coordinate in area:
                return sheet.cell(area.min_row, area.min_col)
    return cell


def _is_blank(cell: Cell | MergedCell) -> bool:
    """Return whether a cell has nothing of its own; one that is merged with the row above has not."""
    return isinstance(cell, MergedCell) or cell.value is None or (isinstance(cell.value, str) and not _text(cell))


def _value(cell: Cell, question: Question, place: Place, found: _Found) -> Any:
    found.cells[place] = _where(cell)
    raw = cell.value
    if cell.data_type == "f":
        message = "数式が入っています。計算の結果の値を入れてください"
        found.formulas.append(Problem(place, question.label, message))
        return None
    if cell.data_type == "e":
        found.formulas.append(Problem(place, question.label, "エラーの値（#REF! など）が入っています"))
        return None
    if question.kind == "date":
        return _day(raw)
    if question.kind == "tick" and _text(cell) == MARK:
        return True
    return _text(cell) if isinstance(raw, str) else raw


def _day(raw: Any) -> Any:
    if isinstance(raw, int | float) and not isinstance(raw, bool) and _DAYS[0] <= raw <= _DAYS[1]:
        raw = from_excel(raw)
    return raw.date() if isinstance(raw, datetime) else raw.strip(_BLANKS) if isinstance(raw, str) else raw


def _text(cell: Cell | None) -> str:
    """Return a cell's text without the blanks around it, as people see it."""
    if cell is None or cell.value is None:
        return ""
    return plain_cell(str(cell.value)).replace("_x000D_", "").replace("\r\n", "\n").replace("\r", "\n").strip(_BLANKS)


def _where(cell: Cell) -> tuple[str, str]:
    return cell.parent.title, cell.coordinate


def _said(problem: Problem, found: _Found) -> str:
    sheet, cell = found.cells.get(problem.place, ("", ""))
    at = f"シート『{sheet}』のセル {cell}" if cell else "様式"
    return f"{at}「{problem.label}」: {problem.message}"
