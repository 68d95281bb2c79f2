"""Renkei's worker as it is. ``open TYPE`` leaves that job type to others; ``open all`` leaves none.

``python -m tests.bench.peers.survey_worker GATEWAY``; ``RENKEI_…`` names the rest. Protocol: tests/bench/peer.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench.peers.orders import Count, main, obey
from workers import logs as logging
from workers.runtime import supervisor
from workers.settings import Settings
from workers.wiring import services


async def program() -> None:
    """Work as ordered."""

    @asynccontextmanager
    async def opened(left_out: str, _count: Count) -> AsyncIterator[None]:
        stop, taking = asyncio.Event(), asyncio.Event()
        types = {name: job_type for name, job_type in built.job_types.items() if name != left_out}
        work = asyncio.create_task(supervisor.run_worker(built.with_job_types(types), stop=stop, taking=taking))
        try:
            await taking.wait()
            yield
        finally:
            stop.set()
            await work

    async with services(Settings(gateway_address=sys.argv[1])) as built:
        await obey(opened)


if __name__ == "__main__":
    logging.configure("WARNING")
    main(program)
