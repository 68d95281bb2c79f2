"""Excel's number formats, as far as lists need them: which cells show a day, and how the others show a number.

The formats 27 to 36 and 50 to 58 are Japanese dates that a workbook names by number only (ECMA-376 part 1, 18.8.30).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

DATE_IDS: Final = frozenset([*range(14, 18), 22, *range(27, 37), *range(50, 59)])
_TIME_IDS: Final = frozenset([18, 19, 20, 21, 45, 46, 47])
_BUILT_IN: Final = {
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    9: "0%",
    10: "0.00%",
    37: "#,##0",
    38: "#,##0",
    49: "@",
}
_QUOTED: Final = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKET: Final = re.compile(r"\[[^\]]*\]")
_NUMBER: Final = re.compile(
    r'((?:"[^"]*"|\\.|[^0#?.,%E"\\])*)([0#?,]+)(?:\.([0#?]+))?(%?)((?:"[^"]*"|\\.|[^0#?.,%E"\\])*)'
)
_FIRST_DAY: Final = datetime(1899, 12, 30)  # noqa: DTZ001 (a day, no moment)
_FIRST_DAY_1904: Final = datetime(1904, 1, 1)  # noqa: DTZ001
_LEAP_BUG: Final = 60
_LAST_SERIAL: Final = 2_958_466
_DIGITS: Final = 15

Show = Callable[[str], str]
"""Turns the number that a cell holds into what a person sees."""


def shows(number: int, code: str | None, *, since_1904: bool = False) -> Show:
    """Return how a format shows a number: a day as ISO, 5 under ``"第"0"号"`` as ``第5号``.

    ``number``: the format's id; ``code``: its code where the workbook gives one. A format that is not understood shows
    the number as it is.
    """
    code = _BUILT_IN.get(number, "") if code is None else code
    if number in DATE_IDS or _is_date(code):
        return lambda value: _day(value, since_1904=since_1904)
    first = code.partition(";")[0]
    if number in _TIME_IDS or code in {"", "@"} or "general" in first.lower():
        return _general
    match = _NUMBER.fullmatch(_BRACKET.sub("", first))
    if match is None:
        return _general
    before, whole, decimals, percent, behind = match.groups()
    return _patterned(_literal(before), whole, decimals or "", percent, _literal(behind))


def _is_date(code: str) -> bool:
    """Whether a format shows days: it has signs for year, month or day outside quotes and colours."""
    bare = _BRACKET.sub("", _QUOTED.sub("", code.partition(";")[0]))
    if re.search("general", bare, re.IGNORECASE) or re.search("E[+-]", bare):
        return "[$-F800]" in code or "[$-f800]" in code
    return bool(re.search("[ygdeb]", bare, re.IGNORECASE)) or (
        bool(re.search("m", bare, re.IGNORECASE)) and not re.search("[hs]", bare, re.IGNORECASE)
    )


def _day(value: str, *, since_1904: bool) -> str:
    try:
        serial = float(value)
    except ValueError:
        return value
    if not 0 < serial < _LAST_SERIAL:
        return _general(value)
    begin = _FIRST_DAY_1904 if since_1904 else _FIRST_DAY
    days, rest = divmod(round(serial * 86_400), 86_400)
    moment = begin + timedelta(days=days + (not since_1904 and days < _LEAP_BUG), seconds=rest)
    return date.isoformat(moment) if rest == 0 else moment.isoformat(sep=" ")


def _general(value: str) -> str:
    """Return a number without a point where it is whole, without an exponent where it is short."""
    if value.isdecimal():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if number.is_integer() and abs(number) < 10**_DIGITS:
        return str(int(number))
    return f"{number:.{_DIGITS}g}"


def _patterned(before: str, whole: str, decimals: str, percent: str, behind: str) -> Show:
    grouped, zeros = "," in whole, whole.count("0")

    def show(value: str) -> str:
        try:
            number = float(value) * (100 if percent else 1)
        except ValueError:
            return value
        sign, number = ("-" if number < 0 else ""), abs(number)
        text = f"{number:,.{len(decimals)}f}" if grouped else f"{number:.{len(decimals)}f}"
        ones, point, rest = text.partition(".")
        ones = ones.zfill(zeros) if not grouped else ones
        return f"{sign}{before}{ones}{point}{rest}{percent}{behind}"

    return show


def _literal(text: str) -> str:
    return re.sub(r'"([^"]*)"|\\(.)|_.|\*.', lambda match: match[1] or match[2] or "", text)
