"""A column that holds a whole period: both days, a duration, how it is renewed (D-3, D-5).

``令和8.4.1～令和13.3.31（自動更新）``, ``締結日から3年間``, ``定めなし``, ``自動更新（1年ごと）``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from workers.domain.text import shown
from workers.domain.wareki import WITHOUT_END
from workers.errors import InputError
from workers.readers.listcells import plain
from workers.readers.listdates import brackets, numerals, read_day

_ENDLESS: Final = frozenset(
    map(
        plain,
        (
            *(WITHOUT_END, "期限なし", "期間なし", "期間の定めなし", "定めなし", "期限の定めなし", "期限定めなし"),
            *("期間は定めない", "期限は定めない", "定めない", "特に定めなし", "特になし", "設定なし", "有効期限なし"),
            *("なし", "無し", "無", "-", "ー", "―", "−", "永年", "恒久", "期間の定めはない", "期限の定めはない"),
        ),
    )
)
_SIGNING: Final = re.compile("(?:本?協定)?(?:の)?(?:締結|締結した|締結の)(?:日|後)|協定日|締結時|同日|締結")
_YEARS: Final = re.compile(r"(\d{1,2})(?:か|カ|ヵ|ケ|ヶ|箇|個)?年(?:間)?")
_MONTHS: Final = re.compile(r"(\d{1,3})(?:か|カ|ヵ|ケ|ヶ|箇|個)月(?:間)?")
_EVERY: Final = re.compile(r"(\d{1,2})(?:か|カ|ヵ|ケ|ヶ|箇|個)?年(?:間)?(?:ごと|毎|ずつ|単位|更新|延長|間)?")
_RENEWS: Final = re.compile(
    "自動(?:的に)?(?:更新|延長|継続)|更新(?:する|あり|有|され|できる)|以[後降].*(?:更新|延長|継続)"
)
_RENEWS_NOT: Final = re.compile(
    "更新(?:は)?(?:しない|なし|無し?|せず)|自動更新(?:は)?(?:なし|無|しない)|期間満了で終了"
)
_TALKS: Final = re.compile("協議|合意|申出により|申し出により|必要に応じ")
_CLAUSE: Final = re.compile("(?:、|。|,|;|※|以[後降]|ただし|但し|なお)(.*)$")
_FROM_TO: Final = re.compile(r"(?:自)?(.+?)(?:から|より|～|〜|~|至|→)(.*?)(?:まで|迄)?(?:とする|の間)?")
_DASHED: Final = re.compile(r"([^-]+)-([^-]+)")
_FISCAL_END: Final = re.compile("(?:当該|締結|締結した|その|当)?年度の?末(?:日)?")
_ERA_BEFORE: Final = re.compile(r"^(明治|大正|昭和|平成|令和|[MTSHRmtshr]\.?)")
_NO_ERA: Final = re.compile(r"^(?:\d{1,2})[年./]")


@dataclass(frozen=True, kw_only=True)
class Period:
    """What a cell says of a period. ``months``: how long it lasts where it names no last day.

    ``from_signing``: it is counted from the day of signing. ``fiscal_end``: it ends with that day's fiscal year.
    ``renews`` None and ``talks`` True: only after talks. ``remark``: what else stands there.
    """

    starts_on: date | None = None
    expires_on: date | None = None
    endless: bool = False
    months: int | None = None
    from_signing: bool = False
    fiscal_end: bool = False
    renews: bool | None = None
    renewal_years: int | None = None
    talks: bool = False
    remark: str = ""


@lru_cache(maxsize=8192)
def read_period(value: str, where: str = "") -> Period:
    """Read a last day or a whole period; raises InputError, with the reason, where a day is not certain."""
    if plain(value) in _ENDLESS:
        return Period(endless=True)
    text, renewal, remark = _without_renewal(value, where)
    if plain(text) in _ENDLESS:
        return replace(renewal, endless=True, remark=remark)
    if not text:
        raise InputError(where, f"「{shown(value)}」には日付がありません。満了日か 無期限 と書いてください")
    found = _fiscal_or_duration(text)
    if found is None:
        sides = _FROM_TO.fullmatch(text) or _DASHED.fullmatch(text)
        if sides and _is_range(sides[1]):
            found = _range(sides[1], sides[2], value, where)
        else:
            day, behind = read_day(re.sub("(?:まで|迄)$", "", text), where)
            found = Period(expires_on=day, remark=behind)
    said = "、".join(part for part in (found.remark, remark) if part)
    return replace(found, renews=renewal.renews, renewal_years=renewal.renewal_years, talks=renewal.talks, remark=said)


@lru_cache(maxsize=1024)
def read_renewal(value: str, where: str = "") -> Period | None:
    """Read how an agreement is renewed: ``自動更新（1年ごと）``, ``有（2年）``; None for words that say nothing of it.

    Raises InputError for a renewal by months, which no agreement here can have.
    """
    text = numerals(value)
    if re.search(r"\d(?:か|カ|ヵ|ケ|ヶ|箇|個)月(?:ごと|毎|ずつ|更新|延長)", text):
        raise InputError(where, f"「{shown(value)}」は読めません。更新の期間は年で書いてください")
    outside, inside = brackets(value)
    first = plain(outside)
    years = _every_year(text)
    if _RENEWS_NOT.search(text) or first in {"なし", "無", "無し", "×", "しない", "更新しない", "否"}:
        return Period(renews=False, remark="、".join(inside))
    if _TALKS.search(text):
        return Period(renews=False, talks=True, remark=value.strip())
    begins = first in {"有", "あり", "有り", "○", "〇", "◯", "更新", "更新あり", "更新有", "可"}
    if begins or _RENEWS.search(text) or years is not None:
        return Period(renews=True, renewal_years=years)
    return None


def read_unwritten(value: str, where: str) -> tuple[int, int]:
    """Read how unwritten renewals are to be taken: ``なし`` or ``1年,1か月``; years 0 is not at all.

    Raises InputError for anything else.
    """
    text = numerals(value)
    if plain(value) in {"なし", "無", "しない", "更新しない"}:
        return 0, 0
    if match := re.fullmatch(r"(\d{1,2})年?(?:ごと)?[,、/](\d{1,2})(?:か月|ヶ月|カ月|ヵ月|ケ月|月)?(?:前)?", text):
        return int(match[1]), int(match[2])
    raise InputError(where, f"「{shown(value)}」は読めません。なし か、1年,1か月 のように書いてください")


def _every_year(text: str) -> int | None:
    if "毎年" in text or "年度ごと" in text or "各年" in text:
        return 1
    match = _EVERY.search(text)
    return int(match[1]) if match and int(match[1]) > 0 else None


def _without_renewal(value: str, where: str) -> tuple[str, Period, str]:
    """Return the period's own words, what was said of its renewal, and the rest as a remark."""
    outside, inside = brackets(re.sub(r"[（]", "(", value).replace("）", ")"))
    renewal, remarks = Period(), []
    parts = [*inside]
    text = numerals(outside)
    if match := _CLAUSE.search(text):
        text, parts = text[: match.start()], [match[0].strip("、。,;"), *parts]
    for word in ("自動更新", "自動延長", "自動継続"):
        if text.endswith(word):
            text, parts = text.removesuffix(word), [word, *parts]
    for part in filter(None, parts):
        said = read_renewal(part, where) if re.search("更新|延長|継続", numerals(part)) else None
        if said is None:
            if not re.fullmatch("[日月火水木金土](?:曜日?)?", part):
                remarks.append(part)
        else:
            renewal = Period(renews=said.renews, renewal_years=said.renewal_years, talks=said.talks)
            if said.remark:
                remarks.append(said.remark)
    return text, renewal, "、".join(remarks)


