"""The values of the small FEEL expressions in forms: when a field is hidden, how many rows a list has.

The packs' forms hide fields with comparisons, ``and``, ``or``, ``not``, ``count`` and ``list contains``. Whatever else
FEEL knows raises UnknownFeelError: the caller decides what a field is then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*")
      |(?P<number>\d+(?:\.\d+)?)
      |(?P<name>(?:list\ contains|string\ length|[^\W\d]\w*))
      |(?P<mark>!=|<=|>=|[-+=<>()\[\]{},.:]))""",
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\(.)")
_CONSTANTS: Final[Mapping[str, Any]] = {"true": True, "false": False, "null": None}


class UnknownFeelError(Exception):
    """The expression uses more of FEEL than is read here."""


def value_of(expression: str, names: Mapping[str, Any]) -> Any:
    """Return the value of an expression (with or without ``=`` in front); an unknown name is null, as in FEEL.

    Raises UnknownFeelError.
    """
    reader = _Reader(_tokens(expression.strip().removeprefix("=")), names)
    value = reader.expression()
    reader.end()
    return value


def is_true(expression: str, names: Mapping[str, Any]) -> bool:
    """Return whether an expression is true: null is not. Raises UnknownFeelError."""
    return value_of(expression, names) is True


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise UnknownFeelError(text)
        found.append((match.lastgroup, match.group(match.lastgroup)))
        at = match.end()
    return found


class _Reader:
    """Reads tokens from left to right, one method a rank of operators, and gives the value at once."""

    def __init__(self, tokens: list[tuple[str, str]], names: Mapping[str, Any]) -> None:
        self._tokens = tokens
        self._names = names
        self._at = 0

    def end(self) -> None:
        """Raise where something is left."""
        if self._at < len(self._tokens):
            raise UnknownFeelError(self._tokens[self._at][1])

    def expression(self) -> Any:
        """Return the value of ``… or …``, or of ``if … then … else …``."""
        if self._take("if"):
            condition = self.expression()
            self._expect("then")
            yes = self.expression()
            self._expect("else")
            no = self.expression()
            return yes if condition is True else no
        value = self._conjunction()
        while self._take("or"):
            value = _either(value, self._conjunction())
        return value

    def _conjunction(self) -> Any:
        value = self._comparison()
        while self._take("and"):
            value = _both(value, self._comparison())
        return value

    def _comparison(self) -> Any:
        value = self._operand()
        for sign, compare in _COMPARISONS.items():
            if self._take(sign):
                return compare(value, self._operand())
        return value

    def _operand(self) -> Any:
        kind, text = self._next()
        if kind == "string":
            value: Any = _ESCAPED.sub(r"\1", text[1:-1])
        elif kind == "number":
            value = float(text) if "." in text else int(text)
        elif text == "(":
            value = self.expression()
            self._expect(")")
        elif text == "[":
            value = self._listed("]")
        elif text == "{":
            value = self._context()
        elif kind == "name":
            value = self._named(text)
        else:
            raise UnknownFeelError(text)
        while self._take("."):
            _, name = self._next()
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    def _named(self, name: str) -> Any:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if not self._take("("):
            return self._names.get(name)
        if name not in _FUNCTIONS:
            raise UnknownFeelError(name)
        try:
            return _FUNCTIONS[name](*self._listed(")"))
        except TypeError as error:
            raise UnknownFeelError(name) from error

    def _listed(self, closing: str) -> list[Any]:
        values: list[Any] = []
        while not self._take(closing):
            values.append(self.expression())
            if not self._take(","):
                self._expect(closing)
                break
        return values

    def _context(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not self._take("}"):
            kind, name = self._next()
            self._expect(":")
            values[name[1:-1] if kind == "string" else name] = self.expression()
            if not self._take(","):
                self._expect("}")
                break
        return values

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise UnknownFeelError("")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at] == (_kind(text), text)
        self._at += found
        return found

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise UnknownFeelError(text)


def _kind(text: str) -> str:
    return "name" if text[0].isalpha() else "mark"


def _both(left: Any, right: Any) -> bool | None:
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def _either(left: Any, right: Any) -> bool | None:
    if left is True or right is True:
        return True
    return False if left is False and right is False else None


def _equal(left: Any, right: Any) -> bool:
    return type(left) is type(right) and left == right if isinstance(left, bool | type(None)) else left == right


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool | None]:
    def compared(left: Any, right: Any) -> bool | None:
        try:
            return compare(left, right)
        except TypeError:  # null, or a number beside a text
            return None

    return compared


def _concatenated(*lists: Any) -> list[Any] | None:
    return [value for part in lists for value in part] if all(isinstance(part, list) for part in lists) else None


_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<=": _ordered(lambda left, right: left <= right),
    ">=": _ordered(lambda left, right: left >= right),
    "<": _ordered(lambda left, right: left < right),
    ">": _ordered(lambda left, right: left > right),
}
_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "not": lambda value: not value if isinstance(value, bool) else None,
    "count": lambda value: len(value) if isinstance(value, list) else None,
    "list contains": lambda values, value: value in values if isinstance(values, list) else None,
    "string length": lambda value: len(value) if isinstance(value, str) else None,
    "concatenate": _concatenated,
}
