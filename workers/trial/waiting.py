"""Those who wait for what a thread tells: each is woken once, however much is told before it looks."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Waiters:
    """Events of any number of event loops, set from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._waking: set[asyncio.AbstractEventLoop] = set()

    @contextmanager
    def waiting(self) -> Iterator[asyncio.Event]:
        """Return an event of the running loop that is set at every change until the block ends; who waits clears it."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._events.append(waiter)
        try:
            yield waiter[1]
        finally:
            with self._lock:
                self._events.remove(waiter)

    def look_again(self) -> None:
        """Let all who wait look again."""
        with self._lock:
            loops = {loop for loop, _ in self._events} - self._waking
            self._waking |= loops
        for loop in loops:
            try:
                loop.call_soon_threadsafe(self._wake, loop)
            except RuntimeError:  # that loop has closed
                self._waking.discard(loop)

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            self._waking.discard(loop)
            for own, event in self._events:
                if own is loop:
                    event.set()
