"""What an input has to hold, as data: the diagram's headers and the job catalogue say it in one small grammar (ALL-10).

=====================================================  =========================================================
``approval.number:起案番号``                           must not be blank; the words after the colon name it
``approval.number:起案番号[decision=sign|decline]``     only where ``decision`` has one of the values (``!=``: none)
``rows.*.title:事業名[.filing=file]``                   in every row; ``.filing`` is the row's own key
``approval.on:決裁日 <=today >=case``                   a date: not in the future, not before the case was opened
``endsOn:終わり >=startsOn:始まり``                     a date that is not before another one
``scores.*.ability:遂行できるか 1..5``                  a number in a range
``failed:締結の可否[decision=sign]``                    (``empty``) a list that holds nothing, such as unmet conditions
=====================================================  =========================================================

Items are separated by commas. A rule of dates or numbers says nothing about a blank value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from workers.domain.numbers import parse_number
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError, InputErrors

_PATH: Final = r"\.?[A-Za-z_#]\w*(?:\.(?:\w+|\*))*"
_ITEM: Final = re.compile(rf"({_PATH})(?::([^\[\],\s<>]+))?((?:\[[^\[\]]*\])*)")
_CONDITION: Final = re.compile(rf"({_PATH})(!?=)([^\[\]]*)")
_BOUND: Final = re.compile(rf"(<=|>=)({_PATH})(?::(\S+))?")
_RANGE: Final = re.compile(r"(-?\d+)\.\.(-?\d+)")
_DAYS: Final = frozenset({"today", "case"})


@dataclass(frozen=True)
class Condition:
    """``path`` has one of the values, or with ``negated`` none of them; ``#name`` is a task header."""

    path: str
    values: frozenset[str]
    negated: bool = False


@dataclass(frozen=True)
class Item:
    """A value of the input: where it is, what people call it, and when the rule holds (all conditions)."""

    path: str
    label: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Bound:
    """A date is not before (``>=``) or not after (``<=``) another: ``today``, ``case`` (its opening) or a path."""

    operator: str
    path: str
    label: str = ""


@dataclass(frozen=True)
class DateRule:
    """A value that is a date, with its bounds."""

    item: Item
    bounds: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class RangeRule:
    """A value that is a number from ``least`` to ``most``."""

    item: Item
    least: int
    most: int


@dataclass(frozen=True)
class Rules:
    """Everything that one input has to hold."""

    required: tuple[Item, ...] = ()
    dates: tuple[DateRule, ...] = ()
    ranges: tuple[RangeRule, ...] = ()
    empty: tuple[Item, ...] = ()

    @property
    def asks_for_case(self) -> bool:
        """Whether a date is compared with the day on which the case was opened."""
        return any(bound.path == "case" for rule in self.dates for bound in rule.bounds)


def parse_rules(*, require: str = "", dates: str = "", ranges: str = "", empty: str = "") -> Rules:
    """Read the texts of the four headers; raises ValueError (Japanese) for an item that is none."""
    return Rules(
        tuple(_item(part) for part in _parts(require)),
        tuple(_date_rule(part) for part in _parts(dates)),
        tuple(_range_rule(part) for part in _parts(ranges)),
        tuple(_item(part) for part in _parts(empty)),
    )


def check(values: Mapping[str, Any], rules: Rules, *, today: date, opened_on: date | None = None) -> None:
    """Raise InputErrors with everything that the values lack or break; ``#name`` keys hold the task's headers."""
    problems = [
        *(problem for item in rules.required for problem in _missing(values, item)),
        *(problem for rule in rules.dates for problem in _bad_dates(values, rule, {"today": today, "case": opened_on})),
        *(problem for range_ in rules.ranges for problem in _out_of_range(values, range_)),
        *(problem for item in rules.empty for problem in _not_empty(values, item)),
    ]
    if problems:
        raise InputErrors(problems)


