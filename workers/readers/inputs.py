"""Reading what people entered, from a file or a form: every problem at once, each with its place (ALL-10)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from workers.domain.text import shown
from workers.errors import InputError, InputErrors

T = TypeVar("T")

Place = tuple[str | int, ...]
"""Keys and list positions (from 0) from the top of the input: ``("projects", 1, "field")``."""


class FieldError(InputError):
    """An InputError that knows its place in the input, so that a file's adapter can add the line.

    ``detail`` is the message without the field's name.
    """

    def __init__(self, place: Place, where: str, detail: str) -> None:
        super().__init__(where, detail)
        self.place = place
        self.detail = detail


@dataclass(frozen=True)
class Labels:
    """How fields are called in Japanese. Keys are dotted places without list positions: ``projects.field``."""

    names: Mapping[str, str]

    def of(self, place: Place) -> str:
        """Return the label of a place: ``連携事業 2件目 事業名``; an unknown key stands for itself."""
        keys: list[str] = []
        words: list[str] = []
        for part in place:
            if isinstance(part, int):
                words.append(f"{part + 1}件目")
            else:
                keys.append(part)
                words.append(self.names.get(".".join(keys), shown(part)))
        return " ".join(word for word in words if word)


@dataclass
class Section:
    """A table of the input. Problems gather in ``errors``, which all sections of one input share."""

    data: Mapping[str, Any]
    labels: Labels
    place: Place = ()
    errors: list[FieldError] = field(default_factory=list)

    def problem(self, key: str | int | None, detail: str) -> None:
        """Note a problem of a key, or of the section itself."""
        place = self.place if key is None else (*self.place, key)
        self.errors.append(FieldError(place, self.labels.of(place), detail))

    def known(self, keys: Iterable[str]) -> None:
        """Note every key that is not among ``keys``, with the likeliest one that was meant."""
        allowed = list(keys)
        for key in self.data:
            if key not in allowed:
                near = get_close_matches(str(key), allowed, n=1)
                hint = f"{near[0]} の間違いではありませんか" if near else f"使えるのは {'・'.join(allowed)} です"
                self.problem(str(key), f"知らない項目です。{hint}")

    def take(self, key: str, read: Callable[[Any, str], T], fallback: T, *, required: bool = True) -> T:
        """Return a field's value as ``read(value, label)`` gives it; ``fallback`` where it is empty or wrong.

        An absent, null or blank value is a problem only where it is ``required``.
        """
        value = self.data.get(key)
        if value is None or (isinstance(value, str) and not value.strip()):
            if required:
                self.problem(key, "入力してください")
            return fallback
        try:
            return read(value, self.labels.of((*self.place, key)))
        except InputError as error:
            self.problem(key, error.message.removeprefix(f"{error.where}: "))
        return fallback

    def table(self, key: str) -> Section | None:
        """Return a table within this one, or None, with a problem, where it is missing or no table."""
        value = self.data.get(key)
        if isinstance(value, Mapping):
            return Section(value, self.labels, (*self.place, key), self.errors)
        self.problem(key, "表がありません" if value is None else "表として書いてください")
        return None

    def tables(self, key: str, *, maximum: int) -> list[Section]:
        """Return a list of tables, empty where it is absent; more than ``maximum`` are a problem."""
        value = self.data.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, "表の並びとして書いてください")
            return []
        if len(value) > maximum:
            self.problem(key, f"多すぎます（{len(value)}件）。{maximum}件までにしてください")
            return []
        rows = []
        for number, row in enumerate(value):
            place = (*self.place, key, number)
            if isinstance(row, Mapping):
                rows.append(Section(row, self.labels, place, self.errors))
            else:
                self.errors.append(FieldError(place, self.labels.of(place), "表として書いてください"))
        return rows

    def finish(self) -> None:
        """Raise InputErrors with all problems noted so far, if any."""
        if self.errors:
            raise InputErrors(list(self.errors))
