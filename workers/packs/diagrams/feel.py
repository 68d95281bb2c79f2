"""Which variables a FEEL expression reads. A reader of our own: the engine's parser is Scala, bpmn.io's JavaScript.

It knows strings, comments, properties, contexts, ``for``/``some``/``every``, functions and the built-in ones' names.
Names inside a filter (``list[…]``) may be properties of the list's elements, so they are not reported.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from workers.packs.diagrams.feel_order import FeelSyntaxError, Order

__all__ = ["FeelSyntaxError", "calls", "shadowed", "tokens", "variables"]

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
      |(?P<string>@?"(?:[^"\\]|\\.)*")
      |(?P<number>\d+(?:\.\d+)?|\.\d+)
      |(?P<name>[^\W\d]\w*|`[^`]+`|\?)
      |(?P<mark>\.\.|<=|>=|!=|\*\*|[-+*/=<>()\[\]{},.:])""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORDS: Final = frozenset(
    [
        *("and", "or", "not", "true", "false", "null", "if", "then", "else", "for", "in", "return", "some", "every"),
        *("satisfies", "between", "instance", "of", "function", "external", "item", "partial", "?"),
    ]
)
_BUILTINS: Final = frozenset(
    """
    not|cycle|get or else|is defined|assert|is empty|is blank|string|number|context|range|boolean
    date|time|date and time|duration|years and months duration|now|today|day of week|day of year|week of year
    month of year|last day of month|contains|substring|string length|upper case|lower case|substring before
    substring after|replace|starts with|ends with|matches|split|extract|trim|uuid|to base64|string join|list contains
    list replace|count|min|max|sum|product|mean|median|stddev|mode|all|any|sublist|append|concatenate|insert before
    remove|reverse|index of|union|distinct values|duplicate values|flatten|sort|partition|decimal|floor|ceiling
    round up|round down|round half up|round half down|abs|modulo|sqrt|log|exp|odd|even|random number|get entries
    get value|context put|context merge|put|put all|before|after|meets|met by|overlaps|overlaps before|overlaps after
    finishes|finished by|includes|during|starts|started by|coincides|is|and|or
    """.replace("\n", "|")
    .strip("|")
    .replace(" |", "|")
    .replace("|    ", "|")
    .split("|")
)
_OPERATOR_WORDS: Final = frozenset({"and", "or", "in", "between", "instance"})
_WORDS: Final = frozenset({"if", "then", "else", "for", "some", "every", "return", "satisfies"})
_TYPES: Final = ("years and months duration", "days and time duration", "date and time")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_REMEMBERED: Final = 10_000
"""The same expressions are read by many rules, and stand in many forms and diagrams."""
_MEANT: Final = {"&&": "and ", "||": "or ", "==": "= ", "<>": "!= "}
_ROLES: Final = {**dict.fromkeys("([{", "open"), **dict.fromkeys(")]}", "close"), ",": "comma", ".": "dot"}


@dataclass(frozen=True)
class Token:
    """A piece of an expression; ``kind`` is string, number, name or mark."""

    kind: str
    text: str


def tokens(expression: str) -> list[Token]:
    """Split an expression (without its leading ``=``); raises FeelSyntaxError for a sign that FEEL does not know."""
    return list(_tokens(expression))


@lru_cache(_REMEMBERED)
def _tokens(expression: str) -> tuple[Token, ...]:
    result, position = [], 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if match is None:
            raise FeelSyntaxError(_unknown_sign(expression, position))
        if match.lastgroup in {"number", "name"}:
            _narrow(match.group())
        if match.lastgroup != "space":
            result.append(Token(match.lastgroup or "", match.group()))
        position = match.end()
    return tuple(result)


def _unknown_sign(expression: str, position: int) -> str:
    """Say what is meant by a sign that FEEL does not know."""
    sign, two = expression[position], expression[position : position + 2]
    if sign == '"':
        return "文字列の引用符が閉じていません"
    if two in _MEANT:
        return f"「{two}」は FEEL にありません。{_MEANT[two]}と書いてください"
    half = unicodedata.normalize("NFKC", sign)
    if sign in "“”„‟「」『』":
        return f'「{sign}」は文字列の引用符になりません。半角の " で囲んでください'
    if half != sign:
        return f"全角の「{sign}」は使えません。半角の「{half}」にしてください"
    return f"FEEL にない記号「{sign}」があります"


def _narrow(text: str) -> None:
    half = unicodedata.normalize("NFKC", text)
    if half != text and half.isascii():
        raise FeelSyntaxError(f"全角の「{text}」は使えません。半角で「{half}」と書いてください")


def variables(expression: str, *, unary: bool = False) -> list[str]:
    """Return the names of the variables that an expression reads, each once, in order of their first use.

    ``expression`` comes without its leading ``=``; ``unary``: it is a condition of a decision table. Raises
    FeelSyntaxError for unknown signs, unbalanced brackets, and missing or doubled operators.
    """
    return list(_variables(expression, unary=unary))


@lru_cache(_REMEMBERED)
def _variables(expression: str, *, unary: bool) -> tuple[str, ...]:
    return tuple(_Reader(tokens(expression), Order(unary=unary)).read())


def shadowed(expression: str) -> list[str]:
    """Return names that stand for an earlier entry of a context where the variable around it must be meant.

    ``{department: department.name, code: department.code}``: from the second entry on ``department`` is the name, so
    the code is null. An entry that hands its variable on as it is (``{a: a, b: a.x}``) changes nothing. An unreadable
    expression has none.
    """
    reader = _Reader([], Order(unary=False))
    try:
        reader.tokens = tokens(expression)
        reader.read()
    except FeelSyntaxError:
        return []
    return reader.trapped


def calls(expression: str, name: str) -> bool:
    """Return whether an expression calls a function, such as ``today``; an unreadable one calls nothing."""
    try:
        found = tokens(expression)
    except FeelSyntaxError:
        return False
    return any(
        token.text == name and index + 1 < len(found) and found[index + 1].text == "("
        for index, token in enumerate(found)
    )


@dataclass
class _Level:
    """What lies between two brackets: the names that are bound there."""

    opener: str
    bound: set[str] = field(default_factory=set)
    key: str | None = None
    value_at: int = 0  # where the value of the key begins
    reads_itself: bool = False  # the value of the key reads a variable of the key's name
    shadowing: set[str] = field(default_factory=set)
    filters: bool = False
    heading: bool = False  # between "for" and "return"


@dataclass
class _Reader:
    tokens: list[Token]
    order: Order
    found: list[str] = field(default_factory=list)
    trapped: list[str] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=lambda: [_Level("")])

    def read(self) -> list[str]:
        index = 0
        while index < len(self.tokens):
            token = self.tokens[index]
            index += self._mark(index) if token.kind == "mark" else self._word(index)
        if len(self.levels) > 1:
            raise FeelSyntaxError(f"かっこ「{self.levels[-1].opener}」が閉じていません")
        if self.tokens:
            self.order.finish()
        return self.found

    def _text(self, index: int) -> str:
        return self.tokens[index].text if 0 <= index < len(self.tokens) else ""

    def _mark(self, index: int) -> int:
        text, level = self._text(index), self.levels[-1]
        self.order.add(_ROLES.get(text, "operator"), text)
        if text in _CLOSING:
            follows_value = index > 0 and (
                self.tokens[index - 1].kind in {"name", "string"} or self._text(index - 1) in {")", "]", "}"}
            )
            keyword = self._text(index - 1) in _KEYWORDS - {"item"}
            self.levels.append(_Level(text, filters=level.filters or (text == "[" and follows_value and not keyword)))
        elif text in {")", "]", "}"}:
            # an interval may open with ] or close with [, so only round and curly brackets must match exactly
            if len(self.levels) == 1 or (text != "]" and _CLOSING[level.opener] != text):
                raise FeelSyntaxError(f"かっこ「{text}」が対応していません")
            self.levels.pop()
        elif text == "," and level.opener == "{" and level.key:
            level.bound.add(level.key)
            if level.reads_itself and index - level.value_at > 1:
                level.shadowing.add(level.key)
            level.key, level.reads_itself = None, False
        return 1

    def _word(self, index: int) -> int:
        """Read a name, number or string and return how many tokens belong to it."""
        token = self.tokens[index]
        if (length := self._key_length(index)) is not None:
            level = self.levels[-1]
            level.key, level.value_at = _joined(self.tokens[index : index + length]), index + length + 1
            self.order.add("key", level.key)
            return length + 1
        if token.kind != "name" or self._text(index - 1) == ".":
            self.order.add("value", token.text)
        if token.kind != "name":
            return 1
        if self._text(index - 1) == ".":
            return 2 if (token.text, self._text(index + 1)) == ("time", "offset") else 1
        if (length := self._special_length(index)) is not None:
            return length
        self._name(index)
        return 1

    def _special_length(self, index: int) -> int | None:
        """Return how many tokens a function's head, a type or a built-in's name takes, or None for anything else."""
        if self._text(index) == "function":
            self.order.add("head", "function")
            return self._function(index)
        if self._text(index) == "of" and self._text(index - 1) == "instance":
            self.order.add("value", self._text(index + 1))
            return self._type_length(index)
        if (length := self._builtin_length(index)) is not None:
            self.order.add("callee", self._text(index))
        return length

    def _name(self, index: int) -> None:
        text, level = self._text(index), self.levels[-1]
        self._refuse_unknown_function(index)
        role = "operator" if text in _OPERATOR_WORDS else "word" if text in _WORDS else "value"
        self.order.add(role, text)
        if text in {"for", "some", "every"}:
            level.heading = True
        elif text in {"return", "satisfies"}:
            level.heading = False
        elif level.heading and self._text(index + 1) == "in" and self._text(index - 1) in {"for", "some", "every", ","}:
            level.bound.add(text)
        elif text not in _KEYWORDS:
            self._use(text.strip("`"))

    def _refuse_unknown_function(self, index: int) -> None:
        """A name right before a bracket is a function: one that FEEL does not know is no variable."""
        words: list[str] = []
        for token in self.tokens[index : index + 5]:
            if token.kind != "name" or token.text in _KEYWORDS | _OPERATOR_WORDS | _WORDS:
                break
            words.append(token.text)
        name = " ".join(words)
        bound = any(name in level.bound for level in self.levels)
        if words and self._text(index + len(words)) == "(" and not bound:
            before = [token.text for token in self.tokens[max(index - 2, 0) : index] if token.kind == "name"]
            meant = " ".join([*before, name])
            close = difflib.get_close_matches(meant, sorted(n for n in _BUILTINS if " " in n), n=1, cutoff=0.8)
            close = close or difflib.get_close_matches(name, sorted(_BUILTINS), n=1, cutoff=0.6)
            raise FeelSyntaxError(f"関数「{name}」はありません{f'（「{close[0]}」ですか）' if close else ''}")

    def _use(self, name: str) -> None:
        bound = any(name in level.bound for level in self.levels)
        for level in self.levels:
            level.reads_itself = level.reads_itself or level.key == name
        if any(name in level.shadowing for level in self.levels) and name not in self.trapped:
            self.trapped.append(name)
        if not bound and not self.levels[-1].filters and name not in self.found:
            self.found.append(name)

    def _key_length(self, index: int) -> int | None:
        """Return how many tokens a context's key or a named argument has, or None when there is none."""
        if self.levels[-1].opener not in {"{", "("} or self._text(index - 1) not in {"{", "(", ","}:
            return None
        end = index
        while end < len(self.tokens) and self.tokens[end].kind in {"name", "string"}:
            end += 1
        return end - index if end > index and self._text(end) == ":" else None

    def _builtin_length(self, index: int) -> int | None:
        """Return how many words of a built-in function's name start here; the longest wins."""
        for length in (5, 4, 3, 2, 1):
            words = self.tokens[index : index + length]
            name = " ".join(word.text for word in words)
            if name in _OPERATOR_WORDS and self.order.after_value:
                continue  # a and (b or c): no function and(…)
            if self._text(index + length) == "(" and name in _BUILTINS:
                return length
        return None

    def _type_length(self, index: int) -> int:
        """Return how many tokens ``of`` and the type after it take."""
        for name in _TYPES:
            words = name.split()
            if [token.text for token in self.tokens[index + 1 : index + 1 + len(words)]] == words:
                return 1 + len(words)
        return 2

    def _function(self, index: int) -> int:
        end = index + 2
        while end < len(self.tokens) and self._text(end) != ")":
            if self.tokens[end].kind == "name" and self._text(end - 1) in {"(", ","}:
                self.levels[-1].bound.add(self._text(end))
            end += 1
        return end + 1 - index


def _joined(words: list[Token]) -> str:
    """Return a context's key without the quotes around its words."""
    return " ".join(word.text.strip('"') for word in words)
