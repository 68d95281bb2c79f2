"""What a clerk of 伊勢崎市 types in the walks: a made-up company and what it offers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from workers.domain.business_days import add_business_days
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki

WRONG_NUMBER = "1234567890123"
CONSULTATION: dict[str, Any] = {
    "origin": "企業等から相談を受けた",
    "representative": "代表取締役 見本 太郎",
    "contact": "総務部 見本 花子",
    "email": "hanako@mihon.example",
    "phone": "0270-00-1234",
    "note": "子育てと防災で力になりたいとの相談。~週明けに~申出書が届く予定。",
}

CHILDREN = "1 子ども・子育て支援に関すること"
HEALTH = "3 健康増進・保健衛生・医療に関すること"
DISASTER = "7 防犯・防災に関すること"
PROJECTS: list[dict[str, Any]] = [
    {
        "field": CHILDREN,
        "title": "店の2階を親子の居場所に",
        "content": "平日の10:00~12:00、13:00~15:00に開放し、保育士が相談に乗る。",
        "costToCity": False,
    },
    {
        "field": HEALTH,
        "title": "健康ポイントの景品の提供",
        "content": "年2回、景品を200個用意する。*送料は市の負担*とする。",
        "costToCity": True,
    },
    {
        "field": DISASTER,
        "title": "災害時の飲料水の優先供給",
        "content": "要請から24時間以内に、避難所へ飲料水を届ける。",
        "costToCity": False,
    },
]
RECORDS: list[dict[str, Any]] = [
    {"fiscalYear": "令和6年度", "field": DISASTER, "title": "防災訓練での炊き出し", "department": "安心安全課"},
]
OFFER: dict[str, Any] = {
    "filing": "申し出る",
    "purpose": "市と力を合わせ、子どもと家族が安心して暮らせるまちをつくる。",
    "fields": [CHILDREN, HEALTH, DISASTER],
    "projects": PROJECTS,
    "records": RECORDS,
    "other": "打ち合わせは平日の午後を希望する。",
}


def today() -> date:
    """Return the day in Japan."""
    return datetime.now(JST).date()


def day(days: int) -> str:
    """Return a day from now as a clerk writes it."""
    return format_wareki(today() + timedelta(days=days))


def workday(days: int) -> str:
    """Return the first day from then on at which offices work; a survey ends on no other."""
    return format_wareki(add_business_days(today() + timedelta(days=days - 1), 1))
