"""What Modeler's button deployed alone is told and healed (ALL-8)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import DEPARTMENTS, MadePacks, completed_task
from workers.adapters.registry.deployments import DeployedDefinition
from workers.cli.packdeploy import State, deploy_city
from workers.errors import PermanentError
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_diagram_that_was_deployed_alone_is_told_and_the_pack_made_whole(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """Without healing every new case would stop at its first form, decision or call.

    The engine takes the foreign version for the same as the file, so sending the pack again changes nothing.
    """
    code = packs.city()
    path = packs.file(code, f"{code}-signing.bpmn")
    async with services(at_home) as built:
        await deploy_city(built, code)
        packs.change(path)
        await driver.deploy([path])
        broken = await driver.start(f"{code}-signing", DEPARTMENTS)
        assert (await driver.incident(broken)).type == "FORM_NOT_FOUND"

        healed = await deploy_city(built, code)
        assert healed.foreign == [path.name]
        assert f"Modeler などから {path.name} が個別に配備されていました" in healed.told()
        again = await deploy_city(built, code)
    assert (again.state, again.foreign, again.definitions) == (State.UNCHANGED, [], healed.definitions)
    whole = await driver.start(f"{code}-signing", DEPARTMENTS)
    await completed_task(driver, "Ask", instance=whole)
    await completed_task(driver, "Look", instance=whole)
    await driver.completed(whole)


@pytest.mark.parametrize("kind", ["child", "form", "decision"])
async def test_what_a_diagram_uses_is_healed_too(
    kind: str, driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """Without healing no case would ever use a form, decision or common process that Modeler deployed.

    The diagrams go on with those of their own deployment, and sending the pack again changes nothing.
    """
    code = packs.city()
    path = {
        "child": packs.file("common", f"{packs.child}.bpmn"),
        "form": packs.file(code, f"{code}-answer.form"),
        "decision": packs.file(code, f"{code}-check.dmn"),
    }[kind]
    async with services(at_home) as built:
        before = await deploy_city(built, code)
        packs.change(path)
        await driver.deploy([path])
        healed = await deploy_city(built, code)
        again = await deploy_city(built, code)
    assert healed.foreign == [path.name]
    assert {item.key for item in healed.definitions}.isdisjoint(item.key for item in before.definitions)
    assert (again.state, again.foreign) == (State.UNCHANGED, [])


async def test_the_folder_wins_over_what_another_hand_deployed(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """A diagram that was deployed but never saved in the folder is told, too; the folder's replaces it."""
    code = packs.city()
    path = packs.file(code, f"{code}-signing.bpmn")
    async with services(at_home) as built:
        await deploy_city(built, code)
        await driver.deploy({path.name: path.read_bytes().replace("確かめる".encode(), "見直す".encode())})
        healed = await deploy_city(built, code)
        again = await deploy_city(built, code)
    assert (healed.foreign, {item.version for item in healed.definitions if item.resource == path.name}) == (
        [path.name],
        {3},
    )
    assert (again.state, again.foreign) == (State.UNCHANGED, [])


async def test_a_change_after_healing_is_an_ordinary_new_version(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """The nonce goes with the file that it was added to."""
    code = packs.city()
    path = packs.file(code, f"{code}-signing.bpmn")
    async with services(at_home) as built:
        await deploy_city(built, code)
        packs.change(path)
        await driver.deploy([path])
        await deploy_city(built, code)
        packs.change(path, "again")
        changed = await deploy_city(built, code)
        again = await deploy_city(built, code)
    assert (changed.state, changed.foreign) == (State.DEPLOYED, [])
    assert again.state is State.UNCHANGED


async def test_a_registry_that_knows_nothing_of_the_engine_takes_the_pack_over(
    at_home: Settings, packs: MadePacks
) -> None:
    """As after a lost registry, or a call whose answer never came."""
    code = packs.city()
    async with services(at_home) as built:
        await deploy_city(built, code)
    async with services(at_home.model_copy(update={"data": at_home.data / "another"})) as built:
        taken = await deploy_city(built, code)
        again = await deploy_city(built, code)
    assert taken.state is State.RENEWED
    assert "台帳に記録のない配備があったので" in taken.told()
    assert (again.state, again.foreign) == (State.UNCHANGED, [])


@pytest.mark.parametrize("there", [True, False])
async def test_an_engine_that_is_behind_the_registry_is_refused(
    there: bool,  # noqa: FBT001 (whether the engine has an older version, or none)
    at_home: Settings,
    packs: MadePacks,
) -> None:
    """Its data were wiped or restored: job keys repeat, so it needs a name of its own."""
    code = packs.city()
    known = DeployedDefinition(
        engine_id=at_home.engine_id,
        kind="process",
        definition_id=f"{code}-signing",
        key=1,
        version=7,
        sha256="0" * 64,
        pack=code,
        deployed_at=datetime.now(UTC),
    )
    async with services(at_home) as built:
        if there:
            await deploy_city(built, code)
        async with built.open_unit() as uow:
            await uow.deployments.record(known)
        with pytest.raises(PermanentError, match="RENKEI_ENGINE_ID"):
            await deploy_city(built, code)
