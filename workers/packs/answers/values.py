"""An answer to a form, read and checked: whatever way it came, each value is typed the same (ALL-2, ALL-10).

The values are those of the form's own screen: choices by their value, dates as ISO text, ticks as yes or no, lists of
rows. Each problem names its place; what can be read is read, whatever is wrong beside it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from workers.domain.text import email, multi_line, shown, single_line
from workers.domain.wareki import parse_date
from workers.errors import InputError
from workers.packs.answers.model import AnswerForm, Question, Rows
from workers.packs.diagrams.conditions import is_true

_YES: Final = frozenset({"はい", "有", "あり", "○", "〇", "◯", "true", "1", "レ", "✓", "✔", "☑"})
_NO: Final = frozenset({"いいえ", "無", "なし", "×", "✕", "false", "0", "", "☐", "-", "ー"})
_BETWEEN: Final = re.compile(r"[、,，;；\n]+")
_NUMBER: Final = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_OWN_COUNT: Final = r"count\(\s*{}\s*\)\s*>\s*0"


@dataclass(frozen=True)
class Place:
    """Where a value stands: a field by its key, in a list the list's path and the row from 0; no key: the list."""

    key: str
    rows: str = ""
    row: int | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place, in Japanese; ``label`` is what the form calls it."""

    place: Place
    label: str
    message: str


@dataclass
class Answer:
    """What was read on the day it came. ``values`` by key as the form's variables are; a list row by row."""

    came_on: date
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_answer(form: AnswerForm, raw: Mapping[str, Any], today: date) -> Answer:
    """Return an answer with all that is wrong with it.

    ``raw``: what was given by key, as text or as a spreadsheet or a page types it; a list as rows by key. ``today``:
    the day on which the answer came, for the fields that say so.
    """
    answer = Answer(today)
    for question in form.questions():
        _take(question, raw.get(question.key), Place(question.key), answer.values, answer)
    for rows in form.lists():
        answer.values[rows.key] = _read_rows(rows, raw.get(rows.key), answer)
    for question in form.questions():
        _need(question, answer.values, Place(question.key), answer, answer.values)
    for rows in form.lists():
        _need_rows(rows, answer)
    answer.problems.sort(key=lambda problem: _order(form, problem.place))
    return answer


def read_value(question: Question, raw: Any) -> Any:
    """Return a single value as the form's variable has it, None where there is none.

    Raises InputError(label, …) for what is no such value.
    """
    where = question.label
    raw = raw.strip() if isinstance(raw, str) else raw
    if question.kind == "choices":
        return [_choice(question, part, where) for part in _listed(raw)]
    if question.kind == "tick":
        return _tick(raw, where)
    return None if raw in (None, "") else _READ[question.kind](question, raw, where)


def _take(question: Question, raw: Any, place: Place, into: dict[str, Any], answer: Answer) -> None:
    if question.today:
        into[question.key] = answer.came_on.isoformat()
    elif question.fixed is not None:
        into[question.key] = question.fixed
    elif question.office:
        return
    elif question.given:
        into[question.key] = raw
    else:
        into[question.key] = [] if question.kind == "choices" else None
        try:
            into[question.key] = read_value(question, raw)
        except InputError as error:
            answer.problems.append(_problem(place, question.label, error))


