"""A form as a workbook that a partner fills in: one A4 page wide, protected but for its fields, without macros.

Every field has a defined name, so that rows put in, merged cells and another program's save do not matter:
``f.KEY`` a field, ``m.KEY.N`` the mark of a choice, ``r.LIST`` a list from its heading to its last row, ``c.LIST.KEY``
the heading of a column. What was asked stands in a hidden sheet: an answer is read by the copy that was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter as letter

from workers.adapters.documents.workbook_drawing import MARK, Drawing
from workers.adapters.documents.workbook_values import FONT, GIVEN_WIDTH, LINE_HEIGHT, height, label_height, width
from workers.adapters.documents.workbook_words import applies_when, asked_words, guide
from workers.packs.answers.model import AnswerForm, Question, Rows

FACTS_SHEET: Final = "renkei"
EDITION_NAME: Final = "renkei.edition"
CASE_NAME: Final = "renkei.case"
FORM_NAME: Final = "renkei.form"
_CHUNK: Final = 30_000
_FEWEST_COLUMNS: Final = 4
_SPARE_ROWS: Final = 2
_FEWEST_ROWS: Final = 5
_NUMBER_WIDTH: Final = 5
_LABEL_WIDTH: Final = 27
_WHOLE_WIDTH: Final = 90
_TALLEST: Final = 400


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


class _Maker(Drawing):
    def __init__(self, form: AnswerForm, heading: Heading, values: Mapping[str, Any]) -> None:
        super().__init__()
        self._form, self._heading, self._values = form, heading, values
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
        cell = self._wide(1, self._last, text, Font(name=FONT, size=size, bold=bold))
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
        self._sheet.row_dimensions[self._row].height = max(height(question), label_height(label, _LABEL_WIDTH))
        self._row += 1

    def _marks(self, question: Question) -> None:
        chosen = {str(value) for value in self._values.get(question.key) or []}
        label = asked_words(question, applies_when(self._form, question.hides))
        self._label(1, self._last, f"{label}\n当てはまるものの左の欄に「{MARK}」を付けてください（いくつでも）")
        self._sheet.row_dimensions[self._row].height = label_height(label, _WHOLE_WIDTH) + LINE_HEIGHT
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
        self._sheet.row_dimensions[self._row].height = label_height(label, _WHOLE_WIDTH)
        self._row += 1
        top = self._row
        self._label(1, 1, "No.", centered=True)
        heads = [asked_words(question, "") for question in shown]
        for column, (question, head) in enumerate(zip(shown, heads, strict=True), 2):
            self._label(column, self._end(column, shown), head)
            self._name(f"c.{rows.key}.{question.key}", f"${letter(column)}${top}")
        self._sheet.row_dimensions[top].height = max(
            label_height(head, width(question)) for question, head in zip(shown, heads, strict=True)
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
        needed = [label_height(str(values.get(question.key) or ""), width(question)) for question in shown]
        long = any(question.kind == "text" for question in shown)
        self._sheet.row_dimensions[self._row].height = min(max(66 if long else 28, *needed), _TALLEST)
        self._row += 1

    def _end(self, column: int, shown: Sequence[Question]) -> int:
        """Return the last column of a list's column: a short list's last one is as wide as the page."""
        return self._last if column == len(shown) + 1 else column

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
        return max((width(question) for question in asked), default=GIVEN_WIDTH)

    def _set_up(self) -> None:
        sheet = self._sheet
        sheet.column_dimensions["A"].width = _NUMBER_WIDTH
        widths = [self._column_width(column) for column in range(2, self._last + 1)]
        wider = max(_WHOLE_WIDTH / sum(widths), 1)
        for column, one in enumerate(widths, 2):
            sheet.column_dimensions[letter(column)].width = one * wider
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
