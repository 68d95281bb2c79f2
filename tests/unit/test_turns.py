"""Whose turn it is at SQLite's one connection."""

from __future__ import annotations

import asyncio

import pytest

from workers.adapters.registry import turns as module
from workers.adapters.registry.turns import Turns

pytestmark = pytest.mark.asyncio


async def a_job(turns: Turns, log: list[str], name: str = "job") -> None:
    """Take the jobs' turn and note it."""
    async with turns.job():
        log.append(name)


async def other_steps() -> None:
    """Let everything happen that waits for nothing."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_job_lets_the_mail_in_hand_go_first_and_goes_before_the_next_mail() -> None:
    turns, log = Turns(), list[str]()
    with turns.mail():
        jobs = [asyncio.create_task(a_job(turns, log, name)) for name in ("one", "two")]
        await other_steps()
        assert log == []
    with turns.mail():
        await other_steps()
        assert log == ["one"]
    await asyncio.gather(*jobs)
    assert log == ["one", "two"]


async def test_without_a_mail_a_job_waits_for_the_former_job_only() -> None:
    turns, log = Turns(), list[str]()
    async with turns.job():
        waiting = asyncio.create_task(a_job(turns, log))
        await other_steps()
        assert log == []
    await waiting
    assert log == ["job"]


async def test_a_slow_mail_server_holds_up_one_job_and_not_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(module, "HURRY_SECONDS", 60)
    turns, log, loop = Turns(), list[str](), asyncio.get_running_loop()
    with turns.mail():
        started = loop.time()
        async with asyncio.timeout(10):
            await a_job(turns, log, "first")
        assert loop.time() - started >= 0.05
        await asyncio.wait_for(a_job(turns, log, "second"), 0.04)
    assert log == ["first", "second"]


async def test_a_mail_that_fails_holds_up_nobody() -> None:
    turns, log = Turns(), list[str]()
    with pytest.raises(OSError, match="gone"), turns.mail():
        raise OSError("gone")
    async with asyncio.timeout(10):
        await a_job(turns, log)
    assert log == ["job"]
