"""Offices' lists of agreements as files, as long as a test wants them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

from workers.domain.wareki import format_wareki

HEADINGS = (
    "番号",
    "協定名",
    "相手方",
    "代表者",
    "担当者",
    "メール",
    "相手方の種別",
    "業種",
    "締結日",
    "満了日",
    "連携事項",
)
_TRADES = ("小売業", "保険業", "運輸業", "大学", "金融業")


def list_rows(count: int) -> Iterator[dict[str, str]]:
    """Yield rows that are all in order in 伊勢崎市 in fiscal year 2026, each of another partner."""
    for number in range(1, count + 1):
        signed = date(2026, 4, 1) + timedelta(days=number % 50)
        yield {
            "番号": str(number),
            "協定名": f"株式会社みどり{number}との包括連携協定",
            "相手方": f"株式会社みどり{number}",
            "代表者": f"代表取締役 緑 {number}郎",
            "担当者": f"担当 {number}子",
            "メール": f"tanto{number}@partner{number}.example",
            "相手方の種別": "企業",
            "業種": _TRADES[number % len(_TRADES)],
            "締結日": format_wareki(signed) if number % 2 else signed.isoformat(),
            "満了日": "令和9年3月31日",
            "連携事項": "①⑤⑦" if number % 3 else "1、2、13",
        }


def write_list(
    path: Path, rows: Iterable[Mapping[str, str]], *, encoding: str = "utf-8-sig", headings: Iterable[str] = HEADINGS
) -> Path:
    """Write a list as CSV or, by the name's ending, as Excel and return its path."""
    names = list(headings)
    if path.suffix == ".xlsx":
        book = Workbook(write_only=True)
        sheet = book.create_sheet("協定")
        sheet.append(names)
        for row in rows:
            sheet.append([row.get(name, "") for name in names])
        book.save(path)
        return path
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
