"""The desk on 127.0.0.1 in a thread of its own, an office's day on it: Playwright's event loop occupies the tests'."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.kit.deskpages import DeskAtWork, desk_at
from tests.kit.deskworld import furnish
from tests.kit.serving import serving

T = TypeVar("T")
_SECONDS = 60


@dataclass(frozen=True)
class DeskServer:
    """A desk that is served. ``desk``: its registry, and the engine with its tasks."""

    desk: DeskAtWork
    url: str
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run async work beside the server and return its result; raises what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=_SECONDS)


@contextmanager
def desk_server(folder: Path) -> Iterator[DeskServer]:
    """Yield a running desk with its registry below a folder."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=_SECONDS)

    opened = desk_at(f"sqlite+aiosqlite:///{folder / 'registry.sqlite3'}", folder)
    try:
        desk = run(opened.__aenter__())
        run(furnish(desk))
        served = serving(desk.app)
        yield DeskServer(desk, run(served.__aenter__()), loop)
        run(served.__aexit__(None, None, None))
        run(opened.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
