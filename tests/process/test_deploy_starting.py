"""Common processes that start by themselves are a pack of their own; nothing else restarts their timers (ALL-8)."""

from __future__ import annotations

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import MadePacks, by_timer, signing
from workers.cli.packdeploy import State, deploy_city, deploy_common
from workers.errors import InputError
from workers.settings import Settings
from workers.trial.happened import Timer
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture
def packs(packs: MadePacks) -> MadePacks:
    """The packs with a process of their own that starts by a timer."""
    packs.file("common", f"{packs.watch}.bpmn").write_bytes(by_timer(packs.watch, packs.child))
    return packs


async def _timers(driver: EngineDriver, process_id: str) -> list[Timer]:
    """Return the timers that start a process, oldest first."""
    await driver.settled()
    records = [
        record["key"]
        for record in driver.records.by_type["TIMER"]
        if record["intent"] == "CREATED"
        and driver.records.definitions[record["value"]["processDefinitionKey"]].process_id == process_id
    ]
    return [driver.records.timers[key] for key in records]


async def test_neither_a_city_nor_an_unchanged_call_restarts_a_timer(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """A changed city's call makes new versions of all that it holds.

    With the watch in it, its timer would begin anew with every city's deployment.
    """
    code = packs.city()
    async with services(at_home) as built:
        assert packs.watch not in {item.id for item in (await deploy_city(built, code)).definitions}
        first = await deploy_common(built)
        assert first is not None
        assert {item.id for item in first.definitions} == {packs.watch, packs.child, packs.page}
        packs.change(packs.file(code, f"{code}-signing.bpmn"))
        await deploy_city(built, code)
        again = await deploy_common(built)
        assert again is not None
        assert again.state is State.UNCHANGED
    (kept,) = await _timers(driver, packs.watch)
    assert kept.open

    packs.change(packs.file(code, f"{code}-signing.bpmn"), "again")  # without the rule
    await driver.deploy([packs.file(code, f"{code}-signing.bpmn"), packs.file("common", f"{packs.watch}.bpmn")])
    timers = await _timers(driver, packs.watch)
    assert [timer.open for timer in timers] == [False, True]


async def test_a_changed_watch_or_child_gets_a_new_version(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """Also when a city's call has brought the changed child along before, so that the call alone changes nothing."""
    code = packs.city()
    async with services(at_home) as built:
        await deploy_city(built, code)
        await deploy_common(built)
        packs.change(packs.file("common", f"{packs.child}.bpmn"))
        await deploy_city(built, code)
        renewed = await deploy_common(built)
        packs.change(packs.file("common", f"{packs.watch}.bpmn"))
        changed = await deploy_common(built)
    assert renewed is not None
    assert changed is not None
    assert (renewed.state, changed.state) == (State.RENEWED, State.DEPLOYED)
    timers = await _timers(driver, packs.watch)
    assert [timer.open for timer in timers] == [False, False, True]


async def test_a_city_cannot_call_a_process_that_starts_by_itself(at_home: Settings, packs: MadePacks) -> None:
    """Its call would have to hold it."""
    code = packs.city()
    packs.file(code, f"{code}-signing.bpmn").write_bytes(signing(code, packs.watch))
    async with services(at_home) as built:
        with pytest.raises(InputError, match=f"Call .*「{packs.watch}」は自分で始まる共通のプロセス"):
            await deploy_city(built, code)


async def test_without_such_a_process_there_is_nothing_to_deploy(at_home: Settings, packs: MadePacks) -> None:
    """The common files that are only called come with the cities' calls."""
    packs.file("common", f"{packs.watch}.bpmn").unlink()
    async with services(at_home) as built:
        assert await deploy_common(built) is None
