"""Conditions of forms and gateways under a given choice: enough of FEEL for ``if a = "x" and b != null …``.

The rest (arithmetic, filters, other functions) is unknown, and what depends on it is unknown too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from workers.packs.diagrams import feel
from workers.packs.diagrams.feel import FeelSyntaxError, Token

Choice = Mapping[str, object]
"""Values by dotted path (``this.judgement`` for a list's row); a path that is not there is unknown."""


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
_LITERALS: Final = {"null": None, "true": True, "false": False}
_END: Final = Token("end", "")
_REMEMBERED: Final = 5000
_Value = Callable[[Choice], object]


def evaluate(expression: str, choice: Choice) -> object:
    """Return the value of an expression (without its ``=``), or ``UNKNOWN``."""
    return _read(expression)(choice)


@lru_cache(_REMEMBERED)
def _read(expression: str) -> _Value:
    try:
        reader = _Reader(feel.tokens(expression))
        value = reader.either()
    except (FeelSyntaxError, _NotReadError):
        return _constant(UNKNOWN)
    return value if reader.token is _END else _constant(UNKNOWN)


def is_true(expression: str, choice: Choice) -> bool | None:
    """Return whether a condition holds; None where that is unknown."""
    value = evaluate(expression, choice)
    return None if value is UNKNOWN else value is True


def compared(expression: str) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of every comparison of a path with a text: the values that matter for it."""
    yield from _comparisons(expression)


@lru_cache(_REMEMBERED)
def _comparisons(expression: str) -> tuple[tuple[str, str], ...]:
    return tuple(_found_comparisons(expression))


def _found_comparisons(expression: str) -> Iterator[tuple[str, str]]:
    try:
        found = feel.tokens(expression)
    except FeelSyntaxError:
        return
    for index, token in enumerate(found):
        if token.kind == "mark" and token.text in {"=", "!="} and 0 < index < len(found) - 1:
            path, start = _path_before(found, index)
            if path and found[index + 1].kind == "string" and start >= 0:
                yield path, found[index + 1].text.strip('"')


@lru_cache(_REMEMBERED)
def paths(expression: str) -> frozenset[str]:
    """Return the dotted paths that an expression reads, without those that start with a bound name's own keys."""
    try:
        found = feel.tokens(expression)
    except FeelSyntaxError:
        return frozenset()
    read = {_path_before(found, index)[0] for index in range(1, len(found) + 1) if not _goes_on(found, index)}
    names = set(_names(expression))
    return frozenset(path for path in read if path and path.split(".")[0] in names)


def _names(expression: str) -> list[str]:
    try:
        return feel.variables(expression)
    except FeelSyntaxError:
        return []


def _goes_on(found: list[Token], index: int) -> bool:
    return index < len(found) and found[index].text == "."


def _path_before(found: list[Token], index: int) -> tuple[str, int]:
    """Return the dotted path that ends before an index, and where it starts."""
    names: list[str] = []
    at = index - 1
    while at >= 0 and found[at].kind == "name" and found[at].text not in {"and", "or", "not", "if", "then", "else"}:
        names.insert(0, found[at].text)
        if at < 2 or found[at - 1].text != ".":
            break
        at -= 2
    return ".".join(names), at


class _NotReadError(Exception):
    """The expression goes beyond what this module reads."""


class _Reader:
    """Makes a function of an expression: it is read once and asked under thousands of choices."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def token(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def either(self) -> _Value:
        """Read a whole expression."""
        if self._take("if"):
            return self._choice_of_two()
        value = self._both()
        while self._take("or"):
            value = _joined(_or, value, self._both())
        return value

    def _choice_of_two(self) -> _Value:
        condition = self.either()
        if not self._take("then"):
            raise _NotReadError
        first = self.either()
        if not self._take("else"):
            raise _NotReadError
        second = self.either()

        def chosen(choice: Choice) -> object:
            held = condition(choice)
            return UNKNOWN if held is UNKNOWN else first(choice) if held is True else second(choice)

        return chosen

    def _both(self) -> _Value:
        value = self._comparison()
        while self._take("and"):
            value = _joined(_and, value, self._comparison())
        return value

    def _comparison(self) -> _Value:
        left = self._operand()
        for operator in ("=", "!=", "<=", ">=", "<", ">"):
            if self._take(operator):
                right = self._operand()
                return lambda choice: _compared(left(choice), operator, right(choice))
        return left

    def _operand(self) -> _Value:
        token = self.token
        if token.kind == "string":
            self._at += 1
            return _constant(token.text.strip('"'))
        if self._take("["):
            return self._list()
        if token.kind == "number":
            self._at += 1
            return _constant(float(token.text))
        if self._take("("):
            return self._closed(self.either())
        if token.kind != "name":
            raise _NotReadError
        if token.text in _LITERALS:
            self._at += 1
            return _constant(_LITERALS[token.text])
        return self._call() if self._is_call() else self._path()

    def _list(self) -> _Value:
        parts: list[_Value] = []
        while not self._take("]"):
            parts.append(self.either())
            if self.token.text != "]" and not self._take(","):
                raise _NotReadError

        def listed(choice: Choice) -> object:
            values = [part(choice) for part in parts]
            return UNKNOWN if UNKNOWN in values else values

        return listed

    def _is_call(self) -> bool:
        words = [token.text for token in self._tokens[self._at : self._at + 3]]
        return words[:2] in (["not", "("], ["count", "("]) or words == ["list", "contains", "("]

    def _call(self) -> _Value:
        name = self.token.text
        self._at += 3 if name == "list" else 2
        value = self.either()
        if name == "list":
            if not self._take(","):
                raise _NotReadError
            return self._closed(_joined(_contains, value, self.either()))
        return self._closed(lambda choice: _counted(value(choice)) if name == "count" else _negated(value(choice)))

    def _path(self) -> _Value:
        names = [self.token.text]
        self._at += 1
        while self._take("."):
            names.append(self.token.text)
            self._at += 1
        path = ".".join(names)
        return lambda choice: choice.get(path, UNKNOWN)

    def _closed(self, value: _Value) -> _Value:
        if not self._take(")"):
            raise _NotReadError
        return value

    def _take(self, text: str) -> bool:
        if self.token.kind != "string" and self.token.text == text:
            self._at += 1
            return True
        return False


def _constant(value: object) -> _Value:
    return lambda _: value


def _joined(how: Callable[[object, object], object], left: _Value, right: _Value) -> _Value:
    return lambda choice: how(left(choice), right(choice))


def _counted(value: object) -> object:
    if value is UNKNOWN:
        return UNKNOWN
    return float(len(value)) if isinstance(value, list) else None


def _negated(value: object) -> object:
    if value is UNKNOWN:
        return UNKNOWN
    return not value if isinstance(value, bool) else None


def _or(left: object, right: object) -> object:
    if left is True or right is True:
        return True
    return UNKNOWN if UNKNOWN in (left, right) else False


def _and(left: object, right: object) -> object:
    if left is False or right is False:
        return False
    return UNKNOWN if UNKNOWN in (left, right) else left is True and right is True


def _compared(left: object, operator: str, right: object) -> object:
    if UNKNOWN in (left, right):
        return UNKNOWN
    if operator in {"=", "!="}:
        return (left == right) is (operator == "=")
    if not isinstance(left, float) or not isinstance(right, float):
        return None
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def _contains(values: object, value: object) -> object:
    if values is UNKNOWN or value is UNKNOWN:
        return UNKNOWN
    return value in values if isinstance(values, list) else None
