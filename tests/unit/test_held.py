"""How many jobs a worker holds, and how few while its registry is away."""

from __future__ import annotations

import asyncio

import pytest

from tests.kit.jobs import job
from workers.runtime import held as module
from workers.runtime.held import Held

pytestmark = pytest.mark.asyncio


async def test_there_is_room_for_what_runs_and_for_a_queue() -> None:
    held = Held(slots=2)
    assert held.room == 16
    for key in range(16):
        held.add(job(key), leased_until=20)
    waiting = asyncio.create_task(held.wait_for_room(0.25))
    for key in (0, 1, 3):
        held.remove(job(key))
        await asyncio.sleep(0)
        assert not waiting.done()
    held.remove(job(2))
    async with asyncio.timeout(1):
        await waiting


async def test_while_the_registry_is_away_one_job_at_a_time_finds_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.05)
    held = Held(slots=2)
    held.add(job(1), leased_until=20)
    held.registry_answers(False)
    assert held.room == 0
    waiting = asyncio.create_task(held.wait_for_room(0.25))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    held.remove(job(1))
    async with asyncio.timeout(1):
        await waiting
    assert held.room == 1
    held.registry_answers(True)
    assert held.room == 16


async def test_a_probe_waits_a_moment_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.2)
    held = Held(slots=2)
    held.registry_answers(False)
    started = asyncio.get_running_loop().time()
    await held.wait_for_room()
    assert asyncio.get_running_loop().time() - started >= 0.19


async def test_who_waits_for_more_room_than_a_probe_gets_wakes_when_the_registry_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_PROBE_SECONDS", 0.01)
    held = Held(slots=4)
    for key in range(24):
        held.add(job(key), leased_until=20)
    waiting = asyncio.create_task(held.wait_for_room(0.25))
    await asyncio.sleep(0)
    held.registry_answers(False)
    for key in range(24):
        held.remove(job(key))
    async with asyncio.timeout(1):
        await waiting
