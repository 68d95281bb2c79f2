"""Rows of a list that are no agreements: totals, notes, headings of sections and headings again (ALL-6).

Only a row that cannot be an agreement is looked at: nothing that is in order is ever passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from workers.readers.listcells import plain
from workers.readers.listheader import Header, repeats

_TOTAL: Final = re.compile(
    r"[【\[(<「]?(?:合計|小計|総計|累計|総数|計|協定数|件数|.*(?:合計|小計|総計)|全?\d+件)[】\])>」]?[:：]?(?:\d+件?)?"
)
_NOTE: Final = re.compile(
    r"(?:[※＊*†‡]|[(（]?注\d*[)）:：.．\s]|[(（]?(?:備考|注記|注意|凡例|出典|参考)\d*[)）]?[:：\s]|注\d*$)"
)
_COUNT: Final = re.compile(r"^[\d,]{1,4}件?$")
_NUMBER: Final = re.compile(r"(?:第|no\.?|#)?[0-9a-z\-_]*\d+(?:号|番)?(?:の\d+)?")


def no_agreement(header: Header, cells: Sequence[str]) -> str:
    """Return why a row that is not in order is no agreement at all; ``""`` for one that may be meant as one."""
    filled = [(place, " ".join(cell.split())) for place, cell in enumerate(cells) if cell.strip()]
    if not filled:
        return ""
    if repeats(header, cells):
        return "見出しの繰り返し"
    signed = _COUNT.sub("", _at(header.places, cells, "signed_on"))
    texts = list(dict.fromkeys(text for _place, text in filled))  # a merged cell may be written into each of its parts
    first = plain(texts[0])
    if not signed and _TOTAL.fullmatch(first):
        return "合計"
    if _NOTE.match(texts[0]) and (not signed or len(texts) == 1):
        return "注記"
    if len(texts) == 1:
        return "" if _NUMBER.fullmatch(first) and filled[0][0] == header.places.get("number") else "区切りの見出し"
    return ""


def _at(places: Mapping[str, int], cells: Sequence[str], key: str) -> str:
    place = places.get(key)
    return cells[place].strip() if place is not None and place < len(cells) else ""
