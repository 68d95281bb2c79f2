"""A sixth city, and a city whose process owner goes on: packs outside the repository, no Python (ALL-8)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit import outgoing
from tests.kit.broker import Broker
from tests.kit.desk import PACKS, assert_ends_as_told, office
from tests.kit.driver import EngineDriver
from tests.kit.extension import extend_asahikawa
from tests.kit.fixtures import settings_of
from workers.lint import linter
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_CODE, _NAME = "midori-no", "みどり野市"


def _renkei(settings: Settings, *arguments: str) -> str:
    """Run a command against the test's broker and return what it prints; its errors fail the test."""
    result = subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments],
        cwd=PACKS.parent,
        env={
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "RENKEI_DATA": str(settings.data),
            "RENKEI_GATEWAY_ADDRESS": settings.gateway_address,
            "RENKEI_REST_ADDRESS": settings.rest_address,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture
def packs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packs far from the repository."""
    return tmp_path_factory.mktemp("packs")


@dataclass(frozen=True)
class SixthCity:
    """The pack that ``renkei new-city`` has written, and what ``renkei deploy`` said of it."""

    packs: Path
    deployed: str


@pytest.fixture(scope="module")
def sixth_city(broker: Broker, tmp_path_factory: pytest.TempPathFactory) -> SixthCity:
    packs = tmp_path_factory.mktemp("packs")
    settings = settings_of(broker, tmp_path_factory.mktemp("registry"))
    _renkei(settings, "new-city", _CODE, _NAME, "--dir", str(packs))
    return SixthCity(packs, _renkei(settings, "deploy", _CODE, "--packs", str(packs)))


@pytest.fixture
def sixth(sixth_city: SixthCity, settings: Settings) -> Settings:
    """Settings with the sixth city's pack, which is deployed."""
    return settings.model_copy(update={"packs": [sixth_city.packs]})


async def test_a_new_city_is_clean_and_deploys(sixth_city: SixthCity, sixth: Settings) -> None:
    """Linted and deployed with ``--packs``."""
    pack = sixth_city.packs / _CODE
    checked = linter.lint([pack], home=sixth.home, packs=sixth.packs)
    assert checked.findings == []
    assert checked.packs == [pack]
    assert sixth_city.deployed.startswith(f"{_CODE}: ")
    assert "（プロセス4、デシジョン1、フォーム12）" in sixth_city.deployed


@pytest.mark.parametrize("scenario", ["signed", "declined", "hard", "withdrawn", "given-up"])
async def test_a_new_city_works_at_once(scenario: str, driver: EngineDriver, sixth: Settings) -> None:
    """Played to the end, as its own scenarios say."""
    async with office(driver, sixth) as at_work:
        await assert_ends_as_told(at_work, _CODE, scenario)


async def test_a_new_citys_agreement_is_registered_and_written(driver: EngineDriver, sixth: Settings) -> None:
    """Registry, document and mails bear the new city's name; nothing of the pack's own code was needed."""
    async with office(driver, sixth) as at_work:
        await at_work.play(_CODE, "signed")
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all(city=_CODE)
            agreement = await uow.agreements.of_case(case.id)
        papers = await outgoing.papers(at_work.services, case.id)
        (signed,) = await outgoing.letters(at_work.services, "agreement-signed")
        asked = await outgoing.letters(at_work.services, "survey-notice")
    assert agreement is not None
    assert agreement.title == "みどり野市と株式会社みほん配送との包括連携協定"
    assert agreement.fields == [1, 3]
    assert "みどり野市と株式会社みほん配送との包括連携協定書" in papers["agreement"]
    assert "健康と福祉に関すること" in papers["agreement"]
    assert "1か月前までに" in papers["agreement"]
    assert "（案）" not in papers["agreement"]
    assert signed.subject == "【みどり野市】包括連携協定の締結のお知らせ"
    assert len(signed.attached) == 1
    assert {letter.recipient for letter in asked} == {
        f"{name}@city.midori-no.example" for name in ("fukushi", "kyoiku", "bosai")
    }


async def test_a_changed_pack_shows_a_new_task_and_sends_a_new_mail(
    packs: Path, driver: EngineDriver, settings: Settings
) -> None:
    """A user task with a form of its own and a mail with a template of its own, added by editing files alone."""
    pack = packs / "asahikawa"
    shutil.copytree(PACKS / "asahikawa", pack)
    extend_asahikawa(pack)
    home = packs.parent / f"{packs.name}-home"
    shutil.copytree(PACKS / "common", home / "bpmn" / "common")
    shutil.copytree(PACKS.parent / "templates", home / "templates")
    changed = settings.model_copy(update={"packs": [packs], "home": home})
    checked = linter.lint([pack], home=home, packs=[packs])
    assert {finding.rule for finding in checked.findings} <= {"modeler-template"}, checked.findings
    await driver.deploy([*checked.files, *sorted((home / "bpmn" / "common").glob("*.[bdf]*"))])
    async with office(driver, changed) as at_work:
        desk, _ = await at_work.play("asahikawa", "signed")
        (letter,) = await outgoing.letters(at_work.services, "ceremony-guide")
    (planned,) = [task for task in desk.completed if task.element_id == "Task_PlanCeremony"]
    assert planned.candidate_groups == ["asahikawa-chiiki"]
    assert letter.recipient == "renkei@kamui-inryo.example"
    assert "式典は令和" in letter.text
    assert "場所: 市民ホール" in letter.text
