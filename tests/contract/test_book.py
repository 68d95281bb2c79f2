"""The book of agreements: searched, sorted, a page at a time, and always what the agreements say (ALL-6, ASA-7)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from tests.kit.registry import Registry, registry_at, some_agreement, some_case
from workers.adapters.registry import database
from workers.adapters.registry.book import SqlBook
from workers.adapters.registry.unit_of_work import MakeUnit
from workers.domain.agreements import AgreementEnd, AgreementTerm, AgreementVersion
from workers.domain.register import BookOrder, BookQuery, BookState

pytestmark = pytest.mark.asyncio
DAY = date(2026, 6, 1)
_SIGNED = date(2026, 4, 1)
_NAMES = ("株式会社みどり商事", "アオバ生命保険㈱", "さくら大学", "特定非営利活動法人ひかり")


@dataclass
class Book:
    """A registry with four agreements: 1 goes on, 2 ends soon, 3 was terminated, 4 has expired."""

    registry: Registry
    units: MakeUnit

    async def ids(self, **asked: object) -> list[str]:
        """Return what a query finds, by the page and by the file."""
        query = BookQuery(**({"on": DAY} | asked))  # type: ignore[arg-type]
        async with self.units() as uow:
            book = SqlBook(uow._session)
            page = await book.page(query, limit=10)
            assert [entry async for entry in book.entries(query)] == list(page.entries)
            assert page.total == len(page.entries)
        return [entry.id.removeprefix("sakura-") for entry in page.entries]


def _term(number: int, first: date, last: date) -> AgreementTerm:
    return AgreementTerm(number=number, starts_on=first, expires_on=last, notice_deadline=None)


@asynccontextmanager
async def _book(url: str, folder: Path) -> AsyncIterator[Book]:
    async with registry_at(url, folder) as registry:
        units = registry.units()
        async with units() as uow:
            for number, name in enumerate(_NAMES, start=1):
                case = some_case(f"sakura-2026-{number}")
                assert case.partner is not None
                case.partner.name = name
                await uow.cases.add(case)
                ends = {2: date(2026, 8, 30), 4: date(2026, 5, 31)}.get(number, date(2028, 3, 31))
                signed = _SIGNED.replace(day=5 - number)
                changes: dict[str, object] = {
                    "id": f"sakura-a{number}",
                    "terms": [_term(1, signed, ends)],
                    "fields": [number, 11],
                }
                changes |= {"signed_on": signed, "number": f"R8-{number}", "department": "school" * (number == 1)}
                if number == 3:
                    changes |= {"ended_on": date(2026, 5, 1), "end": AgreementEnd.TERMINATED}
                await uow.agreements.add(some_agreement(case, **changes))
            await uow.commit()
        yield Book(registry, units)


async def test_the_book_finds_by_partner_state_day_field_and_department(database_url: str, tmp_path: Path) -> None:
    async with _book(database_url, tmp_path) as book:
        everything = {"state": BookState.ALL}
        assert await book.ids() == ["a2", "a1"]
        assert await book.ids(**everything) == ["a4", "a3", "a2", "a1"]
        assert await book.ids(**everything, order=BookOrder.NEWEST) == ["a1", "a2", "a3", "a4"]
        assert await book.ids(**everything, order=BookOrder.LAST_DAY) == ["a3", "a4", "a2", "a1"]
        assert await book.ids(words="（株）ﾐﾄﾞﾘ") == ["a1"]
        assert await book.ids(words="株式会社") == ["a2", "a1"]
        assert await book.ids(words="あおば 保険") == ["a2"]
        assert await book.ids(words="r8-1") == ["a1"]
        assert await book.ids(words="_") == await book.ids(words="%") == []
        assert await book.ids(**everything, words="NPO法人ヒカリ") == ["a4"]
        assert await book.ids(state=BookState.ENDING) == ["a2"]
        assert await book.ids(state=BookState.EXPIRED) == ["a4"]
        assert await book.ids(state=BookState.TERMINATED) == ["a3"]
        assert await book.ids(state=BookState.BEFORE, on=date(2026, 4, 1)) == ["a3", "a2", "a1"]
        assert await book.ids(on=date(2026, 4, 30)) == ["a4", "a3", "a2", "a1"]
        assert await book.ids(field=1) == ["a1"]
        assert await book.ids(field=11) == ["a2", "a1"]
        assert await book.ids(department="school") == ["a1"]
        assert await book.ids(department="office") == ["a2"]
        assert await book.ids(**everything, since=date(2026, 4, 2), until=date(2026, 4, 3)) == ["a3", "a2"]
        assert await book.ids(cities=("ume",)) == await book.ids(cities=()) == []


async def test_a_page_has_its_part_of_the_whole(database_url: str, tmp_path: Path) -> None:
    async with _book(database_url, tmp_path) as book, book.units() as uow:
        page = await SqlBook(uow._session).page(BookQuery(on=DAY, state=BookState.ALL), first=1, limit=2)
        assert (page.total, [entry.id for entry in page.entries]) == (4, ["sakura-a3", "sakura-a2"])


async def test_what_is_written_is_found_at_once(database_url: str, tmp_path: Path) -> None:
    """Renewed and taken back, amended for a later day, ended, the partner renamed: each in the transaction itself."""
    async with _book(database_url, tmp_path) as book:
        async with book.units() as uow:
            found = await uow.agreements.get("sakura-a1")
            found.terms.append(_term(2, date(2028, 4, 1), date(2029, 3, 31)))
            found.versions = [
                AgreementVersion(number=1, effective_on=_SIGNED, title="前", purpose="", fields=[1, 11]),
                AgreementVersion(number=2, effective_on=date(2026, 7, 1), title="あと", purpose="", fields=[9]),
            ]
            await uow.commit()
        assert await book.ids(on=date(2029, 3, 31)) == ["a1"]
        assert await book.ids(field=9) == []
        assert await book.ids(field=9, on=date(2026, 7, 1)) == ["a1"]
        assert await book.ids(field=11, on=date(2026, 7, 1)) == ["a2"]
        async with book.units() as uow:
            found = await uow.agreements.get("sakura-a1")
            found.term(2).reversed_on = DAY
            other = await uow.agreements.get("sakura-a2")
            other.ended_on, other.end = date(2026, 5, 30), AgreementEnd.TERMINATED
            assert other.partner is not None
            other.partner.name = "株式会社すみれ"
            await uow.commit()
        assert await book.ids(on=date(2029, 3, 31)) == []
        assert await book.ids() == ["a1"]
        assert await book.ids(words="すみれ", state=BookState.TERMINATED) == ["a2"]
        assert await book.ids(words="アオバ", state=BookState.ALL) == ["a2"], "a party's name as it was signed"


async def test_what_is_undone_leaves_no_line(database_url: str, tmp_path: Path) -> None:
    async with _book(database_url, tmp_path) as book:
        async with book.units() as uow:
            found = await uow.agreements.get("sakura-a1")
            found.number = "R9-1"
            await uow._session.flush()
        assert await book.ids(words="R9-1") == []


async def test_a_registry_of_before_gets_its_lines(database_url: str, tmp_path: Path) -> None:
    """The lines that the migration makes are those that the registry keeps."""
    query = "SELECT * FROM book_line ORDER BY agreement_id"

    async def lines() -> list[tuple[object, ...]]:
        engine = database.create_engine(database_url)
        async with engine.connect() as connection:
            rows = [tuple(row) for row in await connection.execute(text(query))]
        await engine.dispose()
        return rows

    async with _book(database_url, tmp_path):
        pass
    kept = await lines()
    await asyncio.to_thread(_back, database_url)
    await asyncio.to_thread(database.migrate, database_url)
    assert await lines() == kept
    assert len(kept) == len(_NAMES)


def _back(url: str) -> None:
    """Take the registry back to the version before the lines."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.begin() as connection:
        command.downgrade(database.alembic_config(connection), "0024")
        command.downgrade(database.alembic_config(connection), "-1")
    engine.dispose()
