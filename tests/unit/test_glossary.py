"""docs/glossary.md: the English words are the code's own."""

from __future__ import annotations

import io
import keyword
import re
import token
import tokenize
from collections import Counter
from functools import cache
from pathlib import Path

from workers.variables import VARIABLES

ROOT = Path(__file__).parent.parent.parent
TWO_WORDS = "## 一つの日本語に、英語が二つあるもの"
FIRST, _, SECOND = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").partition(TWO_WORDS)
_ROW = re.compile(r"^\| ([^|]+) \| (`[^|]+`) \| ([^|]+) \|$", re.MULTILINE)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def rows(text: str) -> list[tuple[str, tuple[str, ...], str]]:
    """Return Japanese, the English terms and the meaning of each row."""
    return [(found[1], tuple(re.findall(r"`([^`]+)`", found[2])), found[3]) for found in _ROW.finditer(text)]


def words(identifier: str) -> str:
    """Return an identifier's words in small letters, each between lines: ``dueAt`` is ``_due_at_``."""
    return "_" + "_".join(word.lower() for word in _WORD.findall(identifier)) + "_"


def identifiers(source: str) -> set[str]:
    """Return the names of a Python file, without its comments and texts."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {each.string for each in tokens if each.type == token.NAME and not keyword.iskeyword(each.string)}


@cache
def known() -> str:
    """Return the words of all identifiers and process variables."""
    names = set(VARIABLES)
    for path in ROOT.glob("workers/**/*.py"):
        names |= identifiers(path.read_text(encoding="utf-8"))
    return " ".join(words(name) for name in sorted(names))


def test_every_english_term_is_a_word_of_the_code() -> None:
    """A renamed term leaves the glossary with it."""
    terms = {term for _, english, _ in rows(FIRST) + rows(SECOND) for term in english}
    assert [term for term in sorted(terms) if words(term) not in known()] == []


def test_no_japanese_term_stands_twice() -> None:
    """One term, one row; where two English words stand for it, the second part says which stands where."""
    for part in (FIRST, SECOND):
        assert [term for term, count in Counter(row[0] for row in rows(part)).items() if count > 1] == []


def test_each_of_two_words_is_explained_and_told_apart() -> None:
    """What the second part tells apart has its meaning in the first, and its place is named for both words."""
    explained = {term for _, english, _ in rows(FIRST) for term in english}
    for japanese, english, place in rows(SECOND):
        assert len(english) == 2, japanese
        assert set(english) <= explained, japanese
        assert all(f"`{term}`" in place for term in english), japanese


def test_words_are_those_of_names_not_of_texts() -> None:
    """A word that only a comment or a text has is no word of the code."""
    found = identifiers('def look_up(dueAt):\n    """Sheet."""\n    return "paper"  # stone\n')
    assert {words(name) for name in found} == {"_look_up_", "_due_at_"}