def _read_rows(rows: Rows, raw: Any, answer: Answer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for index, given in enumerate(raw if isinstance(raw, Sequence) and not isinstance(raw, str) else ()):
        row: dict[str, Any] = {}
        for question in rows.questions:
            place = Place(question.key, rows.key, index)
            _take(question, given.get(question.key), place, row, answer)
        found.append(row)
    return found


def _need(
    question: Question,
    own: Mapping[str, Any],
    place: Place,
    answer: Answer,
    whole: Mapping[str, Any],
) -> None:
    """Note a missing value that is needed where the question applies; what is wrong there already is told once."""
    value = own.get(question.key)
    told = any(problem.place == place for problem in answer.problems)
    if not question.asked or question.kind == "tick" or value not in (None, []) or told:
        return
    choice = {**whole, **({f"this.{key}": part for key, part in own.items()} if place.rows else {})}
    if any(is_true(hide, choice) is not False for hide in question.hides):
        return
    demanded = any(all(is_true(hide, choice) is False for hide in hides) for hides in question.demands)
    if question.required or demanded:
        chosen = question.kind in ("choice", "choices")
        answer.problems.append(Problem(place, question.label, "選んでください" if chosen else "書いてください"))


def _need_rows(rows: Rows, answer: Answer) -> None:
    values = answer.values
    if any(is_true(hide, values) is not False for hide in rows.hides):
        return
    for index, row in enumerate(values[rows.key]):
        for question in rows.questions:
            _need(question, row, Place(question.key, rows.key, index), answer, values)
    if values[rows.key]:
        return
    own = re.compile(_OWN_COUNT.format(re.escape(rows.key)))
    for hides in rows.demands:
        if all(is_true(own.sub("false", hide), values) is False for hide in hides):
            answer.problems.append(Problem(Place("", rows.key), rows.label, "1件以上書いてください"))
            return


def _order(form: AnswerForm, place: Place) -> tuple[int, int]:
    keys = [part.key for part in form.parts]
    wanted = place.rows or place.key
    return (keys.index(wanted) if wanted in keys else len(keys), place.row if place.row is not None else -1)


def _problem(place: Place, label: str, error: InputError) -> Problem:
    return Problem(place, label, error.message.removeprefix(f"{error.where}: "))


def _tick(raw: Any, where: str) -> bool:
    if isinstance(raw, bool) or raw is None:
        return raw is True
    word = _folded(raw)
    if word in _YES or word in _NO:
        return word in _YES
    raise InputError(where, f"「{shown(str(raw))}」は読めません。はい か いいえ を選んでください")


def _listed(raw: Any) -> Iterator[Any]:
    if isinstance(raw, str):
        yield from (part.strip() for part in _BETWEEN.split(raw) if part.strip())
    elif isinstance(raw, Sequence):
        yield from raw
    elif raw is not None:
        yield raw


def _choice(question: Question, raw: Any, where: str) -> str:
    """Return the value of a choice, given by its label, its value, or the number that its label begins with."""
    word = _folded(raw)
    for option in question.options:
        if word in (_folded(option.label), _folded(option.value)):
            return option.value
    started = [o.value for o in question.options if word and re.match(rf"{re.escape(word)}\s", _folded(o.label) + " ")]
    if len(started) == 1 and word.isdigit():
        return started[0]
    raise InputError(where, f"「{shown(str(raw))}」は選択肢にありません。一覧から選んでください")


def _day(_question: Question, raw: Any, where: str) -> str:
    if isinstance(raw, datetime):
        raw = raw.date()
    return parse_date(raw, where).isoformat()


def _number(_question: Question, raw: Any, where: str) -> int | float:
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return raw
    text = _folded(raw).replace(",", "")
    if not _NUMBER.fullmatch(text):
        raise InputError(where, f"「{shown(str(raw))}」は数として読めません")
    return float(text) if "." in text else int(text)


def _line(question: Question, raw: Any, where: str) -> str | None:
    return _checked(question, single_line(_written(raw), where, maximum=question.longest))


def _lines(question: Question, raw: Any, where: str) -> str | None:
    return _checked(question, multi_line(_written(raw), where, maximum=question.longest))


def _checked(question: Question, text: str) -> str | None:
    if not text:
        return None
    if question.email:
        return email(unicodedata.normalize("NFKC", text), question.label)
    if len(text) < question.shortest:
        raise InputError(question.label, f"{question.shortest}字以上で書いてください")
    if question.pattern and not re.search(question.pattern, text):
        raise InputError(question.label, f"決められた形で書いてください（{question.pattern.partition('|')[0]}）")
    return text


def _written(raw: Any) -> str:
    """Return a value as a person wrote it: a spreadsheet has numbers and days of its own."""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return raw.date().isoformat() if isinstance(raw, datetime) else str(raw)


def _folded(raw: Any) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", _written(raw))).strip()


_READ: Final[Mapping[str, Callable[[Question, Any, str], Any]]] = {
    "line": _line,
    "text": _lines,
    "date": _day,
    "number": _number,
    "choice": _choice,
}
