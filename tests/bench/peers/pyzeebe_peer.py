"""pyzeebe without renkei. ``stock``: as its documentation shows it; ``tuned``: what its options allow; ``streaming``.

``python -m tests.bench.peers.pyzeebe_peer stock|tuned|streaming GATEWAY``. Protocol: tests/bench/peer.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import grpc
from pyzeebe import ZeebeWorker
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from tests.bench.peers.orders import Count, main, obey

_WORKER: dict[str, dict[str, Any]] = {
    "stock": {},
    "tuned": {"poll_retry_delay": 0.02, "request_timeout": 10_000},
    "streaming": {"poll_retry_delay": 0.02, "request_timeout": 10_000, "stream_enabled": True},
}
_TASK: dict[str, dict[str, Any]] = {
    "stock": {},
    "tuned": {"max_jobs_to_activate": 100, "max_running_jobs": 100, "timeout_ms": 60_000},
    "streaming": {"max_jobs_to_activate": 100, "max_running_jobs": 100, "timeout_ms": 60_000},
}


def counted(adapter: ZeebeAdapter, count: Count) -> None:
    """Count what the engine acknowledges; pyzeebe itself tells nobody."""
    complete = adapter.complete_job

    async def complete_job(*args: Any, **options: Any) -> Any:
        answer = await complete(*args, **options)
        count.one()
        return answer

    adapter.complete_job = complete_job  # type: ignore[method-assign]


async def program() -> None:
    """Work as ordered."""
    kind, gateway = sys.argv[1:]

    @asynccontextmanager
    async def opened(job_type: str, count: Count) -> AsyncIterator[None]:
        async with grpc.aio.insecure_channel(gateway) as channel:
            worker = ZeebeWorker(channel, **_WORKER[kind])
            counted(worker.zeebe_adapter, count)

            @worker.task(task_type=job_type, **_TASK[kind])
            async def echo(number: int) -> dict[str, int]:
                return {"echoed": number}

            work = asyncio.create_task(worker.work())
            try:
                yield
            finally:
                work.cancel()  # its own stop() waits for jobs that it never starts
                with suppress(asyncio.CancelledError):
                    await work

    await obey(opened)


if __name__ == "__main__":
    main(program)