def read(values: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """Return checked values as they are kept: dates in ISO, numbers as such, texts without blanks around them.

    A text of blanks alone becomes null.
    """
    result = {name: _trimmed(value) for name, value in values.items()}
    for rule in rules.dates:
        _replace(result, rule.item.path.split("."), lambda value: parse_date(value).isoformat())
    for range_ in rules.ranges:
        reader = partial(parse_number, where="", least=range_.least, most=range_.most)
        _replace(result, range_.item.path.split("."), reader)
    return result


def spoken_days(values: Mapping[str, Any], rules: Rules) -> list[str]:
    """Return how the dates of checked values were read: ``決裁日 令和8年6月8日（月）``."""
    return [
        f"{_named(rule.item, rows)} {format_wareki(parse_date(value), weekday=True)}"
        for rule in rules.dates
        for value, rows in found(values, rule.item.path)
        if not is_blank(value) and _applies(values, rule.item, rows)
    ]


def is_blank(value: object) -> bool:
    """Return whether a value says nothing: null, unticked, an empty list, or a text of blanks of any width."""
    if isinstance(value, str):
        return all(character.isspace() or unicodedata.category(character) in {"Cf", "Cc"} for character in value)
    return value is None or value is False or value in ([], {})


def beside(path: str, other: str) -> str:
    """Return the path that ``other`` means at an item: ``.key`` stands beside the item's own key."""
    return f"{path.rpartition('.')[0]}{other}".lstrip(".") if other.startswith(".") else other


def roots(rules: Rules) -> set[str]:
    """Return the variables (and ``#headers``) that the rules read."""
    return {path.split(".")[0] for path in paths(rules)}


def paths(rules: Rules) -> list[str]:
    """Return the paths that the rules read, each once: of values, of conditions, and of dates to compare with."""
    bounds = [(rule.item.path, b.path) for rule in rules.dates for b in rule.bounds if b.path not in _DAYS]
    other = [*(path for path, _ in conditions(rules)), *(beside(path, bound) for path, bound in bounds)]
    return list(dict.fromkeys([*(item.path for item in _items(rules)), *other]))


def conditions(rules: Rules) -> list[tuple[str, Condition]]:
    """Return the conditions of the rules, each with the whole path that it looks at."""
    return [(beside(item.path, one.path), one) for item in _items(rules) for one in item.conditions]


def _items(rules: Rules) -> list[Item]:
    ruled = [*(rule.item for rule in rules.dates), *(rule.item for rule in rules.ranges)]
    return [*rules.required, *ruled, *rules.empty]


def found(values: Mapping[str, Any], path: str) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Yield (value, row numbers from 1) of a path; an absent key is one null, an absent list no row."""
    yield from _walk(values, path.split("."), ())


def _walk(value: Any, keys: list[str], rows: tuple[int, ...]) -> Iterator[tuple[Any, tuple[int, ...]]]:
    if not keys:
        yield value, rows
    elif keys[0] == "*":
        for number, row in enumerate(value if isinstance(value, list) else [], start=1):
            yield from _walk(row, keys[1:], (*rows, number))
    else:
        yield from _walk(value.get(keys[0]) if isinstance(value, Mapping) else None, keys[1:], rows)


def _trimmed(value: Any) -> Any:
    if isinstance(value, str):
        return None if is_blank(value) and value else value.strip()
    if isinstance(value, Mapping):
        return {name: _trimmed(part) for name, part in value.items()}
    return [_trimmed(part) for part in value] if isinstance(value, list) else value


def _replace(value: Any, keys: list[str], reader: Callable[[Any], Any]) -> None:
    """Put what the reader makes of it in the place of every value of a path that is not blank."""
    if isinstance(value, list) and keys[0] == "*":
        for row in value:
            _replace(row, keys[1:], reader)
    elif isinstance(value, dict) and keys[0] in value:
        if keys[1:]:
            _replace(value[keys[0]], keys[1:], reader)
        elif not is_blank(value[keys[0]]):
            with suppress(InputError):  # no rule asked for it under this choice
                value[keys[0]] = reader(value[keys[0]])


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _item(text: str) -> Item:
    match = _ITEM.fullmatch(text)
    if match is None:
        raise ValueError(f"「{text}」が読めません。キー:名前[条件のキー=値|値] のように書いてください")
    path, label, conditions = match.groups()
    read = [_condition(part) for part in re.findall(r"\[([^\[\]]*)\]", conditions)]
    return Item(path, label or path, tuple(read))


def _condition(text: str) -> Condition:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ValueError(f"条件「{text}」が読めません。キー=値|値 のように書いてください")
    path, operator, values = match.groups()
    return Condition(path, frozenset(values.split("|")), negated=operator == "!=")


def _date_rule(text: str) -> DateRule:
    head, *bounds = text.split()
    read = []
    for bound in bounds:
        match = _BOUND.fullmatch(bound)
        if match is None:
            raise ValueError(f"「{bound}」が読めません。<=today、>=case、>=キー:名前 のように書いてください")
        read.append(Bound(match[1], match[2], match[3] or match[2]))
    return DateRule(_item(head), tuple(read))


def _range_rule(text: str) -> RangeRule:
    head, _, tail = text.partition(" ")
    match = _RANGE.fullmatch(tail.strip())
    if match is None:
        raise ValueError(f"「{text}」が読めません。キー:名前 1..5 のように書いてください")
    return RangeRule(_item(head), int(match[1]), int(match[2]))


def _applies(values: Mapping[str, Any], item: Item, rows: tuple[int, ...]) -> bool:
    return all(_holds(values, condition, item.path, rows) for condition in item.conditions)


def _holds(values: Mapping[str, Any], condition: Condition, path: str, rows: tuple[int, ...]) -> bool:
    """Look a condition's key up: ``.key`` beside the item, ``list.*.key`` in the item's own row, else from the top."""
    shown = [as_text(value) for value, at in found(values, beside(path, condition.path)) if at == rows[: len(at)]]
    return any(text in condition.values for text in shown or [""]) is not condition.negated


def as_text(value: object) -> str:
    """Return how a condition sees a value: nothing and an empty list are empty, a ticked box is ``true``."""
    if value is None or value == []:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(item: Item, rows: tuple[int, ...]) -> str:
    return item.label + "".join(f"（{number}件目）" for number in rows)


def _missing(values: Mapping[str, Any], item: Item) -> Iterator[InputError]:
    for value, rows in found(values, item.path):
        if is_blank(value) and _applies(values, item, rows):
            yield InputError(_named(item, rows), "1つ以上入れてください" if value == [] else "入力してください")


def _not_empty(values: Mapping[str, Any], item: Item) -> Iterator[InputError]:
    """Find a list that would have to be empty under this choice; the message names what it holds."""
    for value, rows in found(values, item.path):
        if not is_blank(value) and _applies(values, item, rows):
            held = "、".join(str(part) for part in value) if isinstance(value, list) else str(value)
            yield InputError(_named(item, rows), f"この判断はできません（{held}）")


def _bad_dates(values: Mapping[str, Any], rule: DateRule, days: Mapping[str, date | None]) -> Iterator[InputError]:
    for value, rows in found(values, rule.item.path):
        if is_blank(value) or not _applies(values, rule.item, rows):
            continue
        try:
            day = parse_date(value, _named(rule.item, rows))
        except InputError as error:
            yield error
            continue
        for bound in rule.bounds:
            other = (
                days[bound.path] if bound.path in _DAYS else _day_at(values, beside(rule.item.path, bound.path), rows)
            )
            if other is not None and (day > other if bound.operator == "<=" else day < other):
                yield InputError(_named(rule.item, rows), _out_of_bound(day, other, bound))


def _day_at(values: Mapping[str, Any], path: str, rows: tuple[int, ...]) -> date | None:
    """Return the date that another rule reads, None where it is blank or none: its own rule says so."""
    for value, at in found(values, path):
        if at == rows[: len(at)] and not is_blank(value):
            try:
                return parse_date(value)
            except InputError:
                return None
    return None


def _out_of_bound(day: date, other: date, bound: Bound) -> str:
    if bound.path == "today":
        return f"{format_wareki(day)}は{'まだ来ていません' if bound.operator == '<=' else '過ぎています'}"
    name = "案件を始めた日" if bound.path == "case" else bound.label
    return f"{format_wareki(day)}は、{name}（{format_wareki(other)}）より{'後' if bound.operator == '<=' else '前'}です"


def _out_of_range(values: Mapping[str, Any], rule: RangeRule) -> Iterator[InputError]:
    for value, rows in found(values, rule.item.path):
        if is_blank(value) or not _applies(values, rule.item, rows):
            continue
        try:
            parse_number(value, _named(rule.item, rows), least=rule.least, most=rule.most)
        except InputError as error:
            yield error
