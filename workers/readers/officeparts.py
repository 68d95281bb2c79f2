"""What of a form only the office enters, when a partner answers it by page or by file (ALL-2, ALL-17).

The owner says so in a component's custom properties, once for every way:

===============  ==================================================================================================
``renkei:office``  what a partner's page and workbook do with the component
===============  ==================================================================================================
``yes``          not shown: words for the office, or what it alone enters
``today``        not shown: the day on which the answer arrives (``様式5を受けた日``)
``value: x``     not shown: this value
``choices: a, b``  shown without these choices; one that is left alone is not shown, it is chosen
===============  ==================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from workers.domain.text import shown
from workers.errors import InputError

OFFICE: Final = "renkei:office"
YES: Final = "yes"
TODAY: Final = "today"
_VALUE: Final = "value:"
_CHOICES: Final = "choices:"
_ONE_OF: Final = frozenset({"radio", "select"})


@dataclass(frozen=True, kw_only=True)
class OfficePart:
    """``omitted``: no partner sees it. ``today``, ``value``: what it answers then. ``kept``: choices of the office."""

    omitted: bool = False
    today: bool = False
    value: str | None = None
    kept: frozenset[str] = frozenset()

    @property
    def answered(self) -> bool:
        """Whether it has a value although the partner does not see it."""
        return self.today or self.value is not None

    def answer(self, today: date) -> str | None:
        """Return that value (a date in ISO), None for a component that has none."""
        return today.isoformat() if self.today else self.value


def office_part(part: Mapping[str, Any]) -> OfficePart:
    """Return what a component says; raises InputError (Japanese) for words that say nothing, or leave no choice."""
    said = str((part.get("properties") or {}).get(OFFICE) or "").strip()
    if not said:
        return OfficePart()
    if said == YES:
        return OfficePart(omitted=True)
    if said == TODAY:
        return OfficePart(omitted=True, today=True)
    if said.startswith(_VALUE) and (value := said.removeprefix(_VALUE).strip()):
        return OfficePart(omitted=True, value=value)
    if said.startswith(_CHOICES):
        return _choices(part, frozenset(word.strip() for word in said.removeprefix(_CHOICES).split(",")) - {""})
    raise InputError(
        f"部品 {part.get('id')}",
        f"{OFFICE} の値「{shown(said)}」は読めません（yes、today、value: 値、choices: 値, 値 のどれか）",
    )


def without_kept(values: Any, kept: frozenset[str]) -> list[Any]:
    """Return choices without those that only the office takes."""
    found = values if isinstance(values, list) else []
    return [value for value in found if not (isinstance(value, Mapping) and value.get("value") in kept)]


def _choices(part: Mapping[str, Any], kept: frozenset[str]) -> OfficePart:
    values = part.get("values")
    known = (
        {value.get("value") for value in values if isinstance(value, Mapping)} if isinstance(values, list) else set()
    )
    if unknown := sorted(kept - known):
        raise InputError(f"部品 {part.get('id')}", f"{OFFICE} の「{shown(unknown[0])}」という選択肢がありません")
    left = without_kept(values, kept)
    if not kept or not left:
        raise InputError(f"部品 {part.get('id')}", f"{OFFICE} が、相手方の選べるものを残していません")
    if len(left) == 1 and part.get("type") in _ONE_OF:
        return OfficePart(omitted=True, value=str(left[0]["value"]), kept=kept)
    return OfficePart(kept=kept)
