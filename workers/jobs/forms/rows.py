"""Parts of what a form sends that may be missing or of another type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from workers.domain.wareki import parse_date
from workers.errors import InputError


def rows(value: Any) -> list[Mapping[str, Any]]:
    """Return the rows of a form's table; empty where it is none."""
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a text as it was typed; nothing is the empty one."""
    return str(value or "")


def day(value: Any, where: str) -> date | None:
    """Return a date, None where the field is empty; raises InputError for a text that is no date."""
    return parse_date(value, where) if value else None


def required_day(value: Any, where: str) -> date:
    """Return a date; raises InputError for an empty field and for a text that is no date."""
    if not value:
        raise InputError(where, "入力してください")
    return parse_date(value, where)


def codes(value: Any) -> list[str]:
    """Return the codes that were chosen, each once and in their order."""
    return [str(code) for code in dict.fromkeys(value or [])]
