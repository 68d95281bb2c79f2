"""What may follow what in a FEEL expression: enough grammar to find a missing or doubled operator."""

from __future__ import annotations

from collections import Counter
from typing import Final


class FeelSyntaxError(ValueError):
    """The expression cannot be read (Japanese message)."""


_COMPARISONS: Final = frozenset({"=", "!=", "<", "<=", ">", ">="})
_OPENING_WORDS: Final = frozenset({"if", "for", "some", "every"})
_ENDS: Final = frozenset({"value", "close"})


class Order:
    """Checks the parts of one expression in their order.

    Roles: value, operator, open, close, comma, dot, key (of a context, with its colon), callee (a built-in's name),
    head (of a function) and word (if, then, …). ``unary``: a condition of a decision table, such as ``< 3``.
    """

    def __init__(self, *, unary: bool) -> None:
        self._unary = unary
        self._role = "start"
        self._text = ""
        self._words: Counter[str] = Counter()

    @property
    def after_value(self) -> bool:
        """Whether the part before is the end of a value, so that an operator may follow."""
        return self._role in _ENDS

    def add(self, role: str, text: str) -> None:
        """Take the next part; raises FeelSyntaxError when it cannot stand there."""
        after_value = self.after_value
        if role == "operator" and text == self._text == "=" and self._role == "operator":
            raise FeelSyntaxError("「==」は FEEL にありません。等しいかは「=」1つで比べます")
        if role in {"value", "callee", "head"} or text == "{":
            starts, needs_value = True, False
        elif role == "word":
            starts, needs_value = text in _OPENING_WORDS, text not in _OPENING_WORDS
        else:
            starts, needs_value = False, self._needs_value(role, text)
        if starts and after_value:
            raise FeelSyntaxError(f"「{self._text}」と「{text}」の間に演算子がありません")
        if needs_value and not after_value:
            raise FeelSyntaxError(f"「{text}」の前に値がありません")
        self._words[text] += role == "word"
        self._role, self._text = role, text

    def finish(self) -> None:
        """Check the end; raises FeelSyntaxError for an expression that breaks off."""
        if self._role not in _ENDS:
            raise FeelSyntaxError(f"「{self._text}」の後に値がありません")
        if not self._words["if"] == self._words["then"] == self._words["else"]:
            raise FeelSyntaxError("if には then と else の両方が要ります")

    def _needs_value(self, role: str, text: str) -> bool:
        if role == "close":
            return self._role != "open"
        if role == "operator":
            unary_place = (
                self._role in {"open", "comma"} or self._text == "in" or (self._unary and self._role == "start")
            )
            return text != "-" and not (text in _COMPARISONS and unary_place)
        return role in {"comma", "dot"}
