"""FEEL: the leading ``=`` that no other linter asks for, readable syntax, and no dates in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from workers.lint.findings import Finding, Severity
from workers.lint.rules.base import Context, report
from workers.packs.diagrams import feel
from workers.packs.diagrams.expressions import Slot, produced, slots
from workers.packs.diagrams.model import Diagram

_DURATION: Final = re.compile(r"P(?=.)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")
_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)(\[[\w/]+\])?")
_PEOPLE: Final = frozenset({"担当者", "候補グループ", "候補者"})
_DAYS: Final = frozenset({"期限", "フォローアップ日"})
_NAMED: Final = re.compile(r"[\w@-]+(?:[.][\w@-]+)*", re.ASCII)
_SPAN: Final = re.compile(r"now\(\)\s*\+\s*(?:duration\(|@)")
_LOCAL_NOW: Final = re.compile(r'date and time\(\s*now\(\)\s*,\s*"Asia/Tokyo"\s*\)')


def prefix(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """What Zeebe evaluates as FEEL starts with ``=``; without it the text itself would be the value.

    Who does a task and until when may be a fixed text, too, unless it reads like an expression.
    """
    made = produced(diagram) | set(context.variables)
    for slot in slots(diagram):
        if slot.required and not slot.is_feel:
            if _is_fixed(slot, made):
                continue
            text = slot.text or "空"
            message = f"{slot.label}は = で始まる FEEL 式にしてください（今は「{text}」）"
            yield report(diagram, slot.element, "feel-prefix", message)
        elif slot.label in {"タイマーの日時", "タイマーの期間"} and not slot.is_feel and not _literal(slot.text):
            message = f"{slot.label}は = で始まる FEEL 式か ISO 8601 の値にしてください（今は「{slot.text}」）"
            yield report(diagram, slot.element, "feel-prefix", message)


def _is_fixed(slot: Slot, made: set[str]) -> bool:
    """Return whether a slot holds what Zeebe takes as it stands: names of groups or people, a moment."""
    if slot.label in _DAYS:
        return _TIMESTAMP.fullmatch(slot.text) is not None
    words = [word.strip() for word in slot.text.split(",")]
    return slot.label in _PEOPLE and all(
        _NAMED.fullmatch(word) and word.partition(".")[0] not in made for word in words
    )


def syntax(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Brackets and quotes are closed (the FEEL linter on Node checks the whole grammar)."""
    del context
    for slot in slots(diagram):
        if slot.is_feel:
            problem = _problem(slot.body)
            if problem:
                yield report(diagram, slot.element, "feel-syntax", f"{slot.label}の式が読めません: {problem}")


def shadowing(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """Within a context an earlier entry hides the variable of its name: later entries silently get null."""
    del context
    for slot in slots(diagram):
        for name in feel.shadowed(slot.body) if slot.is_feel else ():
            message = (
                f"{slot.label}の「{name}」は、先に書いた項目「{name}」の値になり、外の変数ではありません。"
                f"「{name}」の項目を最後に書くか、項目の名前を変えてください"
            )
            yield report(diagram, slot.element, "feel-shadow", message)


def clock(diagram: Diagram, context: Context) -> Iterator[Finding]:
    """FEEL's today() and now() are UTC: before 9 o'clock they give yesterday's date (D-7).

    A due date of a moment and a duration is right, to the minute; it is only noted.
    """
    del context
    for slot in slots(diagram):
        text = _LOCAL_NOW.sub("", slot.body) if slot.is_feel else ""
        spans = _SPAN.sub("", text) if slot.label in _DAYS else text
        if spans != text and not (feel.calls(spans, "today") or feel.calls(spans, "now")):
            message = (
                f"{slot.label}は、この作業が届いた時刻からの長さで決まります（休日や執務時間は考えません）。"
                "日の終わりや開庁日で決めるときは、ワーカーの期限（set-deadline）を使ってください"
            )
            yield report(diagram, slot.element, "due-span", message, Severity.NOTE)
        elif feel.calls(text, "today") or feel.calls(text, "now"):
            message = f"{slot.label}の today() と now() は世界標準時です。日付はワーカーから受け取ってください"
            yield report(diagram, slot.element, "feel-clock", message)


def _literal(text: str) -> bool:
    return bool(_DURATION.fullmatch(text) or _TIMESTAMP.fullmatch(text))


def _problem(expression: str) -> str:
    if not expression:
        return "式が空です"
    try:
        feel.variables(expression)
    except feel.FeelSyntaxError as error:
        return str(error)
    return ""
