"""The numbered passages of the cities' guidelines, as tests/data/guidelines.toml has them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = ROOT / "docs" / "guidelines"
GUIDELINES = tomllib.loads((ROOT / "tests" / "data" / "guidelines.toml").read_text(encoding="utf-8"))

_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_RANGE = re.compile(rf"(.*)([{_CIRCLED}])〜([{_CIRCLED}])")


def expanded(passage: str) -> tuple[str, ...]:
    """Return the passages that ``3(2)①〜③`` stands for; another passage is itself."""
    if not (found := _RANGE.fullmatch(passage)):
        return (passage,)
    before, first, last = found.groups()
    return tuple(before + number for number in _CIRCLED[_CIRCLED.index(first) : _CIRCLED.index(last) + 1])


def passages_of(city: str) -> list[str]:
    """Return the passages of a city's guideline, in their order."""
    return [each for passage in GUIDELINES[city]["passages"] for each in expanded(passage)]
