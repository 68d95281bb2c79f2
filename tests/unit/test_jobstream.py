"""What arrives in a stream or a poll: no job is lost between the call and its reader, whoever stops first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any

import grpc
import pytest
from grpc.aio import Metadata
from pyzeebe import Job
from pyzeebe.errors import ZeebeBackPressureError

from tests.kit.jobs import job
from workers.runtime import metrics
from workers.runtime.jobstream import Arriving, give_back

pytestmark = pytest.mark.asyncio
QUIET_SECONDS = 0.3


class Call:
    """A call to the engine: gives the jobs that are put, None ends it, an exception breaks it."""

    def __init__(self, *there: int | list[int]) -> None:
        self._coming: asyncio.Queue[int | list[int] | Exception | None] = asyncio.Queue()
        for key in there:
            self.put(key)
        self.open = True

    def put(self, what: int | list[int] | Exception | None) -> None:
        """Let the engine send a job or several in one answer, end the call or break it."""
        self._coming.put_nowait(what)

    async def answers(self) -> AsyncGenerator[list[Job]]:
        """Yield what was put."""
        try:
            while (what := await self._coming.get()) is not None:
                if isinstance(what, Exception):
                    raise what
                yield [job(key) for key in (what if isinstance(what, list) else [what])]
        finally:
            self.open = False


async def unread(arrives: Arriving) -> list[int]:
    return [job.key async for jobs in arrives.unread() for job in jobs]


async def test_jobs_are_read_in_their_order_until_the_call_ends() -> None:
    call = Call([1, 2], 3)
    call.put(None)
    arrives = Arriving(call.answers())
    read = []
    while (jobs := await arrives.read()) is not None:
        read.append([job.key for job in jobs])
    assert read == [[1, 2], [3]]
    assert not call.open


async def test_an_answer_without_jobs_does_not_end_the_call() -> None:
    call = Call([], 1)
    call.put(None)
    arrives = Arriving(call.answers())
    assert await arrives.read() == []
    assert await arrives.read() == [job(1)]
    assert await arrives.read() is None


async def test_whether_the_next_job_waits_tells_whether_the_reader_keeps_up() -> None:
    call = Call(1)
    arrives = Arriving(call.answers())
    await arrives.read()
    assert not arrives.waits
    call.put(2)
    call.put(3)
    await arrives.read()
    await asyncio.sleep(0)  # the read ahead has its turn
    assert arrives.waits
    await arrives.aclose()
    assert not call.open


async def test_what_breaks_the_call_reaches_the_reader_after_the_jobs_before_it() -> None:
    call = Call(1)
    call.put(ConnectionResetError())
    arrives = Arriving(call.answers())
    assert await arrives.read()
    with pytest.raises(ConnectionResetError):
        await arrives.read()


async def test_a_job_that_came_while_its_reader_was_cancelled_is_still_there() -> None:
    call = Call()
    arrives = Arriving(call.answers())
    reader = asyncio.create_task(arrives.read())
    await asyncio.sleep(0)
    call.put(1)
    reader.cancel()
    await asyncio.wait({reader})
    assert reader.cancelled()
    assert await unread(arrives) == [1]
    await arrives.aclose()


async def test_all_that_was_handed_over_is_unread_and_what_comes_within_a_moment_too() -> None:
    call = Call(1, 2, 3)
    arrives = Arriving(call.answers())
    assert await arrives.read()
    asyncio.get_running_loop().call_later(QUIET_SECONDS / 2, call.put, 4)
    assert await unread(arrives) == [2, 3, 4]
    await arrives.aclose()
    assert not call.open


async def test_a_call_that_has_been_silent_is_left_at_once() -> None:
    arrives = Arriving(Call().answers())
    begun = time.monotonic()
    assert await unread(arrives) == []
    assert time.monotonic() - begun >= QUIET_SECONDS
    begun = time.monotonic()
    assert await unread(arrives) == []
    assert time.monotonic() - begun < QUIET_SECONDS / 2
    await arrives.aclose()


async def test_a_call_that_broke_has_nothing_unread_and_closes() -> None:
    call = Call(1)
    call.put(ConnectionResetError())
    arrives = Arriving(call.answers())
    assert await unread(arrives) == [1]
    await arrives.aclose()
    assert not call.open


class Engine:
    """Takes jobs back, after it has pushed back so many times."""

    def __init__(self, *, pushes_back: int) -> None:
        self._pushes_back = pushes_back
        self.taken: list[int] = []

    async def fail_job(self, key: int, retries: int, message: str, back_off_ms: int, variables: Any) -> None:
        """Take a job back."""
        assert (retries, message, back_off_ms, variables) == (3, "reason", 0, {})
        if self._pushes_back:
            self._pushes_back -= 1
            raise ZeebeBackPressureError(
                grpc.aio.AioRpcError(grpc.StatusCode.RESOURCE_EXHAUSTED, Metadata(), Metadata())
            )
        self.taken.append(key)


async def test_jobs_go_back_although_the_engine_pushes_back_at_first() -> None:
    engine: Any = Engine(pushes_back=3)
    before = metrics.REGISTRY.get_sample_value("renkei_jobs_given_back_total") or 0
    await give_back(engine, [job(1), job(2)], "reason")
    assert sorted(engine.taken) == [1, 2]
    assert metrics.REGISTRY.get_sample_value("renkei_jobs_given_back_total") == before + 2
