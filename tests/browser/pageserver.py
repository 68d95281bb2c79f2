"""The partners' pages as a server on 127.0.0.1, in a thread of its own: Playwright's event loop occupies the tests'."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tests.kit.answering import Answering, answering
from tests.kit.registry import Registry, registry_at
from tests.kit.serving import serving

T = TypeVar("T")
_SECONDS = 60


@dataclass(frozen=True)
class PageServer:
    """A case whose partner has pages. ``at_work``: its registry and the engine with its one open task."""

    at_work: Answering
    url: str
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run async work beside the server and return its result; raises what it raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=_SECONDS)

    def ask(self, form: Mapping[str, Any] | None = None, values: Mapping[str, Any] | None = None) -> str:
        """Mail the partner for the next round of a step, which shows a form with values; returns the link's address."""
        engine = self.at_work.engine
        if form is not None:
            engine.form, engine.values = form, {**(values or {})}
        engine.is_open, engine.away = True, False
        return self.url + self.run(self.at_work.ask(key=f"k{next(_ROUNDS)}"))


_ROUNDS = iter(range(1_000_000))


@contextmanager
def page_server(
    folder: Path, start: Callable[[Registry], Coroutine[Any, Any, Answering]] = answering
) -> Iterator[PageServer]:
    """Yield a running server with an empty registry below a folder; ``start`` makes its pages."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=_SECONDS)

    registry = registry_at(f"sqlite+aiosqlite:///{folder / 'registry.sqlite3'}", folder)
    try:
        at_work = run(start(run(registry.__aenter__())))
        served = serving(at_work.app)
        yield PageServer(at_work, run(served.__aenter__()), loop)
        run(served.__aexit__(None, None, None))
        run(registry.__aexit__(None, None, None))
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
