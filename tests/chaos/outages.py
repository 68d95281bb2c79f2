"""What the tests of outages share: a worker whose engine can be cut off, and work that shows that it works."""

from __future__ import annotations

import time

from tests.chaos.stock import PROCESS
from tests.kit.driver import EngineDriver
from workers.trial.records import NotReached


async def seconds_to_work(driver: EngineDriver, process_id: str, *, within: float) -> float:
    """Start an instance and return the seconds to its end, ``inf`` when it did not end in time."""
    started = time.monotonic()
    variables = {"count": 1} if process_id == PROCESS else {"ms": 0, "count": 1}
    instance = await driver.start(process_id, variables)
    try:
        await driver.completed(instance, timeout=within)
    except NotReached:
        return float("inf")
    return time.monotonic() - started
