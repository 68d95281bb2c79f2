"""Whole numbers as people type them: full-width digits too."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from workers.domain.text import shown
from workers.errors import InputError

_WHOLE: Final = re.compile(r"-?\d{1,15}(?:\.0+)?", re.ASCII)


def parse_number(value: object, where: str, *, least: int, most: int) -> int:
    """Read a whole number from ``３``, ``3`` or 3.

    Raises InputError(``where``, …) for anything else, and for a number out of range.
    """
    told = f"{least} から {most} までの整数で入れてください"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InputError(where, told)
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not _WHOLE.fullmatch(text):
        raise InputError(where, f"「{shown(value)}」は読めません。{told}")
    number = int(float(text))
    if not least <= number <= most:
        raise InputError(where, told)
    return number
