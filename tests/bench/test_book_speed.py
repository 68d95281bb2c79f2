"""The book of 100,000 agreements answers while one types (ALL-6)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from tests.kit.bars import Bars
from tests.kit.deskpages import desk_at
from tests.kit.manylines import TODAY, fill_lines
from workers.adapters.registry import database
from workers.adapters.registry.book import SqlBook
from workers.adapters.registry.sessions import RegistrySession  # noqa: F401 (maps the entities)
from workers.domain.register import BookOrder, BookQuery, BookState

_MILLISECONDS: Final = 100
_LINES: Final = 50
_ROUNDS: Final = 5
_ASKED: Final[tuple[tuple[int, Mapping[str, object]], ...]] = (
    (0, {}),
    (0, {"order": BookOrder.LAST_DAY}),
    (40_000, {"order": BookOrder.NEWEST}),
    (0, {"words": "（株）ミドリ"}),
    (0, {"words": "あおば 保険"}),
    (0, {"words": "99999"}),
    (0, {"words": "そのような相手方はない"}),
    (0, {"words": "NPO法人ひかり", "state": BookState.ALL}),
    (0, {"field": 3}),
    (0, {"field": 3, "department": "school", "words": "さくら"}),
    (0, {"state": BookState.ENDING}),
    (0, {"state": BookState.EXPIRED, "words": "朝日"}),
    (0, {"since": date(2024, 4, 1), "until": date(2025, 3, 31)}),
    (0, {"on": date(2023, 4, 1)}),
)
"""Questions of every kind, with the line from which the page is shown; each is of one city."""


@pytest.mark.asyncio
async def test_the_book_is_searched_in_a_blink(bars: Bars, database_url: str) -> None:
    """Every kind of question, with its count and its page of fifty lines."""
    total = 100_000 if bars.full else 2_000
    await asyncio.to_thread(fill_lines, database_url, total)
    engine = database.create_engine(database_url)
    took: list[tuple[float, str]] = []
    try:
        for _ in range(_ROUNDS):
            for first, asked in _ASKED:
                query = BookQuery(**({"on": TODAY, "cities": ("isesaki",)} | dict(asked)))  # type: ignore[arg-type]
                begun = time.perf_counter()
                async with database.session_factory(engine)() as session:
                    page = await SqlBook(session).page(query, first=min(first, total // 2), limit=_LINES)
                took.append(((time.perf_counter() - begun) * 1000, str(dict(asked))))
                assert len(page.entries) <= page.total
    finally:
        await engine.dispose()
    took.sort()
    middle, late = took[len(took) // 2], took[int(len(took) * 0.95)]
    bars.add(
        "R1",
        f"台帳の検索: {total:,} 協定、{len(_ASKED)} 種の問い（{engine.dialect.name}）",
        figure=f"中央値 {middle[0]:.0f} ミリ秒、95% が {late[0]:.0f} ミリ秒以内",
        bound=f"95% が {_MILLISECONDS} ミリ秒以内",
        holds=late[0] <= _MILLISECONDS or not bars.full,
        slowest=took[-5:],
    )


_PAGES: Final = (
    "/desk/book",
    f"/desk/book?order={BookOrder.LAST_DAY}",
    "/desk/book?page=1000",
    "/desk/book?q=（株）ミドリ",
    "/desk/book?q=あおば 保険&state=all",
    "/desk/book?state=ending",
)
_PAGE_MILLISECONDS: Final = 150


@pytest.mark.asyncio
async def test_the_books_page_is_there_at_once(bars: Bars, database_url: str, tmp_path: Path) -> None:
    """The whole page, as the desk answers it: session, question, fifty lines, template."""
    total = 100_000 if bars.full else 2_000
    await asyncio.to_thread(fill_lines, database_url, total)
    took: list[tuple[float, str]] = []
    async with desk_at(database_url, tmp_path) as desk, desk.browser("sato") as browser:
        for _ in range(_ROUNDS * 2):
            for path in _PAGES:
                begun = time.perf_counter()
                page = await browser.get(path)
                took.append(((time.perf_counter() - begun) * 1000, path))
                assert page.status_code == 200, path
    took.sort()
    middle, late = took[len(took) // 2], took[int(len(took) * 0.95)]
    bars.add(
        "R1",
        f"台帳の画面: {total:,} 協定、{len(_PAGES)} 種の一覧（{database_url.partition(':')[0].partition('+')[0]}）",
        figure=f"中央値 {middle[0]:.0f} ミリ秒、95% が {late[0]:.0f} ミリ秒以内",
        bound=f"95% が {_PAGE_MILLISECONDS} ミリ秒以内",
        holds=late[0] <= _PAGE_MILLISECONDS or not bars.full,
        slowest=took[-5:],
    )
