"""What the local stack mends in Zeebe 8.6.0, seen on the running engine."""

from __future__ import annotations

import asyncio
from collections import Counter

import grpc
import pytest
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from tests.chaos.at_work import many_tasks
from tests.kit.driver import EngineDriver

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_JOB = "comes-back"
_JOBS, _FAILURES = 200, 4


async def test_every_failed_job_comes_back_after_every_back_off(driver: EngineDriver) -> None:
    await driver.deploy(many_tasks("comes-back", _JOB))
    instance = await driver.start("comes-back", {"count": _JOBS})
    tries: Counter[int] = Counter()
    async with grpc.aio.insecure_channel(driver.broker.gateway) as channel:
        failing = asyncio.create_task(_fail(ZeebeAdapter(channel, max_connection_retries=-1), tries))
        try:
            await driver.completed(instance, timeout=90)
        finally:
            failing.cancel()
    assert sorted(tries.values()) == [_FAILURES + 1] * _JOBS


async def _fail(adapter: ZeebeAdapter, tries: Counter[int]) -> None:
    """Fail each job some times with a short back-off and complete it then."""
    while True:
        async for job in adapter.activate_jobs(
            task_type=_JOB,
            worker="test",
            timeout=60_000,
            max_jobs_to_activate=_JOBS,
            variables_to_fetch=["number"],
            request_timeout=2_000,
            tenant_ids=None,
        ):
            tries[job.key] += 1
            if tries[job.key] > _FAILURES:
                await adapter.complete_job(job.key, {})
            else:
                await adapter.fail_job(job.key, 3, "the test says so", 500 + 17 * job.key % 3000, {})
