"""An answer as people read it: each value by its label, choices by theirs, days in wareki, the rows of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.packs.answers.model import AnswerForm, Question, Rows


def said(form: AnswerForm, values: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return what an answer says, in the form's order, as label, text and row; what was left empty is left out."""
    return [
        {"label": question.label, "text": text, "row": row}
        for question, value, row in _parts(form, values)
        if (text := _text(question, value))
    ]


def _parts(form: AnswerForm, values: Mapping[str, Any]) -> Iterator[tuple[Question, Any, str]]:
    for part in form.parts:
        if not isinstance(part, Rows):
            yield part, values.get(part.key), ""
            continue
        for number, row in enumerate(values.get(part.key) or [], start=1):
            for question in part.questions:
                yield question, row.get(question.key), f"{part.label} {number}件目"


def _text(question: Question, value: Any) -> str:
    if value in (None, "", [], False):
        return ""
    if isinstance(value, list):
        return "、".join(_text(question, one) for one in value)
    if value is True:
        return "はい"
    if question.kind == "date":
        try:
            return format_wareki(parse_date(value), weekday=True)
        except InputError:  # shown as it was written: its problem is told beside it
            return str(value)
    return next((option.label for option in question.options if option.value == str(value)), str(value))
