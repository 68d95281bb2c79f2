"""The documentation's site: built without a warning, opened from a folder, searched in Japanese, nothing fetched."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.kit import docsite

_FOUND = {
    "督促": "照会",
    "更新の日程": "図の直し方（プロセスオーナーの方へ）",
    "RK-3058": "エラー",
    "RENKEI_DESK_URL": "設定",
    "取り込む": "画面の使い方（職員の方へ）",
}
"""What somebody types, and what has to be among the results."""


@pytest.fixture(scope="module")
def site() -> str:
    """The built site's address."""
    done = docsite.build()
    assert done.returncode == 0, done.stdout
    return docsite.SITE.as_uri()


def _opened(browser: Browser, address: str, *, width: int = 1280) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900}, locale="ja-JP")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: asked.append(str(error)))
    page.goto(address)
    return page, asked


def test_every_reader_finds_words_in_japanese_without_a_server_or_a_network(chromium: Browser, site: str) -> None:
    page, asked = _opened(chromium, f"{site}/docs/readers/it.html")
    search = page.locator(".md-search__input")
    for words, title in _FOUND.items():
        search.fill(words)
        search.press("End")
        expect(page.locator(".md-search-result__list")).to_contain_text(title)
    search.fill("qqzzxy")
    search.press("End")
    expect(page.locator(".md-search-result__meta")).to_have_text("何も見つかりませんでした")
    assert [address for address in asked if not address.startswith("file:")] == []
    page.close()


def test_the_front_page_is_the_readme_and_leads_to_every_reader(chromium: Browser, site: str) -> None:
    page, asked = _opened(chromium, f"{site}/index.html", width=390)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "a phone shows the page without sliding"
    links = set(page.locator("article a").evaluate_all("found => found.map(a => a.getAttribute('href'))"))
    assert links >= {f"docs/readers/{name}.html" for name in _READERS}
    assert [address for address in asked if not address.startswith("file:")] == []
    page.close()


_READERS = ("owner", "office", "department", "partner", "it", "developer")
