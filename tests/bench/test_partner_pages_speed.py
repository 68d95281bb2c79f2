"""Two hundred partners open their links and send their answers at the same time, beside a bare page as large."""

from __future__ import annotations

import asyncio
import json
import random
import re
import ssl
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.bench.pageserver import registry_of
from tests.kit import papers
from tests.kit.answering import OFFER, PAGES_URL, TASK, Page
from tests.kit.bars import Bars
from tests.kit.prepared import prepare
from workers.adapters.registry.unit_of_work import opening
from workers.domain.entities import Case
from workers.usecases.answer_links import issue_link
from workers.usecases.meeting_people import Recipient

pytestmark = pytest.mark.asyncio
MILLISECONDS, RATIO = 300.0, 3.0
_THINKING = (1.0, 3.0)
"""Seconds between two requests of a partner: far less than a person needs to read and type."""
_LONGEST = 120
_PROCESSES = 2
"""``RENKEI_PAGES_PROCESSES`` of a machine with two cores; the bare page is served by as many."""
_NO_TLS = ssl.create_default_context()
"""One for all partners: making one each took the clients' side longer than all pages together."""


@dataclass
class Load:
    """What the partners saw: milliseconds of each request, and what went wrong."""

    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def p95(self) -> float:
        """Milliseconds that 95 of 100 requests do not pass."""
        return statistics.quantiles(self.times, n=20)[-1]

    @property
    def text(self) -> str:
        """The figures as the table has them."""
        each = f"サーバーの CPU 1件 {self.cpu / len(self.times) * 1000:.1f} ms"
        return f"p50 {statistics.median(self.times):.0f} ms、p95 {self.p95:.0f} ms、{len(self.times)} 件、{each}"


async def _cases(url: str, folder: Path, number: int) -> list[str]:
    """Return the paths of the links of as many cases."""
    async with registry_of(url, folder) as registry:
        make = papers.units(registry, pages_url=PAGES_URL)
        paths = []
        async with opening(registry.engines[-1], make)() as uow:
            for n in range(number):
                case = Case(
                    id=f"isesaki-2026-{n}",
                    city="isesaki",
                    process_id="isesaki-signing",
                    opened_on=papers.TODAY,
                    partner=papers.partner(),
                )
                await uow.cases.add(case)
                address = await issue_link(
                    uow, case, TASK, Recipient(key="partner", name="担当", address=f"{n}@partner.example")
                )
                paths.append(address.removeprefix(PAGES_URL))
        return paths


@asynccontextmanager
async def _server(load: Load, *arguments: str) -> AsyncIterator[str]:
    command = [sys.executable, "-m", "tests.bench.pageserver", str(_PROCESSES), *arguments]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    async with asyncio.timeout(_LONGEST):
        port, *_ = [(await process.stdout.readline()).decode().strip() for _ in range(1 + _PROCESSES)]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        async with asyncio.timeout(_LONGEST):
            rest, _ = await process.communicate(b"")
        load.cpu = json.loads(rest or b'{"cpu": 0}')["cpu"]


async def _together(load: Load, partners: list[Callable[[httpx.AsyncClient], Awaitable[None]]], base: str) -> None:
    """Let every partner work with a browser of its own; all begin within a second."""

    async def one(work: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        async def timed(request: httpx.Request) -> None:
            request.extensions["begun"] = time.perf_counter()

        async def told(response: httpx.Response) -> None:
            await response.aread()
            load.times.append((time.perf_counter() - response.request.extensions["begun"]) * 1000)
            if response.status_code not in {200, 303}:
                load.errors.append(f"{response.status_code} {response.request.method}")

        hooks: dict[str, list[Callable[..., Any]]] = {"request": [timed], "response": [told]}
        await asyncio.sleep(random.uniform(0, 1))  # noqa: S311 (no secret)
        try:
            async with httpx.AsyncClient(
                base_url=base, event_hooks=hooks, timeout=30, trust_env=False, verify=_NO_TLS
            ) as client:
                await work(client)
        except httpx.HTTPError as error:
            load.errors.append(type(error).__name__)

    await asyncio.gather(*(one(work) for work in partners))


async def _think() -> None:
    await asyncio.sleep(random.uniform(*_THINKING))  # noqa: S311 (no secret)


def _answering(path: str) -> Callable[[httpx.AsyncClient], Awaitable[None]]:
    async def work(client: httpx.AsyncClient) -> None:
        page = Page(client, path)
        shown = await page.open()
        word = re.search(r'name="word" value="([^"]+)"', shown.text)
        await _think()
        fields = {"word": word[1] if word else "", "action": "check", "values": json.dumps(OFFER)}
        await page.post("", fields)
        checked = await page.checked()
        await _think()
        await page.post("/send", checked)
        await page.open()

    return work


async def _looking(client: httpx.AsyncClient) -> None:
    """Ask a bare page as often."""
    await client.get("/a/x")
    await _think()
    await client.post("/a/x", content=b"x" * 2000)
    await client.get("/a/x/check")
    await _think()
    await client.post("/a/x/send", content=b"x" * 200)
    await client.get("/a/x")


@pytest_asyncio.fixture(name="links")
async def _links(database_url: str, tmp_path: Path, bars: Bars) -> list[str]:
    await asyncio.to_thread(prepare, database_url)
    return await _cases(database_url, tmp_path, 200 if bars.full else 10)


async def test_partners_open_and_send_at_once(bars: Bars, links: list[str], database_url: str, tmp_path: Path) -> None:
    ours, bare = Load(), Load()
    async with _server(ours, database_url, str(tmp_path)) as base:
        async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
            page = (await client.get(links[0])).content
        await _together(ours, [_answering(path) for path in links], base)
    (tmp_path / "page.html").write_bytes(page)
    async with _server(bare, str(tmp_path / "page.html")) as base:
        await _together(bare, [_looking for _ in links], base)
    ratio = ours.p95 / bare.p95
    quick = not bars.full or (ours.p95 <= MILLISECONDS and ratio <= RATIO)
    kind = "PostgreSQL" if database_url.startswith("postgresql") else "SQLite"
    bars.add(
        "ページ",
        f"相手方 {len(links)} 人が一斉に開いて送る（{kind}、{_PROCESSES} プロセス、開く・確認・送信、間は 1〜3 秒）",
        figure=f"{ours.text}、誤り {len(ours.errors)}。素の Starlette: {bare.text}、比 {ratio:.2f}",
        bound=(f"p95 {MILLISECONDS:.0f} ms 以下、素のページの {RATIO:g} 倍以下、" if bars.full else "") + "誤り 0",
        holds=quick and not ours.errors and len(page) > 10_000,
        errors=ours.errors[:5],
    )
