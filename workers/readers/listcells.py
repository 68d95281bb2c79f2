"""Cells of an office's list that choose from the city pack: fields of cooperation, departments, yes or no."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Self

from workers.domain.agreements import AgreementTerm
from workers.domain.cities import City
from workers.domain.text import phone, shown
from workers.errors import InputError

_SEPARATORS: Final = re.compile(r"[、,，;；/／\n\r\t]+|(?<=\d)\s+(?=\d)")
_CIRCLED: Final = str.maketrans({chr(0x2460 + index): f"、{index + 1}." for index in range(20)})
_NUMBERED: Final = re.compile(r"[(（]?(\d{1,3})[)）]?[.．:：]?\s*(.*)")
_FOUND: Final = re.compile(r"<(\d+)>")  # a name that was recognised before the cell was split
_PHONE_THEN: Final = re.compile(r"([\d()+\-‐−ー ]{9,}(?:\(?内線:?\d+\)?)?)[\s、/]*([^\d\s].*)")
_ENDING: Final = re.compile(r"(に関すること|に関する事項)[。．.]?$")
_YES: Final = frozenset(["○", "◯", "〇", "あり", "有", "有り", "はい", "yes", "true", "1", "する", "自動更新", "該当"])
_NO: Final = frozenset(
    ["×", "✕", "なし", "無", "無し", "いいえ", "no", "false", "0", "しない", "非該当", "-", "―", "ー"]
)


class UnreadCell(str):
    """A cell that shows nothing to read: an error, a formula whose value was not saved. ``why`` names the cell."""

    __slots__ = ("why",)

    why: str

    def __new__(cls, shown_text: str, why: str) -> Self:
        """Return the cell with what stands in it."""
        made = super().__new__(cls, shown_text)
        made.why = why
        return made


def plain(value: str) -> str:
    """Return a word without what offices write differently: width, blanks, capitals."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", value)).lower()


def yes_no(value: str, where: str) -> bool:
    """Read あり / なし and the like; raises InputError for anything else."""
    for words, meaning in ((_YES, True), (_NO, False)):
        if value in words or plain(value) in words:
            return meaning
    raise InputError(where, f"「{shown(value)}」は使えません。あり か なし と書いてください")


def listed_phone(value: str, where: str) -> tuple[str, str]:
    """Return a telephone number and what a list says behind it, ``担当:見本``."""
    try:
        return phone(value, where), ""
    except InputError:
        found = _PHONE_THEN.fullmatch(unicodedata.normalize("NFKC", value))
        if found is None:
            raise
        return phone(found[1], where), found[2].strip(" /、")


@dataclass(frozen=True)
class Unwritten:
    """How old agreements are renewed of which a list says nothing: by ``years`` (0: not at all), notice ``months``."""

    years: int
    months: int


class CityWords:
    """What the words in a list's cells mean in one city.

    ``terms``: those that were computed before, by their days;
    ``watched``: those of them whose watch has begun.

    ``unwritten``: what holds for an agreement from before the guideline of which a list does not say how it is renewed;
    None where the office is asked.
    """

    def __init__(self, city: City, unwritten: Unwritten | None = None) -> None:
        self.city, self.unwritten = city, unwritten
        self.terms: dict[object, AgreementTerm] = {}
        self.watched: set[int] = set()
        self._stems = {_stem(field.name): field.number for field in city.fields}
        self._numbers = {field.number for field in city.fields}
        written = [unicodedata.normalize("NFKC", field.name) for field in city.fields]
        names = [name for full in written for name in (full, _ENDING.sub("", full))]
        # A name may hold a comma: it is found before the cell is split.
        self._names = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
        self._departments = _department_words(city)
        self._read: dict[str, tuple[int, ...]] = {}

    def field_list(self, value: str, where: str) -> tuple[int, ...]:
        """Read the fields: ``1、5、7``, ``①⑤⑦`` or their names, sorted by number; raises InputError for others."""
        if value not in self._read:
            if len(self._read) > 4096:
                self._read.clear()
            self._read[value] = self._fields(value, where)
        return self._read[value]

    def department_code(self, value: str, where: str) -> str:
        """Read a department: its code, its section's name, or division and section; ``""`` for the office itself.

        Raises InputError for one that departments.csv does not have, with the likeliest that was meant.
        """
        word = plain(value)
        if word in self._departments:
            return self._departments[word]
        near = get_close_matches(value, [entry.section for entry in self.city.departments], n=1)
        hint = f"{near[0]} の間違いではありませんか" if near else "課の名前か code を書いてください"
        raise InputError(where, f"「{shown(value)}」は{self.city.name}の departments.csv にありません。{hint}")

    def _fields(self, value: str, where: str) -> tuple[int, ...]:
        text = unicodedata.normalize("NFKC", value.translate(_CIRCLED))
        text = self._names.sub(lambda match: f"<{self._stems[_stem(match[0])]}>、", text)
        numbers: set[int] = set()
        unknown: list[str] = []
        for part in filter(None, map(str.strip, _SEPARATORS.split(text))):
            number = self._field(part)
            if number is None:
                unknown.append(f"「{shown(part)}」")
            else:
                numbers.add(number)
        if unknown:
            detail = f"{'・'.join(unknown)}は{self.city.name}の連携事項にありません。番号か名前で書いてください"
            raise InputError(where, detail)
        return tuple(sorted(numbers))

    def _field(self, part: str) -> int | None:
        """Return a field by number, by name, or by number and name where both say the same."""
        match = _NUMBERED.fullmatch(part)
        if match is None:
            return self._named(part)
        number = int(match[1])
        agrees = not match[2] or self._named(match[2]) == number
        return number if number in self._numbers and agrees else None

    def _named(self, word: str) -> int | None:
        """Return the field of a name, or of the one name that begins so."""
        if found := _FOUND.fullmatch(word):
            return int(found[1])
        short = _stem(word)
        begins = [number for stem, number in self._stems.items() if short and stem.startswith(short)]
        return self._stems.get(short, begins[0] if len(begins) == 1 else None)


def _stem(name: str) -> str:
    return _ENDING.sub("", plain(name))


def _department_words(city: City) -> dict[str, str]:
    """Return the departments' codes by every word for them; a word for two departments stands for none."""
    words: dict[str, str] = {}
    twice: set[str] = set()
    for entry in city.departments:
        for name in {entry.code, entry.section, entry.name, entry.division}:
            if words.setdefault(plain(name), entry.code) != entry.code:
                twice.add(plain(name))
    words = {word: code for word, code in words.items() if word not in twice}
    office = city.office
    return words | {plain(office.section): "", plain(office.division + office.section): ""}
