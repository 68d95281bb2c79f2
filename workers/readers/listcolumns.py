"""The columns of an office's list of agreements, and where they stand in a file (ALL-6)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workers.errors import InputError
from workers.readers.listcells import plain

HEADER_ROWS: Final = 10
"""The headings stand within the first rows: a title or blank rows may stand above them."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the list: its key here, its heading, other words that offices use for it."""

    key: str
    heading: str
    others: tuple[str, ...] = ()
    required: bool = False


COLUMNS: Final = (
    Column(key="number", heading="番号", others=("No", "No.", "整理番号", "協定番号", "管理番号"), required=True),
    Column(key="title", heading="協定名", others=("協定の名称", "協定名称", "名称", "件名"), required=True),
    Column(
        key="partner",
        heading="相手方",
        others=("協定の相手方", "相手方名", "相手方の名称", "企業等名", "事業者名", "団体名", "締結先", "協定先"),
        required=True,
    ),
    Column(key="representative", heading="代表者", others=("代表者名", "代表者氏名", "代表者職氏名")),
    Column(key="contact", heading="担当者", others=("担当者名", "担当者氏名", "相手方担当者")),
    Column(key="email", heading="メール", others=("メールアドレス", "Eメール", "E-mail", "電子メール")),
    Column(key="phone", heading="電話", others=("電話番号", "TEL", "連絡先")),
    Column(key="address", heading="所在地", others=("住所",)),
    Column(key="corporate_number", heading="法人番号"),
    Column(key="partner_kind", heading="相手方の種別", others=("種別", "相手方種別", "団体種別")),
    Column(key="trade", heading="業種"),
    Column(key="other_parties", heading="ほかの当事者", others=("その他の当事者",)),
    Column(key="signed_on", heading="締結日", others=("締結年月日", "協定締結日"), required=True),
    Column(
        key="starts_on",
        heading="有効期間の始まり",
        others=("開始日", "有効期間の始期", "有効期間開始日", "有効期間(始)", "始期"),
    ),
    Column(
        key="expires_on",
        heading="満了日",
        others=("有効期間の終わり", "有効期限", "有効期間満了日", "有効期間の終期", "有効期間(終)", "終期"),
    ),
    Column(key="fields", heading="連携事項", others=("連携分野", "分野", "実施形態", "取組分野"), required=True),
    Column(key="department", heading="所管", others=("所管課", "担当課", "所属", "契約課")),
    Column(key="kind", heading="形態", others=("協定の形態", "協定の種類", "協定種別")),
    Column(key="renews", heading="更新の定め", others=("自動更新", "更新", "更新規定")),
    Column(key="renewal_years", heading="更新の年数", others=("更新年数", "更新期間", "更新する年数")),
    Column(
        key="notice_months",
        heading="申出の月数",
        others=("更新の申出の月数", "申出期限の月数", "予告の月数", "予告期間"),
    ),
    Column(key="old_rules", heading="旧要綱", others=("旧要綱による", "要綱施行前")),
    Column(key="ended_on", heading="終了日", others=("協定終了日", "解除日")),
    Column(key="end", heading="終了の理由", others=("終了理由",)),
)
HEADINGS: Final = {column.key: column.heading for column in COLUMNS}
"""Headings by key."""

_WORDS: Final = frozenset(plain(word) for column in COLUMNS for word in (column.heading, *column.others))


@dataclass(frozen=True)
class Header:
    """Where each column stands: ``places`` by key. ``row`` counts from 1."""

    row: int
    places: Mapping[str, int]


def find_header(rows: Sequence[Sequence[str]]) -> Header:
    """Return the headings among a list's first rows.

    Raises InputError that names the missing columns, or a column that stands there twice.
    """
    best = Header(1, {})
    for number, cells in enumerate(rows[:HEADER_ROWS], start=1):
        found = Header(number, _places(cells, number))
        if len(found.places) > len(best.places):
            best = found
    missing = [column.heading for column in COLUMNS if column.required and column.key not in best.places]
    if missing:
        raise InputError(f"{best.row}行目", f"見出しに {'・'.join(missing)} の列がありません")
    return best


def _places(cells: Sequence[str], row: int) -> dict[str, int]:
    keys = [_heading(cell) for cell in cells]
    places: dict[str, int] = {}
    for column in COLUMNS:
        exact = [place for place, key in enumerate(keys) if key == plain(column.heading)]
        if len(exact) > 1:
            raise InputError(f"{row}行目", f"見出しに {column.heading} の列が2つあります")
        others = set(map(plain, column.others))
        found = exact or [place for place, key in enumerate(keys) if key in others]
        if found and found[0] not in places.values():
            places[column.key] = found[0]
    return places


def _heading(cell: str) -> str:
    """Return a heading's word without the remark in brackets at its end: ``締 結 日（和暦）`` is ``締結日``."""
    word = plain(cell)
    return word if word in _WORDS else re.sub(r"[(\[].*[)\]]$", "", word)
