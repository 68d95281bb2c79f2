"""Async work beside Playwright, whose event loop occupies the thread of the tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
_SECONDS = 300


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run async work to its end in a thread of its own and return its result; raises what it raises."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(timeout=_SECONDS)
