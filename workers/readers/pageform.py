"""A pack's form as a partner's page shows it: what only the office enters is left out, and answered in its place.

What that is the owner writes in the form, see :mod:`workers.readers.officeparts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from workers.readers.feelvalues import UnknownFeelError, is_true
from workers.readers.officeparts import office_part, without_kept

_KIND: Final = "renkei:kind"
_READING: Final = "reading"


@dataclass(frozen=True, kw_only=True)
class _Answered:
    """A value of a part that is not shown, and the conditions under which the part does not apply."""

    key: str
    value: str
    hides: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PartnerForm:
    """The form without the office's parts. ``answered``: what those say in every partner's answer."""

    form: dict[str, Any]
    answered: tuple[_Answered, ...]

    @property
    def fixed(self) -> dict[str, Any]:
        """The values that the page's conditions may name."""
        return {one.key: one.value for one in self.answered}

    def applying(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those of the values that belong to an answer: a part that would be hidden has none."""
        names = {**self.fixed, **values}
        return {one.key: one.value for one in self.answered if not any(_holds(hide, names) for hide in one.hides)}


def partner_form(form: Mapping[str, Any], today: date) -> PartnerForm:
    """Return the form for a partner. Raises InputError for what a component says wrongly about the office's part."""
    answered = tuple(_answered(form, today, ()))
    omitted = {str(part["key"]) for part in _parts(form) if office_part(part).omitted and part.get("key")}
    return PartnerForm(form={**form, "components": _kept(form, omitted)}, answered=answered)


def _parts(container: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for part in container.get("components") or []:
        yield part
        yield from _parts(part)


def _answered(container: Mapping[str, Any], today: date, hides: tuple[str, ...]) -> Iterator[_Answered]:
    for part in container.get("components") or []:
        hide = (part.get("conditional") or {}).get("hide")
        own = (*hides, hide) if isinstance(hide, str) and hide.strip() else hides
        value = office_part(part).answer(today)
        if value is not None:
            yield _Answered(key=str(part["key"]), value=value, hides=own)
        yield from _answered(part, today, own)


def _kept(container: Mapping[str, Any], omitted: set[str]) -> list[dict[str, Any]]:
    kept: list[dict[str, Any]] = []
    for part in container.get("components") or []:
        office = office_part(part)
        if office.omitted or _reads_one_of(part, omitted):
            continue
        own = {**part, "values": without_kept(part.get("values"), office.kept)} if office.kept else part
        kept.append({**own, "components": _kept(part, omitted)} if part.get("components") else own)
    return kept


def _reads_one_of(part: Mapping[str, Any], omitted: set[str]) -> bool:
    """Whether a text says how a date is read that the page does not ask for."""
    if (part.get("properties") or {}).get(_KIND) != _READING:
        return False
    text = str(part.get("text") or "")
    return any(re.search(rf"\bif {re.escape(key)} = null\b", text) for key in omitted)


def _holds(hide: str, names: Mapping[str, Any]) -> bool:
    try:
        return is_true(hide, names)
    except UnknownFeelError:
        return False
