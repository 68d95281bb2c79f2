"""Debian's Chromium; ``make test`` installs it. For async tests in a thread of its own: its library wants one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TypeVar

from playwright.sync_api import Browser, Page, expect, sync_playwright

T = TypeVar("T")
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SHOWN_MS = 30_000  # a page on a busy machine; five seconds, as usual, are for a quiet one
_ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def launched() -> Iterator[Browser]:
    """Yield a browser; the thread is Playwright's until it is closed."""
    path = next((found for name in _NAMES if (found := shutil.which(name))), None)
    assert path is not None, "Chromium がありません。make packages で入ります"
    expect.set_options(timeout=_SHOWN_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


class Window:
    """A browser window, and the thread in which it is worked with."""

    def __init__(self, pool: ThreadPoolExecutor, page: Page) -> None:
        self._pool = pool
        self._page = page

    async def do(self, work: Callable[[Page], T]) -> T:
        """Work with the window, without blocking the event loop, and return the result; raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, self._page)


@contextmanager
def window() -> Iterator[Window]:
    """Yield a window of a browser of its own."""
    with ThreadPoolExecutor(1) as pool, ExitStack() as open_now:

        def opened() -> Page:
            browser = open_now.enter_context(launched())
            page = browser.new_page(viewport={"width": 1100, "height": 900}, locale="ja-JP")
            page.set_default_timeout(_SHOWN_MS)
            return page

        page = pool.submit(opened).result()
        try:
            yield Window(pool, page)
        finally:
            pool.submit(open_now.close).result()
