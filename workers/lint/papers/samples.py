"""Sample values for what templates are given: by the variables' catalogue, by the forms' fields, else anything.

``Anything`` stands for a value of which nothing is known: it prints, counts, repeats and has any part, so that a
template is never wrong about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final, Self

from workers.domain.cities import City
from workers.packs.diagrams.form_fields import FormField
from workers.variables import VARIABLES, Variable

WORD: Final = "見本"
DAY: Final = "2026-06-15"
_PART: Final = re.compile(r"(?<![\w.-])([a-z][A-Za-z0-9]*)(?![\w-])")
_OPEN: Final = ("ほか", "など")
_EMPTY: Final[Mapping[str, Any]] = {"number": None, "select": None, "radio": None, "checkbox": False, "datetime": None}


class Anything(str):
    """A value of which nothing is known."""

    __slots__ = ()

    def __new__(cls, text: str = WORD) -> Self:
        """Return one that prints as ``text``."""
        return super().__new__(cls, text)

    def __getattribute__(self, name: str) -> Any:
        """Return another unknown value for any part, also for one that texts have, such as ``title``."""
        return super().__getattribute__(name) if name.startswith("_") else self

    def __getitem__(self, key: Any) -> Anything:
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter([self, self])

    def __call__(self, *values: Any, **options: Any) -> Anything:  # noqa: ARG002 (whatever it is called with)
        """Return another unknown value."""
        return self


class Open(dict[str, Any]):
    """A context of which some parts are known and others may be there."""

    def __missing__(self, key: str) -> Any:
        return Anything()


def tolerant(name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that gives an unknown value back as it is."""

    def filled(*values: Any, **options: Any) -> Any:
        if any(isinstance(value, Anything) for value in values) and name not in {"default", "list"}:
            return Anything()
        return filter_(*values, **options)

    for mark in ("jinja_pass_arg", "jinja_async_variant"):
        if hasattr(filter_, mark):
            setattr(filled, mark, getattr(filter_, mark))
    return filled


def _names_department(name: str) -> bool:
    return name.lower().endswith("department") or name == "departmentCode"


def snake(name: str) -> str:
    """Return a variable's name as templates have it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


class Variables:
    """What a template may be given under a variable's name: filled in, or with all that is optional left empty."""

    def __init__(
        self,
        fields: Iterable[FormField],
        made: Mapping[str, frozenset[str] | None],
        city: City,
        *,
        empty: bool,
        raw: bool = False,
    ) -> None:
        """Take the fields of the forms; ``made`` are variables that diagrams or jobs put together themselves.

        ``raw``: parts keep their names as in diagrams, as recorded steps have them.
        """
        self._empty = empty
        self._city = city
        self._name = (lambda name: name) if raw else snake
        self._made = made
        self._typed: dict[str, Any] = {}
        for one in fields:
            self._put(one)

    def names(self) -> set[str]:
        """Return every name that forms or jobs write, as templates have it."""
        return {snake(name) for name in (*VARIABLES, *self._typed)}

    def value(self, name: str) -> Any:
        """Return a sample of a variable (its name as in diagrams)."""
        found = self._value(name)
        if _names_department(name) and isinstance(found, str):
            return Anything(self._city.departments[0].code)
        return found

    def _value(self, name: str) -> Any:
        known, typed = VARIABLES.get(name), self._typed.get(name)
        found = _joined(self._declared(known), typed) if known and typed is not None else typed
        if found is None and known is not None:
            found = self._declared(known)
        if known is not None and known.type in {"context", "list"} and not _parts(known.meaning):
            found = _opened(found)
        if name not in self._made:
            return Anything() if found is None else found
        parts = self._made[name]
        if parts and known is None and isinstance(found, str):
            found = None  # another form's field of the same name
        if parts is None or not (found is None or isinstance(found, dict)):
            return Anything() if found is None or not isinstance(found, (dict, list)) else _opened(found)
        return {**(found or {}), **{self._name(part): Anything() for part in parts}}

    def _declared(self, known: Variable) -> Any:
        plain = {"number": 3, "yes/no": True, "timestamp": f"{DAY}T17:00:00+09:00", "text": Anything()}
        if known.type in plain:
            return plain[known.type]
        row: Any = {self._name(part): Anything() for part in _parts(known.meaning)} or Anything()
        if isinstance(row, dict) and any(word in known.meaning for word in _OPEN):
            row = Open(row)
        return [row] if known.type == "list" else row

    def _put(self, one: FormField) -> None:
        first, *rest = one.path.split(".")
        value: Any = [] if one.kind == "rows" else self._field(one)
        if not rest:
            self._typed.setdefault(first, value)
            return
        holder = self._typed.setdefault(first, [] if rest[0] == "*" else {})
        for part, following in pairwise(rest):
            holder = _below(holder, part if part == "*" else self._name(part), rows=following == "*")
        if isinstance(holder, dict):
            holder.setdefault(self._name(rest[-1]), value)

    def _field(self, one: FormField) -> Any:
        if self._empty and not one.may_be_required:
            return _EMPTY.get(one.kind, [] if one.kind in {"checklist", "taglist"} else "")
        key = one.path.rpartition(".")[2]
        if _names_department(key):
            return self._city.departments[0].code
        if key == "field":
            return str(self._city.fields[0].number)
        if one.kind in {"checklist", "taglist"}:
            return list(one.values) or [Anything()]
        value: Any = {"number": 3, "checkbox": True}.get(one.kind, one.values[0] if one.values else Anything())
        return Anything(DAY) if key.endswith(("On", "Date")) else value


def _below(holder: Any, part: str, *, rows: bool) -> Any:
    """Return what lies under a part of a path: a context, the row of a list; None for what cannot hold anything."""
    if part == "*":
        if isinstance(holder, list) and not holder:
            holder.append({})
        return holder[0] if isinstance(holder, list) else None
    return holder.setdefault(part, [] if rows else {}) if isinstance(holder, dict) else None


def _parts(meaning: str) -> list[str]:
    """Return the names that a variable's meaning lists after its colon."""
    _, colon, listed = meaning.partition(": ")
    return _PART.findall(listed) if colon else []


def _joined(declared: Any, typed: Any) -> Any:
    """Return what a job and a form both write: either may have written it last."""
    if isinstance(declared, dict) and isinstance(typed, dict):
        return type(declared)({**declared, **typed})
    if isinstance(declared, list) and isinstance(typed, list) and declared and typed:
        return [_joined(declared[0], typed[0])]
    return _opened(typed)


def _opened(value: Any) -> Any:
    """Return a value that may have parts beside those that are known."""
    if isinstance(value, list):
        return [_opened(row) for row in value]
    return Open(value) if isinstance(value, dict) else value
