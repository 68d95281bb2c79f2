"""A register of many agreements of many partners, for how quickly it is searched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, create_engine, insert, text

from tests.kit.manyagreements import agreement_of, partner_of
from workers.adapters.registry import agreement_tables, database, tables
from workers.adapters.registry.book_lines import book_line, line_row
from workers.domain.agreements import AgreementEnd, TermStage

TODAY = date(2027, 3, 1)
_CHUNK = 5_000
_FORMS = ("株式会社{}", "{}㈱", "(有){}", "学校法人{}", "特定非営利活動法人{}")
_NAMES = ("みどり", "アオバ", "さくら", "ひかり", "ヤマト", "朝日", "清水", "東日本", "つばさ", "北斗")
_TRADES = ("商事", "保険", "運輸", "学園", "銀行", "電力", "食品")

Row = dict[str, Any]


def partner_name(number: int) -> str:
    """Return the name of a partner, different for each number."""
    name = f"{_NAMES[number % 10]}{_TRADES[number // 10 % 7]}{number}"
    return _FORMS[number % 5].format(name)


def fill_lines(url: str, total: int) -> None:
    """Write ``total`` agreements with two terms each; a tenth has ended, some end soon, fields and departments vary."""
    database.migrate(url)
    engine = create_engine(url.replace("+aiosqlite", ""))
    try:
        for begin in range(0, total, _CHUNK):
            chunk: dict[Table, list[Row]] = {}
            for number in range(begin, min(begin + _CHUNK, total)):
                for table, row in _rows(number):
                    chunk.setdefault(table, []).append(row)
            with engine.begin() as connection:
                for table, rows in chunk.items():
                    connection.execute(insert(table), rows)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # What the databases do by themselves in time.
            connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
    finally:
        engine.dispose()


def _rows(number: int) -> Iterator[tuple[Table, Row]]:
    identity, name = f"isesaki-a{number}", partner_name(number)
    signed = date(2020, 4, 1) + timedelta(days=number % 2000)
    last = date(2027, 3, 31) + timedelta(days=number % 700)
    agreement = agreement_of(identity, number) | {
        "title": f"{name}との包括連携協定",
        "parties": [name],
        "number": f"R-{number}",
        "signed_on": signed,
        "fields": [1 + number % 13, 1 + (number + 4) % 13],
        "department": ("", "welfare", "school")[number % 3],
        "renewal_years": None,
        "notice_months": None,
    }
    if number % 10 == 0:
        last = date(2025, 3, 31)
        agreement |= {"ended_on": last, "end": AgreementEnd.EXPIRED}
    yield tables.partner, partner_of(number) | {"name": name}
    yield agreement_tables.agreement, agreement
    between = signed + timedelta(days=364)
    for place, (first, until) in enumerate(((signed, between), (between + timedelta(days=1), last)), start=1):
        days = {"starts_on": first, "expires_on": max(first, until), "notice_deadline": None, "due_on": None}
        settled = {"stage": TermStage.SETTLED, "reversed_on": None}
        yield agreement_tables.agreement_term, {"agreement_id": identity, "number": place, **days, **settled}
    yield book_line, line_row(agreement, partner=name, first_day=signed, last_day=last)
