"""What a workbook says around its fields, in Japanese: labels, when a field applies, how to fill it in."""

from __future__ import annotations

from typing import Final

from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.packs.diagrams.conditions import is_true

NEEDED: Final = "【必須】"
_FEW: Final = 60


def asked_words(part: Question | Rows, when: str) -> str:
    """Return a label with what a person has to know beside it."""
    needed = isinstance(part, Question) and part.asked and part.required
    lines = [f"{part.label}{NEEDED if needed else ''}"]
    if when:
        lines.append(when)
    if isinstance(part, Question) and part.kind == "choice" and part.asked:
        words = "・".join(option.label for option in part.options)
        if len(words) <= _FEW:
            lines.append(f"（{words}）")
    if part.help:
        lines.append(part.help)
    return "\n".join(lines)


def applies_when(form: AnswerForm, hides: tuple[str, ...]) -> str:
    """Return for which choices a field applies; empty for one that applies on the usual way, the first choice."""
    for question in form.questions():
        if question.kind != "choice" or not question.asked or not question.options:
            continue
        visible = [
            option
            for option in question.options
            if all(is_true(hide, {question.key: option.value}) is not True for hide in hides)
        ]
        if visible and question.options[0] not in visible:
            words = "".join(f"「{option.label}」" for option in visible)
            return f"{question.label}で{words}を選んだときに記入"
    return ""


def guide(form: AnswerForm) -> list[str]:
    """Return how the form is to be filled in and sent back."""
    words = [
        "【記入のしかた】",
        "・色の付いた欄に記入し、このファイル（Excel）のまま、メールに付けて返信してください。",
        "・日付は 令和8年6月8日、2026/6/8 のどちらでも記入できます。",
    ]
    if any(rows.grows for rows in form.lists()):
        words.append("・表の行が足りないときは、行を挿入して増やせます。使わない行は空のままにしてください。")
    if any(question.kind == "choice" for question in form.questions()):
        words.append("・選ぶ欄は、欄を押すと出る一覧から選んでください。")
    if all(question.kind != "date" for question in form.questions()):
        words = [word for word in words if not word.startswith("・日付")]
    return words
