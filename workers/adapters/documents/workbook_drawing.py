"""How a form's workbook is drawn: cells with their frames, colours, protection, lists to choose from and names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter as letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from workers.adapters.documents.workbook_values import FONT, YES_NO, cell_value, label_words
from workers.packs.answers.model import Question
from workers.packs.templates import clean

FORM_SHEET: Final = "様式"
CHOICES_SHEET: Final = "選択肢"
MARK: Final = "○"
WAREKI_FORMAT: Final = '[$-411]ggge"年"m"月"d"日"'  # the newer [$-ja-JP] form is lost in LibreOffice
TEXT_FORMAT: Final = "@"
_LABEL: Final = PatternFill("solid", fgColor="E9EEF4")
_FIELD: Final = PatternFill("solid", fgColor="FFFBE5")
_LINE: Final = Side(style="thin", color="7F7F7F")
_BOX: Final = Border(_LINE, _LINE, _LINE, _LINE)


class Drawing:
    """A workbook with its sheet and the hidden one of choices; ``_row`` is the row that is drawn next."""

    def __init__(self) -> None:
        self._book = Workbook()
        self._sheet: Worksheet = self._book.active
        self._sheet.title = FORM_SHEET
        self._choices = self._book.create_sheet(CHOICES_SHEET)
        self._choices.sheet_state = "hidden"
        self._lists = 0
        self._row = 1

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
        cell = self._wide(first, last, text, Font(name=FONT, size=size, bold=bold))
        if bold and not centered:
            cell.value = label_words(text, size)
        cell.alignment = Alignment(
            horizontal="center" if centered else "left", vertical="center", wrap_text=True, indent=0 if centered else 1
        )
        self._boxed(self._row, first, last)
        if fill is not None:
            cell.fill = fill

    def _input(self, first: int, last: int, question: Question, value: Any) -> Cell:
        cell = self._wide(first, last, cell_value(question, value), Font(name=FONT, size=10))
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
