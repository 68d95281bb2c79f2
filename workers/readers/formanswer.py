"""A partner's answer, checked against the form that asked for it (ALL-3, ALL-10).

The page's own checks are a courtesy: what arrives is read again here, field by field. A hidden field is no part of the
answer, blanks are no text, full-width digits are folded where digits are meant, an emptied list is a list.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from workers.domain.text import multi_line, shown, single_line
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.readers.feelvalues import UnknownFeelError, is_true, value_of

_KIND: Final = "renkei:kind"
_LONGEST: Final = 10_000
_MOST_ROWS: Final = 200
_CHOSEN: Final = frozenset({"radio", "select", "checklist", "taglist", "checkbox"})
_FIELDS: Final = frozenset({"textfield", "textarea", "number", "expression", *_CHOSEN})
_MOST_DIGITS: Final = 15


@dataclass(frozen=True)
class Said:
    """One field of an answer as people read it. ``row``: the list and the number of the row around it, or empty."""

    label: str
    text: str
    row: str = ""


@dataclass
class ReadAnswer:
    """What was read: the variables for the engine, what was said, and what has to be mended (Japanese)."""

    values: dict[str, Any] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_answer(form: Mapping[str, Any], given: Mapping[str, Any], known: Mapping[str, Any]) -> ReadAnswer:
    """Read what a page sent for a form. ``known``: the variables that the form was shown with."""
    answer = ReadAnswer()
    reader = _Reader(answer, {**known, **_plain(given)})
    answer.values = reader.read(form.get("components") or [], given, known)
    return answer


class _Reader:
    """Reads the fields of a form or of one row; ``names`` are what its conditions may name."""

    def __init__(self, answer: ReadAnswer, names: Mapping[str, Any], row: str = "") -> None:
        self._answer = answer
        self._names = names
        self._row = row

    def read(self, parts: Sequence[Any], given: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the parts that are seen, problems noted."""
        values: dict[str, Any] = {}
        for part in self._seen(parts):
            kind = part.get("type")
            if kind == "group":
                _merge(values, self.read(part.get("components") or [], given, known))
            elif kind == "dynamiclist" and (path := part.get("path")):
                _merge(values, _nested(path, self._rows(part, _at(given, path), _at(known, path))))
            elif kind in _FIELDS and (key := part.get("key")):
                fixed = part.get("readonly") is True and _has(known, key) and kind != "expression"
                told = self._untouched(part, _at(known, key)) if fixed else self._value(part, _at(given, key))
                _merge(values, _nested(key, told))
        return values

    def _seen(self, parts: Sequence[Any]) -> Iterator[Mapping[str, Any]]:
        for part in parts:
            if not isinstance(part, Mapping) or part.get("disabled") is True:
                continue
            hide = (part.get("conditional") or {}).get("hide")
            try:
                hidden = isinstance(hide, str) and bool(hide.strip()) and is_true(hide, self._names)
            except UnknownFeelError:
                hidden = False
            if not hidden:
                yield part

    def _rows(self, part: Mapping[str, Any], given: Any, known: Any) -> list[dict[str, Any]]:
        label, before = str(part.get("label") or part["path"]), known if isinstance(known, list) else []
        found = [row for row in given if isinstance(row, Mapping)] if isinstance(given, list) else []
        if part.get("allowAddRemove") is False and known is not None and len(found) != len(before):
            self._problem(label, "行の数が変わっています。画面を開き直してください")
        if len(found) > _MOST_ROWS:
            self._problem(label, f"{_MOST_ROWS}件までにしてください")
        rows = []
        for number, row in enumerate(found[:_MOST_ROWS]):
            same = part.get("allowAddRemove") is False and number < len(before) and isinstance(before[number], Mapping)
            old = before[number] if same else {}
            name = f"{self._row} {label} {number + 1}件目".strip()
            names = {**self._names, "this": {**old, **_plain(row)}, "parent": self._names}
            rows.append(_Reader(self._answer, names, name).read(part.get("components") or [], row, old))
        if not rows:
            self._say(label, "なし")
        return rows

    def _untouched(self, part: Mapping[str, Any], known: Any) -> Any:
        """Return what is only read as it was, whatever it is; in a row it names the row."""
        if self._row:
            options = self._options(part) or [] if part["type"] in _CHOSEN else []
            each = known if isinstance(known, list) else [] if known in (None, "") else [known]
            self._say(str(part.get("label") or part["key"]), "、".join(_option_label(value, options) for value in each))
        return known

    def _value(self, part: Mapping[str, Any], given: Any) -> Any:
        kind, label = part["type"], str(part.get("label") or part["key"])
        if kind == "expression":
            return self._computed(part, given)
        if kind == "radio" and not part.get("values") and not part.get("valuesExpression"):
            self._answer.problems.append(f"{self._row} {label}".strip())  # it only demands something beside it
            return None
        try:
            value, text = self._chosen(part, given, label) if kind in _CHOSEN else _typed(part, given, label)
        except InputError as error:
            self._answer.problems.append(f"{self._row}の{error.message}" if self._row else error.message)
            return None
        if _is_required(part) and value in (None, "", [], False):
            self._problem(label, "選んでください" if kind in _CHOSEN else "入力してください")
        if self._row or part.get("readonly") is not True:  # what is only read is no answer; in a row it names the row
            self._say(label, text)
        return value

    def _chosen(self, part: Mapping[str, Any], given: Any, label: str) -> tuple[Any, str]:
        if part["type"] == "checkbox":
            return given is True, "はい" if given is True else "いいえ"
        options = self._options(part)
        several = part["type"] in {"checklist", "taglist"}
        wanted = (given if isinstance(given, list) else []) if several else [given] if given not in (None, "") else []
        if options is not None and any(value not in [option["value"] for option in options] for value in wanted):
            raise InputError(label, "選べるものから選んでください")
        texts = [_option_label(value, options or []) for value in wanted]
        value = list(wanted) if several else wanted[0] if wanted else None
        return value, "、".join(texts)

    def _options(self, part: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
        """Return what may be chosen, or None where that is not known."""
        found: Any = part.get("values")
        if isinstance(expression := part.get("valuesExpression"), str):
            try:
                found = value_of(expression, self._names)
            except UnknownFeelError:
                return None
        if not isinstance(found, list):
            return None
        return [option if isinstance(option, Mapping) else {"label": option, "value": option} for option in found]

    def _computed(self, part: Mapping[str, Any], given: Any) -> Any:
        try:
            return value_of(str(part.get("expression")), self._names)
        except UnknownFeelError:
            return given if isinstance(given, int | float | str | bool) else None

    def _problem(self, label: str, detail: str) -> None:
        row = f"{self._row}の" if self._row else ""
        self._answer.problems.append(f"{row}「{label}」: {detail}")

    def _say(self, label: str, text: str) -> None:
        self._answer.said.append(Said(label, text or "（記入なし）", self._row))


def _at(values: Mapping[str, Any], key: str) -> Any:
    """Return the value of a key; ``approval.number`` lies within ``approval``, as form-js has it."""
    found: Any = values
    for name in key.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _has(values: Mapping[str, Any], key: str) -> bool:
    """Return whether there is such a key, None or not."""
    *path, last = key.split(".")
    holder = _at(values, ".".join(path)) if path else values
    return isinstance(holder, Mapping) and last in holder


def _nested(key: str, value: Any) -> dict[str, Any]:
    for name in reversed(key.split(".")):
        value = {name: value}
    found: dict[str, Any] = value
    return found


def _merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add values to those of the same contexts."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(known := values.get(name), dict):
            _merge(known, value)
        else:
            values[name] = value


def _typed(part: Mapping[str, Any], given: Any, label: str) -> tuple[Any, str]:
    rules, kind = part.get("validate") or {}, part["type"]
    if kind == "number":
        return _number(rules, given, label)
    longest = min(int(rules.get("maxLength") or _LONGEST), _LONGEST)
    read = multi_line if kind == "textarea" else single_line
    text = read("" if given is None else given, label, maximum=longest)
    pattern = rules.get("pattern")
    if not text:
        return text, ""
    if pattern:
        text = unicodedata.normalize("NFKC", text)
        hint = str(pattern).partition("|")[0] if "|^" in str(pattern) else "決められた形で入力"
        if not re.search(str(pattern), text):
            raise InputError(label, f"{hint}してください")
    if len(text) < int(rules.get("minLength") or 0):
        raise InputError(label, f"{rules['minLength']}文字以上で入力してください")
    if (part.get("properties") or {}).get(_KIND) == "date":
        return text, format_wareki(parse_date(text, label), weekday=True)
    return text, text


def _number(rules: Mapping[str, Any], given: Any, label: str) -> tuple[int | float | None, str]:
    if given in (None, ""):
        return None, ""
    text = unicodedata.normalize("NFKC", str(given)).replace(",", "").strip()
    if isinstance(given, bool) or len(text) > _MOST_DIGITS or not re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        raise InputError(label, f"「{shown(given)}」は数ではありません。数字で入力してください")
    number = float(text) if "." in text else int(text)
    for rule, word in (("min", "以上"), ("max", "以下")):
        limit = rules.get(rule)
        if isinstance(limit, int | float) and (number < limit if rule == "min" else number > limit):
            raise InputError(label, f"{limit}{word}の数を入力してください")
    return number, text


def _is_required(part: Mapping[str, Any]) -> bool:
    return part.get("readonly") is not True and (part.get("validate") or {}).get("required") is True


def _option_label(value: Any, options: Sequence[Mapping[str, Any]]) -> str:
    return next((str(option.get("label", value)) for option in options if option["value"] == value), str(value))


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what conditions compare: blanks around texts are no text."""
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
