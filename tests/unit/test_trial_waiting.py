"""Who waits for records is woken once for all that came meanwhile, in its own loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from workers.trial.records import NotReached, Records
from workers.trial.waiting import Waiters


def _told_often(waiters: Waiters) -> None:
    for _ in range(50):
        waiters.look_again()


def test_many_changes_wake_a_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes that come while the loop is busy cost it one wake-up; the next change after that another."""

    async def scenario() -> list[int]:
        waiters, wakings = Waiters(), 0
        loop = asyncio.get_running_loop()
        plain = loop.call_soon_threadsafe

        def counted(*arguments: object) -> object:
            nonlocal wakings
            wakings += 1
            return plain(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        counts = []
        with waiters.waiting() as one, waiters.waiting() as other:
            for _ in range(2):
                one.clear()
                other.clear()
                told = threading.Thread(target=_told_often, args=(waiters,))
                told.start()
                told.join()
                await asyncio.gather(one.wait(), other.wait())
                counts.append(wakings)
        waiters.look_again()
        return [*counts, wakings]

    assert asyncio.run(scenario()) == [1, 2, 2]


def test_a_loop_that_has_closed_does_not_keep_others_from_being_woken() -> None:
    """A test may leave a waiter behind in the loop that it closed."""
    waiters = Waiters()

    async def leave() -> None:
        waiters.waiting().__enter__()

    asyncio.run(leave())

    async def wait() -> None:
        with waiters.waiting() as changed:
            waiters.look_again()
            async with asyncio.timeout(10):
                await changed.wait()

    asyncio.run(wait())


def test_what_does_not_come_is_awaited_to_its_deadline() -> None:
    records = Records()
    with pytest.raises(NotReached, match=r"not reached in 0\.05 s: nothing"):
        asyncio.run(records.wait(lambda: False, timeout=0.05, what="nothing"))
