"""Dates as Japanese offices write them: wareki and ISO (D-2).

The eras come from japanera. Its own parser answers every bad date with the same error; the reading is ours so that a
person learns what is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Final

from japanera import ERA_DATA_GENERAL, Era

from workers.domain.jst import jst
from workers.domain.text import shown
from workers.errors import InputError

# Dates before 1873 are those of the lunar calendar: 明治5年12月2日 was the last day of it.
_FIRST_SOLAR_DAY: Final = date(1873, 1, 1)
_ERAS: Final[tuple[Era, ...]] = tuple(era for era in ERA_DATA_GENERAL if era.since >= date(1868, 1, 1))
_WEEKDAYS: Final = "月火水木金土日"
NEVER: Final = date.max
"""The last day of what has no end."""
WITHOUT_END: Final = "無期限"
# Characters that pass for a hyphen in what people type.
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")

_ERA: Final = r"(?P<era>" + "|".join(era.kanji for era in _ERAS) + r"|[MTSHRmtshr])"
_YEAR: Final = r"(?P<year>元|\d{1,4})"
_MONTH_DAY: Final = r"(?:年(?P<m1>\d{1,2})月(?P<d1>\d{1,2})日|(?P<sep>[-./])(?P<m2>\d{1,2})(?P=sep)(?P<d2>\d{1,2}))"
_WAREKI_DATE: Final = re.compile(_ERA + r"\.?" + _YEAR + _MONTH_DAY, re.ASCII)
_ISO_DATE: Final = re.compile(r"(?P<year>\d{4})" + _MONTH_DAY, re.ASCII)
_WAREKI_YEAR: Final = re.compile(_ERA + r"\.?" + _YEAR + r"年?", re.ASCII)
_ISO_YEAR: Final = re.compile(r"(?P<year>\d{4})年?", re.ASCII)

_HOW: Final = "令和8年4月1日 または 2026-04-01 のように書いてください"


def parse_date(value: object, where: str = "日付") -> date:
    """Read a day from ``令和8年4月1日``, ``R8.4.1``, ``2026-04-01``, ``2026/4/1`` or a ``date`` (D-2).

    Full-width digits and spaces between the parts are taken as written by hand. Raises InputError(``where``, …) for
    anything else: a day that does not exist, a year the era never had, a day outside the era.
    """
    if isinstance(value, datetime):
        raise InputError(where, f"時刻は書けません。{_HOW}")
    if isinstance(value, date):
        return value
    if not isinstance(value, str):
        raise InputError(where, f"日付ではありません。{_HOW}")
    text = _clean(value)
    if match := _WAREKI_DATE.fullmatch(text):
        era = _era(match["era"])
        year = _absolute_year(era, match["year"], value, where)
        day = _day(year, match, value, where)
        _check_within(era, day, value, where)
        return day
    if match := _ISO_DATE.fullmatch(text):
        day = _day(int(match["year"]), match, value, where)
        if day < _FIRST_SOLAR_DAY:
            raise InputError(where, f"「{shown(value)}」は古すぎます。明治6年1月1日より後の日付を書いてください")
        return day
    raise InputError(where, f"「{shown(value)}」は日付として読めません。{_HOW}")


def parse_year(value: object, where: str = "年") -> int:
    """Read a calendar year from ``令和元年``, ``R2``, ``H28``, ``2026年`` or an int.

    Raises InputError for a year the era never had (平成40年, 令和0年).
    """
    if isinstance(value, int) and not isinstance(value, bool):
        text = str(value)
    elif isinstance(value, str):
        text = _clean(value)
    else:
        raise InputError(where, "年ではありません。令和8年 または 2026 のように書いてください")
    if match := _WAREKI_YEAR.fullmatch(text):
        return _absolute_year(_era(match["era"]), match["year"], text, where)
    if (match := _ISO_YEAR.fullmatch(text)) and int(match["year"]) >= _FIRST_SOLAR_DAY.year:
        return int(match["year"])
    raise InputError(where, f"「{shown(text)}」は年として読めません。令和8年 または 2026 のように書いてください")


def format_wareki(day: date, *, weekday: bool = False) -> str:
    """Return ``令和8年4月1日``, the first year as 元年; with ``weekday`` ``令和8年4月1日（水）`` (D-2).

    ``NEVER`` reads ``無期限``, so that no list or paper ever names a day of the year 9999.
    """
    if day == NEVER:
        return WITHOUT_END
    if day < _FIRST_SOLAR_DAY:
        raise InputError("日付", f"{day.isoformat()} は和暦に直せません")
    era, year = era_year(day)
    text = f"{era}{written_year(year)}年{day.month}月{day.day}日"
    return f"{text}（{_WEEKDAYS[day.weekday()]}）" if weekday else text


def format_moment(moment: datetime) -> str:
    """Return an aware moment on Japan's clock: 令和8年6月1日（月）08時30分."""
    local = jst(moment)
    return f"{format_wareki(local.date(), weekday=True)}{local:%H時%M分}"


def era_year(day: date) -> tuple[str, int]:
    """Return the era's name and the year within it: (``令和``, 8)."""
    era = next(era for era in reversed(_ERAS) if era.since <= day)
    return era.kanji, era.absolute_year_to_relative_year(day.year)


def written_year(year: int) -> str:
    """Return a year of an era as it is written: 元 for the first."""
    return "元" if year == 1 else str(year)


def _clean(text: str) -> str:
    """NFKC turns full-width digits, ㋿ and the like into plain characters; blanks between parts say nothing."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).translate(_DASHES))


def _era(name: str) -> Era:
    return next(era for era in _ERAS if name.upper() in {era.kanji, era.english_head})


def _last_day(era: Era) -> date | None:
    return era.until - timedelta(days=1) if era.until else None


def _absolute_year(era: Era, text: str, value: object, where: str) -> int:
    relative = 1 if text == "元" else int(text)
    last = _last_day(era)
    year: int = era.relative_year_to_absolute_year(relative)
    if relative == 0:
        raise InputError(where, f"「{shown(value)}」の年がありません。{era.kanji}は元年から始まります")
    if last is not None and year > last.year:
        longest = era.absolute_year_to_relative_year(last.year)
        raise InputError(where, f"「{shown(value)}」の年がありません。{era.kanji}は{longest}年までです")
    if year > date.max.year:
        raise InputError(where, f"「{shown(value)}」の年が大きすぎます")
    return year


def _day(year: int, match: re.Match[str], value: object, where: str) -> date:
    month, day = int(match["m1"] or match["m2"]), int(match["d1"] or match["d2"])
    try:
        return date(year, month, day)
    except ValueError:
        raise InputError(where, f"「{shown(value)}」はない日付です") from None


def _check_within(era: Era, day: date, value: object, where: str) -> None:
    last = _last_day(era)
    if day < era.since:
        began = format_wareki(era.since) if era.since >= _FIRST_SOLAR_DAY else f"{era.kanji}元年"
        raise InputError(where, f"「{shown(value)}」はない日付です。{era.kanji}は{began}に始まりました")
    if last is not None and day > last:
        raise InputError(where, f"「{shown(value)}」はない日付です。{era.kanji}は{format_wareki(last)}までです")
    if day < _FIRST_SOLAR_DAY:
        raise InputError(where, f"「{shown(value)}」は古すぎます。明治6年1月1日より後の日付を書いてください")
