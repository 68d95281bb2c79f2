"""A pack goes to the engine whole, in one call (ALL-8); new versions are for new cases only (ALL-9)."""

from __future__ import annotations

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import DEPARTMENTS, MadePacks, completed_task
from workers.cli.packdeploy import State, deploy_city, deploy_common
from workers.settings import Settings
from workers.wiring import services

_RUNNING = 50
pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_called_process_is_found_only_when_it_came_with_the_same_call(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """Sent one by one, the engine takes both without a word, and the case stops at run time."""
    code = packs.city()
    await driver.deploy([packs.file("common", f"{packs.child}.bpmn")])
    own = [path for path in packs.bpmn.joinpath(code).iterdir() if path.suffix in {".bpmn", ".form", ".dmn"}]
    await driver.deploy(own)
    alone = await driver.start(f"{code}-signing", DEPARTMENTS)
    await completed_task(driver, "Ask", instance=alone)
    stopped = await driver.incident(alone)
    assert (stopped.type, stopped.element_id) == ("CALLED_ELEMENT_ERROR", "Call")

    async with services(at_home) as built:
        await deploy_city(built, code)
    together = await driver.start(f"{code}-signing", DEPARTMENTS)
    await completed_task(driver, "Ask", instance=together)
    await completed_task(driver, "Look", instance=together)
    await driver.completed(together)


async def test_an_unchanged_pack_gets_no_new_version(driver: EngineDriver, at_home: Settings, packs: MadePacks) -> None:
    """Neither when it is deployed again nor after another city has brought the common child along once more."""
    first, second = packs.city("a"), packs.city("b")
    async with services(at_home) as built:
        before = await deploy_city(built, first)
        assert (before.state, before.foreign) == (State.DEPLOYED, [])
        assert (await deploy_city(built, first)).state is State.UNCHANGED
        await deploy_city(built, second)
        after = await deploy_city(built, first)
    assert after.state is State.UNCHANGED
    own = [[item for item in done.definitions if item.id.startswith(first)] for done in (before, after)]
    assert own[0] == own[1]
    assert "配備はそのままです（プロセス2、デシジョン1、フォーム2）" in after.told()
    await driver.settled()
    versions = [
        found.version for found in driver.records.definitions.values() if found.process_id == f"{first}-signing"
    ]
    assert versions == [1]


async def test_a_changed_common_process_reaches_every_city(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """Without the rule only the first city would get it.

    The first city's call makes the child's new version the latest. So the second's call is one without changes, and
    the engine leaves that city bound to the child as it was.
    """
    cities = [packs.city("a"), packs.city("b")]
    async with services(at_home) as built:
        for code in cities:
            await deploy_city(built, code)
        path = packs.file("common", f"{packs.child}.bpmn")
        path.write_bytes(path.read_bytes().replace(b'"Look"', b'"LookTwice"').replace(b"To_Look", b"To_LookTwice"))
        done = [await deploy_city(built, code) for code in cities]
        again = [await deploy_city(built, code) for code in cities]
    assert [found.state for found in done] == [State.DEPLOYED, State.RENEWED]
    assert [found.foreign for found in done] == [[], []]
    assert [found.state for found in again] == [State.UNCHANGED, State.UNCHANGED]
    for code in cities:
        instance = await driver.start(f"{code}-signing", DEPARTMENTS)
        await completed_task(driver, "Ask", instance=instance)
        await completed_task(driver, "LookTwice", instance=instance)
        await driver.completed(instance)


async def test_fifty_running_cases_keep_their_version_and_a_new_one_takes_the_new(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """ALL-9: of the diagram and of what it calls, though half of the calls are made after the new version came."""
    code = packs.city()
    async with services(at_home) as built:
        await deploy_city(built, code)
        old = [await driver.start(f"{code}-signing", DEPARTMENTS) for _ in range(_RUNNING)]
        for instance in old[::2]:
            await completed_task(driver, "Ask", instance=instance)
            await driver.task("Look", instance=instance)
        for path, element in (
            (packs.file(code, f"{code}-signing.bpmn"), b"Ask"),
            (packs.file("common", f"{packs.child}.bpmn"), b"Look"),
        ):
            content = path.read_bytes().replace(b'"%s"' % element, b'"%sAnew"' % element)
            path.write_bytes(content.replace(b"To_%s" % element, b"To_%sAnew" % element))
        await deploy_city(built, code)
    newest = await driver.start(f"{code}-signing", DEPARTMENTS)
    for instance in old[1::2]:
        await completed_task(driver, "Ask", instance=instance)
    for instance in old:
        await completed_task(driver, "Look", instance=instance)
        await driver.completed(instance)
    for task in ("AskAnew", "LookAnew"):
        await completed_task(driver, task, instance=newest)
    await driver.completed(newest)
    assert {driver.records.instances[instance].version for instance in old} == {1}
    assert not any(driver.records.passed(f"{name}Anew", instance=key) for key in old for name in ("Ask", "Look"))
    assert driver.records.instances[newest].version == 2


async def test_every_pack_of_the_repository_deploys_and_then_stays(settings: Settings) -> None:
    """What other tests deployed file by file before is taken over; then nothing changes."""
    async with services(settings) as built:
        codes = built.packs.codes()
        for code in codes:
            await deploy_city(built, code)
        common = await deploy_common(built)
        again = [await deploy_city(built, code) for code in codes]
        again += [done for done in [await deploy_common(built)] if done is not None]
    assert {(done.pack, done.state, *done.foreign) for done in again} == {
        (pack, State.UNCHANGED) for pack in [*codes, *(["common"] if common else [])]
    }
