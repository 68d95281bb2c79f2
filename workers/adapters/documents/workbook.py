"""A form as a workbook that a partner fills in: one A4 page wide, protected but for its fields, without macros.

Every field has a defined name, so that rows put in, merged cells and another program's save do not matter:
``f.KEY`` a field, ``m.KEY.N`` the mark of a choice, ``r.LIST`` a list from its heading to its last row, ``c.LIST.KEY``
the heading of a column. What was asked stands in a hidden sheet: an answer is read by the copy that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter as letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from workers.adapters.documents.workbook_words import NEEDED, applies_when, asked_words, guide
from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.packs.templates import clean

FORM_SHEET: Final = "様式"
CHOICES_SHEET: Final = "選択肢"
FACTS_SHEET: Final = "renkei"
MARK: Final = "○"
YES_NO: Final = ("はい", "いいえ")
WAREKI_FORMAT: Final = '[$-411]ggge"年"m"月"d"日"'  # the newer [$-ja-JP] form is lost in LibreOffice
TEXT_FORMAT: Final = "@"
EDITION_NAME: Final = "renkei.edition"
CASE_NAME: Final = "renkei.case"
FORM_NAME: Final = "renkei.form"
_CHUNK: Final = 30_000
_FONT: Final = "游ゴシック"
_LABEL: Final = PatternFill("solid", fgColor="E9EEF4")
_FIELD: Final = PatternFill("solid", fgColor="FFFBE5")
_LINE: Final = Side(style="thin", color="7F7F7F")
_BOX: Final = Border(_LINE, _LINE, _LINE, _LINE)
_FEWEST_COLUMNS: Final = 4
_SPARE_ROWS: Final = 2
_FEWEST_ROWS: Final = 5
_LONG: Final = 500
_LINE_HEIGHT: Final = 16
_HEIGHTS: Final = {"line": 24, "text": 84, "date": 24, "number": 24, "choice": 24, "choices": 24, "tick": 24}
_WIDTHS: Final = {"line": 22, "text": 38, "date": 18, "number": 12, "choice": 20, "choices": 26, "tick": 18}
_GIVEN_WIDTH: Final = 20
_NUMBER_WIDTH: Final = 5
_LABEL_WIDTH: Final = 27
_WHOLE_WIDTH: Final = 90
_TALLEST: Final = 400
_SMALL: Final = 0.92
"""How wide a sign of a label is, against those that a column's width counts."""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands above the questions. ``due``: the day as people read it, or empty."""

    case_id: str
    edition: str
    title: str
    to: str
    partner: str
    due: str


def workbook(form: AnswerForm, heading: Heading, values: Mapping[str, Any], facts: Mapping[str, Any]) -> Workbook:
    """Return the workbook of a form; ``values`` stand in its fields, ``facts`` (JSON) in the hidden sheet."""
    return _Maker(form, heading, values).make(facts)


