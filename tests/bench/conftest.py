"""Measurements have a broker of their own that runs as fast as it can; they run in ``make bench``."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.bench.ground import Ground, ground


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="ground")
async def _ground() -> AsyncIterator[Ground]:
    async with ground() as running:
        yield running
