"""Where each column of an office's list stands: headings in one row or two, below a title, chosen by hand (ALL-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

from workers.domain.text import shown
from workers.errors import InputError
from workers.readers.listcells import plain
from workers.readers.listcolumns import COLUMNS, DERIVED, HEADINGS, KEYS, UNUSED, meaning, meaning_below

HEADER_ROWS: Final = 20
"""The headings stand within the first rows: a title or blank rows may stand above them."""

_Meaning = tuple[str, int]


@dataclass(frozen=True)
class Header:
    """Where each column stands: ``places`` by key. ``row`` counts from 1 and is the last row of the headings.

    ``names``: what stands above each place. ``chosen``: names that a person gave a meaning.
    """

    row: int
    places: Mapping[str, int]
    names: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=(), repr=False)

    @property
    def unused(self) -> dict[int, str]:
        """Columns that are not read, by place; those that only repeat another of our own are left out."""
        used = set(self.places.values())
        return {
            place: name for place, name in enumerate(self.names) if place not in used and plain(name) not in DERIVED
        }


def column_letter(place: int) -> str:
    """Return how Excel names a column, counted from 0: ``AB``."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_choices(given: Iterable[str]) -> dict[str, str]:
    """Read ``見出し=項目`` as a person writes it; returns keys (or ``""`` for 使わない) by plain heading.

    Raises InputError for an item that a list does not have, with the likeliest that was meant.
    """
    chosen: dict[str, str] = {}
    for part in given:
        name, equals, item = part.rpartition("=") if "=" in part else part.rpartition("＝")
        if not (equals and name.strip()):
            raise InputError("--column", f"「{shown(part)}」は読めません。見出し=項目 のように書いてください")
        chosen[plain(name)] = column_key(item, f"列「{shown(name)}」")
    return chosen


def column_key(item: str, where: str) -> str:
    """Return the key of an item by its heading, ``""`` for 使わない; raises InputError for another word."""
    if plain(item) in {plain(UNUSED), ""}:
        return ""
    if plain(item) in KEYS:
        return KEYS[plain(item)]
    near = get_close_matches(item, HEADINGS.values(), n=1)
    hint = f"{near[0]} の間違いではありませんか" if near else f"使えるのは {'・'.join(HEADINGS.values())} です"
    raise InputError(where, f"「{shown(item)}」という項目はありません。{hint}")


def find_header(
    rows: Sequence[Sequence[str]],
    chosen: Mapping[str, str] | None = None,
    remembered: Mapping[str, str] | None = None,
) -> Header:
    """Return the headings among a list's first rows, with what a person ``chosen`` for some of them, or once did.

    Raises InputError that names the missing columns and those that were not understood, or a column that stands there
    twice.
    """
    picked = {**(remembered or {}), **(chosen or {})}
    best, most = Header(1, {}), 0
    for number, cells in enumerate(rows[:HEADER_ROWS], start=1):
        words = [plain(cell) for cell in cells]
        places = _places(words, [meaning(word) for word in words], number, picked)
        if len(places) > most:
            best, most = Header(number, places, tuple(map(_name, cells)), tuple(words)), len(places)
    for number, (above, below) in enumerate(pairwise(rows[:HEADER_ROWS]), start=1):  # a title above headings is no row
        if (two := _two_rows(above, below, number, picked)) and len(two.places) > most:
            best, most = two, len(two.places)
    _check(best, picked, chosen or {})
    return _with_our_numbers(best)


def _with_our_numbers(header: Header) -> Header:
    """Return the header with the ids of a list that renkei wrote: its 協定番号 beside the office's own 番号."""
    place = next((place for place, name in header.unused.items() if plain(name) == plain("協定番号")), None)
    if place is None or "number" not in header.places:
        return header
    return replace(header, places={**header.places, "id": place})


def repeats(header: Header, cells: Sequence[str]) -> bool:
    """Whether a row is the headings again, as on each page of a printed list."""
    words = [plain(cell) for cell in cells]
    same = sum(1 for word, heading in zip(words, header.words, strict=False) if word and word == heading)
    filled = sum(map(bool, words))
    return same > 1 and same * 2 > filled


def _check(header: Header, picked: Mapping[str, str], chosen: Mapping[str, str]) -> None:
    missing = [column.heading for column in COLUMNS if column.required and column.key not in header.places]
    for column in COLUMNS:
        if column.key not in picked.values() and header.words.count(plain(column.heading)) > 1:
            raise InputError(f"{header.row}行目", f"見出しに {column.heading} の列が2つあります")
    if not missing:
        if absent := [name for name in chosen if chosen[name] and name not in map(plain, header.names)]:
            raise InputError(f"{header.row}行目", f"見出しに「{shown(absent[0])}」の列がありません")
        return
    left = [name for name in header.unused.values() if name]
    unknown = f"（読み方の分からない見出し: {'、'.join(map(shown, left[:10]))}）" if left and header.places else ""
    hint = "。どの列がそれかを指定してください（コマンドでは --column 見出し=項目）" if unknown else ""
    raise InputError(f"{header.row}行目", f"見出しに {'・'.join(missing)} の列がありません{unknown}{hint}")


def _places(
    words: Sequence[str], found: Sequence[_Meaning | None], row: int, chosen: Mapping[str, str]
) -> dict[str, int]:
    """Return where each column stands: what a person chose, then our own words, then others, then vague ones."""
    places: dict[str, int] = {}
    taken: set[int] = set()
    for place, word in enumerate(words):
        if word in chosen:
            taken.add(place)
            if key := chosen[word]:
                if key in places:
                    raise InputError(f"{row}行目", f"{HEADINGS[key]} の列が2つ選ばれています")
                places[key] = place
    for rank in (0, 1, 2):
        for place, entry in enumerate(found):
            if entry is None or entry[1] != rank or place in taken:
                continue
            if entry[0] not in places:
                places[entry[0]] = place
                taken.add(place)
    return places


def _two_rows(above: Sequence[str], below: Sequence[str], row: int, chosen: Mapping[str, str]) -> Header | None:
    """Return headings that stand over two rows: 始期 and 終期 under 有効期間, whose cell is merged or blank beside."""
    if not any(cell.strip() for cell in below):
        return None
    width = max(len(above), len(below))
    upper = [plain(above[place]) if place < len(above) else "" for place in range(width)]
    lower = [plain(below[place]) if place < len(below) else "" for place in range(width)]
    names, words, found = [], [], []
    group, group_name = "", ""
    for place in range(width):
        if upper[place]:
            group, group_name = upper[place], _name(above[place])
        own = upper[place] or (group if lower[place] else "")
        words.append(lower[place] or upper[place])
        under = lower[place] and own and lower[place] != own
        name = f"{group_name} {_name(below[place])}" if under else _name(above[place] if upper[place] else "")
        names.append(name if name or not lower[place] else _name(below[place]))
        found.append(meaning_below(own, lower[place]) if under else meaning(lower[place] or own))
        if not lower[place] and not upper[place]:
            group, group_name = "", ""
    sub = [place for place in range(width) if lower[place]]
    known = sum(found[place] is not None for place in sub)
    if known * 2 < len(sub):
        return None
    return Header(row + 1, _places([plain(n) for n in names], found, row, chosen), tuple(names), tuple(words))


def _name(cell: str) -> str:
    return " ".join(cell.split())