class _Maker:
    def __init__(self, form: AnswerForm, heading: Heading, values: Mapping[str, Any]) -> None:
        self._form, self._heading, self._values = form, heading, values
        self._book = Workbook()
        self._sheet: Worksheet = self._book.active
        self._sheet.title = FORM_SHEET
        self._choices = self._book.create_sheet(CHOICES_SHEET)
        self._choices.sheet_state = "hidden"
        self._lists = 0
        self._row = 1
        self._last = max((len(_shown(rows)) + 1 for rows in form.lists()), default=_FEWEST_COLUMNS)
        self._last = max(self._last, 3)  # a number, a label, a field

    def make(self, facts: Mapping[str, Any]) -> Workbook:
        """Fill the sheets."""
        self._head()
        for part in self._form.parts:
            if isinstance(part, Rows):
                self._list(part)
            elif part.kind == "choices" and part.asked:
                self._marks(part)
            elif part.asked or part.given:
                self._field(part)
        self._facts(facts)
        self._set_up()
        return self._book

    def _head(self) -> None:
        head = self._heading
        self._line(f"案件番号　{head.case_id}", size=9, horizontal="right")
        self._line(head.title, size=16, bold=True, horizontal="center", height=34)
        self._line(f"{head.to}　あて", size=11, height=22)
        self._line(head.partner, size=11, horizontal="right", height=22)
        if head.due:
            self._line(f"提出期限　{head.due}", size=11, bold=True, height=22)
        words = guide(self._form)
        self._line("\n".join(words), size=9, height=14 * len(words) + 6, box=True)
        self._row += 1

    def _line(  # noqa: PLR0913 (how a line looks)
        self, text: str, *, size: int, bold: bool = False, horizontal: str = "left", height: int = 18, box: bool = False
    ) -> None:
        cell = self._wide(1, self._last, text, Font(name=_FONT, size=size, bold=bold))
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=True)
        if box:
            self._boxed(self._row, 1, self._last)
        self._sheet.row_dimensions[self._row].height = height
        self._row += 1

    def _field(self, question: Question) -> None:
        label = asked_words(question, applies_when(self._form, question.hides))
        self._label(1, 2, label)
        cell = self._input(3, self._last, question, self._values.get(question.key))
        if question.asked:
            self._name(f"f.{question.key}", f"${letter(3)}${self._row}")
            self._rule(question, cell.coordinate)
        self._sheet.row_dimensions[self._row].height = max(_height(question), _label_height(label, _LABEL_WIDTH))
        self._row += 1

    def _marks(self, question: Question) -> None:
        chosen = {str(value) for value in self._values.get(question.key) or []}
        label = asked_words(question, applies_when(self._form, question.hides))
        self._label(1, self._last, f"{label}\n当てはまるものの左の欄に「{MARK}」を付けてください（いくつでも）")
        self._sheet.row_dimensions[self._row].height = _label_height(label, _WHOLE_WIDTH) + _LINE_HEIGHT
        self._row += 1
        first = self._row
        for index, option in enumerate(question.options):
            cell = self._input(1, 1, question, MARK if option.value in chosen else None)
            cell.alignment = Alignment(horizontal="center", vertical="center")
            self._label(2, self._last, option.label, bold=False, fill=None)
            self._name(f"m.{question.key}.{index}", f"$A${self._row}")
            self._sheet.row_dimensions[self._row].height = 20
            self._row += 1
        self._select((MARK,), f"A{first}:A{self._row - 1}", f"「{MARK}」を選ぶか、空のままにしてください")

    def _list(self, rows: Rows) -> None:
        shown = _shown(rows)
        label = asked_words(rows, applies_when(self._form, rows.hides))
        self._label(1, self._last, label)
        self._sheet.row_dimensions[self._row].height = _label_height(label, _WHOLE_WIDTH)
        self._row += 1
        top = self._row
        self._label(1, 1, "No.", centered=True)
        heads = [asked_words(question, "") for question in shown]
        for column, (question, head) in enumerate(zip(shown, heads, strict=True), 2):
            self._label(column, self._end(column, shown), head)
            self._name(f"c.{rows.key}.{question.key}", f"${letter(column)}${top}")
        self._sheet.row_dimensions[top].height = max(
            _label_height(head, _width(question)) for question, head in zip(shown, heads, strict=True)
        )
        self._row += 1
        filled = [row for row in self._values.get(rows.key) or [] if isinstance(row, Mapping)]
        count = max(len(filled) + _SPARE_ROWS, _FEWEST_ROWS) if rows.grows else len(filled)
        for index in range(count):
            self._one_row(shown, index, filled[index] if index < len(filled) else {})
        for column, question in enumerate(shown, 2):
            if question.asked and count:
                self._rule(question, f"{letter(column)}{top + 1}:{letter(column)}{self._row - 1}")
        note = "行が足りないときは、この行の上に行を挿入してください" if rows.grows else "（以上）"
        self._label(1, self._last, note, bold=False, size=9)
        self._name(f"r.{rows.key}", f"$A${top}:${letter(len(shown) + 1)}${self._row}")
        self._sheet.row_dimensions[self._row].height = 18
        self._row += 1

    def _one_row(self, shown: Sequence[Question], index: int, values: Mapping[str, Any]) -> None:
        self._label(1, 1, str(index + 1), bold=False, centered=True)
        for column, question in enumerate(shown, 2):
            self._input(column, self._end(column, shown), question, values.get(question.key))
        needed = [_label_height(str(values.get(question.key) or ""), _width(question)) for question in shown]
        long = any(question.kind == "text" for question in shown)
        self._sheet.row_dimensions[self._row].height = min(max(66 if long else 28, *needed), _TALLEST)
        self._row += 1

    def _end(self, column: int, shown: Sequence[Question]) -> int:
        """Return the last column of a list's column: a short list's last one is as wide as the page."""
        return self._last if column == len(shown) + 1 else column

    def _wide(self, first: int, last: int, text: object, font: Font) -> Cell:
        if last > first:
            self._sheet.merge_cells(start_row=self._row, start_column=first, end_row=self._row, end_column=last)
        cell = self._sheet.cell(self._row, first)
        cell.value = clean(text) if isinstance(text, str) else text
        if isinstance(text, str):
            cell.data_type = "s"  # what begins with = is a text, too
        cell.font = font
        return cell

    def _label(  # noqa: PLR0913 (how a label looks)
        self,
        first: int,
        last: int,
        text: str,
        *,
        bold: bool = True,
        size: int = 10,
        centered: bool = False,
        fill: PatternFill | None = _LABEL,
    ) -> None:
        cell = self._wide(first, last, text, Font(name=_FONT, size=size, bold=bold))
        if bold and not centered:
            cell.value = _label_words(text, size)
        cell.alignment = Alignment(
            horizontal="center" if centered else "left", vertical="center", wrap_text=True, indent=0 if centered else 1
        )
        self._boxed(self._row, first, last)
        if fill is not None:
            cell.fill = fill

    def _input(self, first: int, last: int, question: Question, value: Any) -> Cell:
        cell = self._wide(first, last, _cell_value(question, value), Font(name=_FONT, size=10))
        middle = question.kind in ("choice", "date", "tick") or question.given
        cell.alignment = Alignment(horizontal="left", vertical="center" if middle else "top", wrap_text=True, indent=1)
        cell.number_format = WAREKI_FORMAT if question.kind == "date" else TEXT_FORMAT
        self._boxed(self._row, first, last)
        for column in range(first, last + 1):
            own = self._sheet.cell(self._row, column)
            own.protection = Protection(locked=not question.asked)
            if question.asked:
                own.fill = _FIELD
        return cell

    def _boxed(self, row: int, first: int, last: int) -> None:
        for column in range(first, last + 1):
            self._sheet.cell(row, column).border = _BOX

    def _rule(self, question: Question, where: str) -> None:
        if question.kind == "tick":
            self._select(YES_NO, where, "一覧から選んでください")
        elif question.kind == "choice":
            self._select([option.label for option in question.options], where, "一覧から選んでください")
        elif question.kind == "date":
            self._say(DataValidation(), where, "日付", "令和8年6月8日、2026/6/8 のように入れてください")
        elif question.kind == "choices":
            self._say(DataValidation(), where, question.label[:30], "いくつか選ぶときは「、」で区切ってください")
        elif question.longest:
            limit = DataValidation(
                "textLength", operator="lessThanOrEqual", formula1=str(question.longest), allow_blank=True
            )
            limit.error, limit.errorTitle = f"{question.longest}字までで入れてください", "長すぎます"
            limit.showErrorMessage = True
            self._add(limit, where)

    def _select(self, words: Sequence[str], where: str, error: str) -> None:
        self._lists += 1
        column = letter(self._lists)
        for row, word in enumerate(words, 1):
            self._choices[f"{column}{row}"].value = word
            self._choices[f"{column}{row}"].data_type = "s"
        source = f"'{CHOICES_SHEET}'!${column}$1:${column}${max(len(words), 1)}"
        rule = DataValidation("list", formula1=source, allow_blank=True)
        rule.error, rule.errorTitle, rule.showErrorMessage = error, "選んでください", True
        self._add(rule, where)

    def _say(self, rule: DataValidation, where: str, title: str, text: str) -> None:
        rule.promptTitle, rule.prompt, rule.showInputMessage = title, text, True
        self._add(rule, where)

    def _add(self, rule: DataValidation, where: str) -> None:
        rule.add(where)
        self._sheet.add_data_validation(rule)

    def _name(self, name: str, where: str, sheet: str = FORM_SHEET) -> None:
        self._book.defined_names[name] = DefinedName(name, attr_text=f"'{sheet}'!{where}")

    def _facts(self, facts: Mapping[str, Any]) -> None:
        sheet = self._book.create_sheet(FACTS_SHEET)
        sheet.sheet_state = "veryHidden"
        head = self._heading
        for row, (name, value) in enumerate(
            ((CASE_NAME, head.case_id), (FORM_NAME, self._form.id), (EDITION_NAME, head.edition)), 1
        ):
            sheet.cell(row, 1).value = value
            self._name(name, f"$A${row}", FACTS_SHEET)
        text = json.dumps(facts, ensure_ascii=True, sort_keys=True)
        for index in range(0, len(text), _CHUNK):
            cell = sheet.cell(index // _CHUNK + 1, 2)
            cell.value, cell.data_type = text[index : index + _CHUNK], "s"
        sheet.protection.sheet = True

    def _column_width(self, column: int) -> int:
        asked = [_shown(rows)[column - 2] for rows in self._form.lists() if len(_shown(rows)) > column - 2]
        return max((_width(question) for question in asked), default=_GIVEN_WIDTH)

    def _set_up(self) -> None:
        sheet = self._sheet
        sheet.column_dimensions["A"].width = _NUMBER_WIDTH
        widths = [self._column_width(column) for column in range(2, self._last + 1)]
        wider = max(_WHOLE_WIDTH / sum(widths), 1)
        for column, width in enumerate(widths, 2):
            sheet.column_dimensions[letter(column)].width = width * wider
        sheet.sheet_view.showGridLines = False
        sheet.sheet_view.zoomScale = 110
        protection = sheet.protection
        protection.sheet = True
        protection.insertRows = protection.formatRows = protection.formatColumns = False  # False: allowed
        page = sheet.page_setup
        page.paperSize, page.orientation, page.fitToWidth, page.fitToHeight = 9, "portrait", 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_options.horizontalCentered = True
        margins = sheet.page_margins
        margins.left = margins.right = 0.6
        margins.top, margins.bottom = 0.6, 0.7
        sheet.print_area = f"A1:{letter(self._last)}{self._row - 1}"
        sheet.oddFooter.left.text = f"案件番号 {self._heading.case_id}"
        sheet.oddFooter.right.text = "&P / &N"
        self._choices.protection.sheet = True


def _shown(rows: Rows) -> list[Question]:
    return [question for question in rows.questions if question.asked or question.given]


def _cell_value(question: Question, value: Any) -> Any:
    """Return a value of the form's variables as people write it in a cell."""
    if value is None or value == "":
        return None
    labels = {option.value: option.label for option in question.options}
    match question.kind:
        case "tick":
            return YES_NO[0] if value is True else None
        case "choices":
            return "、".join(labels.get(str(one), str(one)) for one in value)
        case "choice":
            return labels.get(str(value), str(value))
        case "date":
            return _as_day(str(value))
    return str(value)


def _as_day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _label_words(text: str, size: int) -> CellRichText:
    """Return a label's first line in bold, the mark of what is needed in red, the rest small."""
    first, _, rest = clean(text).partition("\n")
    head, mark, tail = first.partition(NEEDED)
    words = CellRichText(TextBlock(InlineFont(rFont=_FONT, sz=size, b=True), head))
    if mark:
        words.append(TextBlock(InlineFont(rFont=_FONT, sz=size - 1, b=True, color="C00000"), mark + tail))
    if rest:
        words.append(TextBlock(InlineFont(rFont=_FONT, sz=size - 1, color="404040"), "\n" + rest))
    return words


def _height(question: Question) -> int:
    if question.kind == "text" and question.longest < _LONG:
        return 48
    return _HEIGHTS[question.kind]


def _width(question: Question) -> int:
    return _GIVEN_WIDTH if question.given else _WIDTHS[question.kind]


def _label_height(text: str, width: float) -> int:
    """Return the height that a wrapped text needs: a Japanese sign takes two of a column's units."""
    room = max(width - 1, 4)
    lines = sum(max(1, -(-_wide_signs(line) // int(room))) for line in text.splitlines())
    return lines * _LINE_HEIGHT + 8


def _wide_signs(line: str) -> int:
    return int(sum(1 if sign.isascii() else 2 for sign in line) * _SMALL)
