"""renkei's whole worker with one handler that draws a number in the registry: effect and outcome in one transaction.

``python -m tests.bench.peers.renkei_peer GATEWAY``; ``RENKEI_…`` names the rest. Protocol: tests/bench/peer.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.bench.peers.orders import Count, main, obey
from workers import logs
from workers.jobs.catalog import Handler, JobInput, JobType
from workers.runtime import jobrunner, supervisor
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork
from workers.wiring import services

_CITIES = 8


async def draw(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Change the registry: each city has a counter of its own."""
    number = job.variables["number"]
    await uow.counters.draw(f"bench:{number % _CITIES}")
    return {"echoed": number}


async def program(handler: Handler = draw, *, short: bool = True) -> None:
    """Work as ordered."""
    settings = Settings(gateway_address=sys.argv[1])
    tell = jobrunner._tell

    @asynccontextmanager
    async def opened(job_type: str, count: Count) -> AsyncIterator[None]:
        async def counting(*args: Any) -> None:
            await tell(*args)
            count.one()

        jobrunner._tell = counting  # type: ignore[assignment]  # counted, then told
        stop, taking = asyncio.Event(), asyncio.Event()
        types = {job_type: JobType(type=job_type, label=job_type, handler=handler, short=short)}
        work = asyncio.create_task(supervisor.run_worker(built.with_job_types(types), stop=stop, taking=taking))
        try:
            await taking.wait()
            yield
        finally:
            stop.set()
            await work

    async with services(settings) as built:
        supervisor.collect_less_often()
        await obey(opened)


if __name__ == "__main__":
    logs.configure("WARNING")
    with contextlib.suppress(KeyboardInterrupt):
        main(program)
