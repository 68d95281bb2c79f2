"""renkei's worker with a handler that waits 200 ms for another system before it changes the registry."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.bench.peers import renkei_peer
from tests.bench.peers.orders import main
from workers import logs as logging
from workers.jobs.catalog import JobInput
from workers.usecases.ports import UnitOfWork

_SECONDS = 0.2


async def slow(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Wait, then change the registry."""
    await asyncio.sleep(_SECONDS)
    return await renkei_peer.draw(job, uow)


if __name__ == "__main__":
    logging.configure("WARNING")
    main(lambda: renkei_peer.program(slow, short=False))
