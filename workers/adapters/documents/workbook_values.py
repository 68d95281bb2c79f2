"""What stands in the cells of a form's workbook, and how much room it takes."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from workers.adapters.documents.workbook_words import NEEDED
from workers.packs.answers.model import Question
from workers.packs.templates import clean

YES_NO: Final = ("はい", "いいえ")
FONT: Final = "游ゴシック"
_LONG: Final = 500
LINE_HEIGHT: Final = 16
_HEIGHTS: Final = {"line": 24, "text": 84, "date": 24, "number": 24, "choice": 24, "choices": 24, "tick": 24}
_WIDTHS: Final = {"line": 22, "text": 38, "date": 18, "number": 12, "choice": 20, "choices": 26, "tick": 18}
GIVEN_WIDTH: Final = 20
_SMALL: Final = 0.92
"""How wide a sign of a label is, against those that a column's width counts."""


def cell_value(question: Question, value: Any) -> Any:
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


def label_words(text: str, size: int) -> CellRichText:
    """Return a label's first line in bold, the mark of what is needed in red, the rest small."""
    first, _, rest = clean(text).partition("\n")
    head, mark, tail = first.partition(NEEDED)
    words = CellRichText(TextBlock(InlineFont(rFont=FONT, sz=size, b=True), head))
    if mark:
        words.append(TextBlock(InlineFont(rFont=FONT, sz=size - 1, b=True, color="C00000"), mark + tail))
    if rest:
        words.append(TextBlock(InlineFont(rFont=FONT, sz=size - 1, color="404040"), "\n" + rest))
    return words


def height(question: Question) -> int:
    """Return the height of a field in points."""
    if question.kind == "text" and question.longest < _LONG:
        return 48
    return _HEIGHTS[question.kind]


def width(question: Question) -> int:
    """Return the width of a list's column, in the signs that a spreadsheet counts."""
    return GIVEN_WIDTH if question.given else _WIDTHS[question.kind]


def label_height(text: str, width: float) -> int:
    """Return the height that a wrapped text needs: a Japanese sign takes two of a column's units."""
    room = max(width - 1, 4)
    lines = sum(max(1, -(-_wide_signs(line) // int(room))) for line in text.splitlines())
    return lines * LINE_HEIGHT + 8


def _wide_signs(line: str) -> int:
    return int(sum(1 if sign.isascii() else 2 for sign in line) * _SMALL)
