"""Days as they stand in offices' lists: short eras, kanji numerals, remarks behind them (D-2, ALL-10).

A day is taken only where it is certain. What stands behind it is a remark, which is handed on and never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from typing import Final

from workers.domain.text import shown
from workers.domain.wareki import parse_date
from workers.errors import InputError

_ERAS: Final = {"明": "明治", "大": "大正", "昭": "昭和", "平": "平成", "令": "令和"}
_SHORT_ERA: Final = re.compile(r"([明大昭平令])(?=[\d元])")
_DIGITS: Final = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
_KANJI: Final = re.compile("[〇零一二三四五六七八九十]+")
_TEN: Final = re.compile("([一二三四五六七八九]?)十([一二三四五六七八九]?)")
_DASHES: Final = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")
_QUOTES: Final = dict.fromkeys(map(ord, "‘’‛`´′＇"), "'")
_BRACKETS: Final = re.compile(r"[(\[【〔]([^()\[\]【】〔〕]*)[)\]】〕]")
_WEEKDAY: Final = re.compile("[日月火水木金土](?:曜日?)?(?:[・.]?祝日?)?|祝日?|[A-Za-z]{3}")
_MIDNIGHT: Final = re.compile(r"[ T]?0{1,2}:00(?::00(?:\.0+)?)?$")
_WRITTEN: Final = re.compile("(?:付け?|付で|日)$")

_ERA: Final = r"(?:明治|大正|昭和|平成|令和|[MTSHRmtshr])\.?"
_PARTS: Final = r"(?:年\d{1,2}月\d{1,2}日|[-./・]\d{1,2}[-./・]\d{1,2})"
_DATE: Final = re.compile(rf"(?:{_ERA}(?:元|\d{{1,3}})|\d{{4}}){_PARTS}")
_COMPACT: Final = re.compile(r"((?:18|19|20|21)\d\d)(\d\d)(\d\d)")
_ERA_COMPACT: Final = re.compile(rf"({_ERA})(\d\d)(\d\d)(\d\d)")
_SHORT_YEAR: Final = re.compile(r"'(\d\d)([-./])(\d{1,2})\2(\d{1,2})")
_NO_CENTURY: Final = re.compile(r"\d{1,2}(?:[-./]|年)\d{1,2}(?:[-./]|月)\d{1,2}日?")
_YEAR: Final = rf"(?:{_ERA}(?:元|\d{{1,3}})|\d{{4}})"
_NO_DAY: Final = re.compile(rf"{_YEAR}(?:年(?:\d{{1,2}}月(?:[上中下]旬|頃|吉日|末|ごろ)?)?度?|[-./]\d{{1,2}})")
_NO_YEAR: Final = re.compile(r"\d{1,2}(?:月\d{1,2}日|[-/]\d{1,2})")
_SERIAL: Final = re.compile(r"[1-9]\d{4}(?:\.0)?")
_CENTURY_TURN: Final = 70

_HOW: Final = "令和8年4月1日 または 2026-04-01 のように書いてください"


@lru_cache(maxsize=16384)
def read_day(value: str, where: str = "") -> tuple[date, str]:
    """Return a day and the remark that stood with it, ``""`` where there was none.

    ``平30.3.26``, ``20180326``, ``令和六年四月一日``, ``'24.4.1``, ``令和6年4月1日（再締結）``. Raises InputError with
    the reason where the day is not certain: no day, no era, two different days, a day that the era never had.
    """
    try:
        return parse_date(value, where), ""
    except InputError:
        pass
    text, remarks = _split_remarks(value, where)
    day, behind = _day(text, value, where)
    return day, "、".join(part for part in (behind, *_other_remarks(remarks, day, value, where)) if part)


def numerals(value: str) -> str:
    """Return a text in NFKC, kanji numerals and short eras written out: ``平三十・三・二六`` is ``平成30・3・26``."""
    text = unicodedata.normalize("NFKC", value).translate(_DASHES).translate(_QUOTES)
    text = re.sub(r"[\s_]+", "", text)
    text = _KANJI.sub(lambda match: _number(match[0]), text)
    return _SHORT_ERA.sub(lambda match: _ERAS[match[1]], text)


def brackets(text: str) -> tuple[str, list[str]]:
    """Return a text without what stands in brackets, and that."""
    found = [match[1].strip() for match in _BRACKETS.finditer(text)]
    return (_BRACKETS.sub("", text), [part for part in found if part]) if found else (text, [])


def _split_remarks(value: str, where: str) -> tuple[str, list[str]]:
    plain = unicodedata.normalize("NFKC", value).strip().replace("\r", "")
    plain = _MIDNIGHT.sub("", plain)
    text, remarks = brackets(plain)
    if re.search(r"\d:\d\d", text):
        raise InputError(where, f"「{shown(value)}」には時刻があります。{_HOW}")
    return numerals(text), remarks


def _day(text: str, value: str, where: str) -> tuple[date, str]:
    """Return the day that a text begins with, and what follows it."""
    if match := _COMPACT.fullmatch(text):
        return parse_date("-".join(match.groups()), where), ""
    if match := _ERA_COMPACT.fullmatch(text):
        return parse_date(f"{match[1]}{match[2]}.{match[3]}.{match[4]}", where), ""
    if match := _SHORT_YEAR.fullmatch(text):
        century = 2000 if int(match[1]) < _CENTURY_TURN else 1900
        return parse_date(f"{century + int(match[1])}-{match[3]}-{match[4]}", where), ""
    if match := _DATE.match(text):
        day = parse_date(match[0].replace("・", "."), where)
        rest = text[match.end() :]
        if _DATE.search(rest):
            raise InputError(where, f"「{shown(value)}」には日付が2つあります。1つの日付を書いてください")
        if not re.match(r"\d", rest):
            return day, _WRITTEN.sub("", rest).strip("、。,. ")
    raise InputError(where, _why_not(text, value))


def _other_remarks(remarks: list[str], day: date, value: str, where: str) -> list[str]:
    """Return the remarks in brackets, without the weekday and without the same day written the other way."""
    kept = []
    for remark in remarks:
        if _WEEKDAY.fullmatch(remark):
            continue
        text = numerals(remark)
        if (match := _DATE.fullmatch(text)) is not None:
            if parse_date(match[0].replace("・", "."), where) != day:
                raise InputError(where, f"「{shown(value)}」の2つの日付が違います。どちらかを直してください")
            continue
        if re.fullmatch(rf"{_YEAR}年?", text):  # 令和6(2024)年4月1日
            continue
        kept.append(remark)
    return kept


def _why_not(text: str, value: str) -> str:
    written = f"「{shown(value)}」"
    if _SERIAL.fullmatch(text):
        return (
            f"{written}は Excel の日付の番号（シリアル値）のようです。"
            "Excel でセルの表示形式を日付にして、保存し直してください"
        )
    if _NO_DAY.fullmatch(text) or "吉日" in text:
        return f"{written}には日がありません。協定書にある日まで書いてください（{_HOW}）"
    if _NO_CENTURY.fullmatch(text):
        return f"{written}は元号の年か西暦か分かりません。{_HOW}"
    if _NO_YEAR.fullmatch(text):
        return f"{written}には年がありません。{_HOW}"
    return f"{written}は日付として読めません。{_HOW}"


def _number(text: str) -> str:
    if "十" in text and (match := _TEN.fullmatch(text)):
        tens, ones = _DIGITS.get(match[1], "1"), _DIGITS.get(match[2], "0")
        return f"{tens}{ones}"
    return "".join(_DIGITS.get(character, character) for character in text)
