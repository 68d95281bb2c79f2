"""The single values of an offer, how they are read and what they are called in Japanese (ISE-2/3, ALL-10)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Origin
from workers.domain.fiscal import fiscal_year, format_fiscal_year, parse_fiscal_year
from workers.domain.text import shown
from workers.domain.wareki import format_wareki, parse_date
from workers.errors import InputError
from workers.readers.inputs import Labels

_YEARS_AROUND_TODAY: Final = 10
PARTNER_KEYS: Final = ("name", "representative", "contact", "email", "phone", "address", "corporate_number")
_PARTNER_LABELS: Final = {
    "name": "企業等名",
    "representative": "代表者名",
    "contact": "担当者名",
    "email": "メールアドレス",
    "phone": "電話番号",
    "address": "所在地",
    "corporate_number": "法人番号",
}
_OFFER_LABELS: Final = {
    "date": "申出日",
    "purpose": "目的",
    "fields": "連携事項",
    "other": "その他",
    "origin": "申出をした側",
}
_ROW_LABELS: Final = {
    "projects": "連携事業",
    "projects.field": "連携事項",
    "projects.title": "事業名",
    "projects.content": "事業内容",
    "projects.cost_to_city": "市の費用負担",
    "records": "実績",
    "records.fiscal_year": "年度",
    "records.field": "連携事項",
    "records.title": "事業名",
    "records.department": "担当課",
    "attachments": "添付資料",
    "attachments.path": "ファイル",
}
FORM_LABELS: Final = Labels({**_PARTNER_LABELS, **_OFFER_LABELS, **_ROW_LABELS})
FILE_LABELS: Final = Labels(
    {
        "partner": "企業等",
        "offer": "申出",
        **{f"partner.{key}": label for key, label in _PARTNER_LABELS.items()},
        **{f"offer.{key}": label for key, label in _OFFER_LABELS.items()},
        **_ROW_LABELS,
    }
)


def field_numbers(city: City, value: Any, where: str) -> tuple[int, ...]:
    """Read the chosen fields: a list of different numbers of the city's list; raises InputError."""
    if not isinstance(value, list):
        raise InputError(where, "番号の並びで書いてください（例: [1, 5, 7]）")
    if not value:
        raise InputError(where, "1つ以上選んでください")
    numbers: list[int] = []
    problems: list[str] = []
    for entry in value:
        try:
            numbers.append(field_number(city, entry, where))
        except InputError as error:
            problems.append(error.message.removeprefix(f"{where}: "))
    problems += [f"{number} が2回書かれています" for number in sorted(set(numbers)) if numbers.count(number) > 1]
    if problems:
        raise InputError(where, "。".join(problems))
    return tuple(numbers)


def field_number(city: City, value: Any, where: str) -> int:
    """Read a number of the city's list; forms give it as text or as a float. Raises InputError."""
    text = shown(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InputError(where, f"「{text}」は連携事項の番号ではありません。1 のように番号で書いてください")
    if all(entry.number != value for entry in city.fields):
        first, last = city.fields[0].number, city.fields[-1].number
        raise InputError(
            where, f"{text} は{city.name}の{city.field_word}の番号にありません（{first} から {last} まで）"
        )
    return value


def offer_date(today: date, value: Any, where: str) -> date:
    """Read the day of the offer, ISO or wareki; a year far from today's is a slip of the pen: InputError."""
    day = parse_date(value, where)
    if abs(day.year - today.year) > _YEARS_AROUND_TODAY:
        raise InputError(where, f"{format_wareki(day)}は今日から離れすぎています。年を確かめてください")
    return day


def past_fiscal_year(today: date, value: Any, where: str) -> int:
    """Read the fiscal year of a record; one that has not come yet is an InputError."""
    year = parse_fiscal_year(value, where)
    if year > fiscal_year(today):
        raise InputError(
            where,
            f"{format_fiscal_year(year)}はまだ来ていません。実績は{format_fiscal_year(fiscal_year(today))}までです",
        )
    return year


def origin(value: Any, where: str) -> Origin:
    """Read who took the first step; raises InputError."""
    try:
        return Origin(value)
    except ValueError:
        raise InputError(where, f"「{shown(value)}」は使えません。partner（企業等）か city（市）です") from None


def yes_no(value: Any, where: str) -> bool:
    """Read a yes or no that is really one; raises InputError for a text such as "いいえ"."""
    if not isinstance(value, bool):
        raise InputError(where, "true（市が負担する）か false（負担しない）で書いてください")
    return value