def _fiscal_or_duration(text: str) -> Period | None:
    if _FISCAL_END.fullmatch(re.sub("(?:まで|迄)$", "", text)):
        return Period(fiscal_end=True)
    since = _SIGNING.match(text)
    rest = re.sub("^(?:から|より|、)", "", text[since.end() :]) if since else text
    months = _duration(rest)
    return Period(months=months, from_signing=True) if months else None


def _duration(text: str) -> int | None:
    if match := _YEARS.fullmatch(text):
        return int(match[1]) * 12 or None
    if match := _MONTHS.fullmatch(text):
        return int(match[1]) or None
    return 12 if text in {"1年度", "単年度"} else None


def _is_range(left: str) -> bool:
    return bool(_SIGNING.fullmatch(left)) or any(character.isdigit() for character in left)


def _range(left: str, right: str, value: str, where: str) -> Period:
    signing = bool(_SIGNING.fullmatch(left))
    start, behind = (None, "") if signing else read_day(left, where)
    right = re.sub("(?:まで|迄)$", "", right.strip("-"))
    if not right:
        raise InputError(
            where, f"「{shown(value)}」には終わりの日がありません。終わりのない協定は 無期限 と書いてください"
        )
    if plain(right) in _ENDLESS:
        return Period(starts_on=start, endless=True, remark=behind)
    if _FISCAL_END.fullmatch(right):
        return Period(starts_on=start, fiscal_end=True, remark=behind)
    if months := _duration(right):
        return Period(starts_on=start, months=months, from_signing=signing, remark=behind)
    era = _ERA_BEFORE.match(numerals(left))
    if era and _NO_ERA.match(right):
        right = era[1] + right
    end, after = read_day(right, where)
    return Period(
        starts_on=start,
        expires_on=end,
        from_signing=signing,
        remark="、".join(part for part in (behind, after) if part),
    )
