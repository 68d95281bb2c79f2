"""Fiscal years: 1 April to 31 March (D-1, D-2)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

from workers.domain.text import shown
from workers.domain.wareki import era_year, parse_year, written_year
from workers.errors import InputError

_HOW: Final = "令和8年度 または 2026 のように書いてください"


def fiscal_year(day: date) -> int:
    """Return the year in which the day's fiscal year began: January to March belong to the year before (D-1)."""
    return day.year if day.month >= 4 else day.year - 1


def first_day(year: int) -> date:
    """Return 1 April of a fiscal year."""
    return date(year, 4, 1)


def last_day(year: int) -> date:
    """Return 31 March that ends a fiscal year."""
    return date(year + 1, 3, 31)


def format_fiscal_year(year: int) -> str:
    """Return ``令和8年度``; FY2019 is 令和元年度, FY1989 平成元年度: the era at the end of the calendar year (D-2)."""
    era, relative = era_year(date(year, 12, 31))
    return f"{era}{written_year(relative)}年度"


def parse_fiscal_year(value: object, where: str = "年度") -> int:
    """Read a fiscal year from ``令和8年度``, ``R2``, ``H28``, ``2026年度``, ``2026``, ``FY2026`` or an int (D-2).

    An era's year counts when the era and that fiscal year share a day: 平成31年度 and 令和元年度 are both 2019,
    昭和64年度 never began. Raises InputError otherwise.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(where, f"年度ではありません。{_HOW}")
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(value)))
    text = re.sub(r"^(?:FY|fy)(?=\d{4}$)", "", text)
    try:
        year = parse_year(text.removesuffix("度") if text.endswith("年度") else text, where)
    except InputError as error:
        if "読めません" not in error.message:
            raise
        raise InputError(where, f"「{shown(value)}」は年度として読めません。{_HOW}") from None
    if text.startswith(("昭和64", "S64", "s64")):
        raise InputError(where, "「昭和64年度」はありません。平成元年度と書いてください")
    return year
