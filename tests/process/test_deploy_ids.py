"""An id belongs to one pack, whichever packs are deployed, and wherever they lie (ALL-8)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kit.driver import EngineDriver
from tests.kit.made_packs import MadePacks, form
from workers.cli.packdeploy import deploy_city
from workers.errors import InputError, InputErrors
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


def _versions(driver: EngineDriver, form_id: str) -> set[int]:
    """Return the versions of a form in the engine; Tasklist shows the newest as the start form."""
    values = [record["value"] for record in driver.records.by_type["FORM"]]
    return {value["version"] for value in values if value["formId"] == form_id}


async def test_a_form_id_of_two_packs_is_refused_though_only_one_is_named(
    driver: EngineDriver, at_home: Settings, packs: MadePacks, tmp_path: Path
) -> None:
    """The engine would take the second pack's form as the first one's next version: what it shows from then on."""
    first = packs.city("a")
    elsewhere = tmp_path / "elsewhere"
    second = packs.city("a-b", folder=elsewhere)  # its ids may begin with the first one's code and a hyphen, too
    name = f"{second}-common.form"
    for folder, mark in ((packs.bpmn / first, "first"), (elsewhere / second, "second")):
        (folder / name).write_text(form(f"{second}-common").replace("入力", mark), encoding="utf-8")

    both = at_home.model_copy(update={"packs": [elsewhere]})
    async with services(both) as built:
        for code, other in ((first, second), (second, first)):
            with pytest.raises(InputError) as refused:
                await deploy_city(built, code)
            assert f"{code}/{name}" in refused.value.message
            assert f"ID「{second}-common」は {other}/{name} でも使われています" in refused.value.message
    await driver.settled()
    assert _versions(driver, f"{second}-common") == set()

    for folder in (packs.bpmn / first, elsewhere / second):  # without the rule
        await driver.deploy([folder / name])
    await driver.settled()
    assert _versions(driver, f"{second}-common") == {1, 2}


async def test_an_id_that_the_registry_knows_as_another_packs_is_refused(
    driver: EngineDriver, at_home: Settings, packs: MadePacks
) -> None:
    """The first pack's folder is not at hand, as on another machine, but its cases run in this engine."""
    first = packs.city("a")
    shared = f"{first}-b-common"
    packs.file(first, f"{shared}.form").write_text(form(shared), encoding="utf-8")
    async with services(at_home) as built:
        await deploy_city(built, first)
        shutil.rmtree(packs.bpmn / first)
        second = packs.city("a-b")
        packs.file(second, f"{shared}.form").write_text(form(shared).replace("入力", "別"), encoding="utf-8")
        with pytest.raises(InputErrors) as refused:
            await deploy_city(built, second)
    assert refused.value.message == (
        f"{second}/{shared}.form: フォームの ID「{shared}」は {first}/{shared}.form のものとして"
        "配備されているため使えません"
    )
    await driver.settled()
    assert _versions(driver, shared) == {1}


@pytest.mark.parametrize("code", ["..", "../common", "common/..", "common", "/etc", ""])
async def test_a_city_code_does_not_leave_its_folder(code: str, at_home: Settings) -> None:
    """A code is a word of small letters, digits and hyphens that names a pack."""
    async with services(at_home) as built:
        with pytest.raises(InputError, match="という市はありません"):
            await deploy_city(built, code)


async def test_a_link_that_leads_out_of_the_pack_is_refused(
    at_home: Settings, packs: MadePacks, tmp_path: Path
) -> None:
    """What is deployed is what lies in the folder."""
    code = packs.city()
    elsewhere = tmp_path / f"{code}-more.form"
    elsewhere.write_text(form(f"{code}-more"), encoding="utf-8")
    packs.file(code, elsewhere.name).symlink_to(elsewhere)
    async with services(at_home) as built:
        with pytest.raises(InputError, match=f"{code}/{code}-more.form: フォルダーの外を指すリンク"):
            await deploy_city(built, code)
