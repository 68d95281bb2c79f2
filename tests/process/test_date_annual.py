"""伊達市's yearly procedure on a real broker: its sheets, its publication, the projects of the year (DAT-A)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.entities import CaseKind, ProjectStatus
from workers.domain.wareki import format_wareki
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_usual_year_leaves_sheets_a_list_and_the_year_s_projects(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-A, DAT-F7, DAT-F8: both sides report by March, the list goes out in late April, K leads to L."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        await at_work.play("date", "annual")
        async with at_work.services.open_unit() as uow:
            (case,) = [each for each in await uow.cases.all() if each.kind is CaseKind.ANNUAL]
            kept = await uow.activities.of_agreement("date-a1")
        papers = await outgoing.papers(at_work.services, case.id)
        (request,) = await outgoing.letters(at_work.services, "form8-request")
        (planned,) = await outgoing.letters(at_work.services, "projects-planned")
        (published,) = await outgoing.letters(at_work.services, "results-published")
    year = int(case.period)
    assert [(entry.title, entry.fiscal_year, entry.status.value) for entry in kept] == [
        ("減塩の献立づくり教室", year - 3, "done"),
        ("減塩の献立づくり教室", year, "planned"),
    ]
    assert "年4回開き、延べ96人が参加した。" in papers["form7"]
    assert "株式会社あぶくまフレッシュ" in papers["form7"]
    assert "健康推進課長" in papers["form7"]
    assert "佐藤 ひなた（連絡先　内線 2211）" in papers["form7"]
    assert "管理栄養士2人を4回派遣した。" in papers["form8"]
    assert "管理栄養士2人を4回派遣した。" in papers["results-list"]
    assert "霊山 さくら" in papers["form8"]
    assert "（受付）" in papers["form7"]
    assert "年4回開き" in papers["results-list"]
    assert "健康推進課" in papers["results-list"]
    assert "様式8 実績報告" in request.text
    assert request.attached == [f"様式8 実績報告（様式）_{case.id}.docx"]
    assert "減塩の献立づくり教室" in planned.text
    assert published.attached == [f"連携事業の実績（公表用）_{case.id}.docx"]
    assert "載せた場所: https://www.city.date.example/renkei/jisseki" in published.text
    put_up = case.last_step("published")
    assert put_up is not None, "DAT-A: I, somebody puts it on the city's site"
    shown = date.fromisoformat(put_up.payload["publication"]["on"])
    assert papers["results-list"].startswith(format_wareki(shown)), "the list has the day of its publication"
    approval = case.last_step("publication")
    assert approval is not None
    approved_on = date.fromisoformat(approval.payload["approval"]["on"])
    assert approved_on < date(year, 4, 21) <= driver.clock.today(), "DAT-A: I, approved before"


async def test_a_correction_of_the_approval_reaches_the_published_list(
    driver: EngineDriver, settings: Settings
) -> None:
    """DAT-A, ALL-10, ALL-11: the list is made anew; a proposal outside the agreement is refused by its field."""
    await driver.deploy(pack_files("common", "date"))
    async with office(driver, settings) as at_work:
        await at_work.play("date", "annual-hard")
        async with at_work.services.open_unit() as uow:
            (case,) = [each for each in await uow.cases.all() if each.kind is CaseKind.ANNUAL]
        papers = await outgoing.papers(at_work.services, case.id)
        late = await outgoing.letters(at_work.services, "form8-overdue")
        (refused,) = await outgoing.letters(at_work.services, "proposal-refused")
    assert "延べ40人が参加した。" in papers["results-list"]
    assert case.round == 1
    assert {project.status for project in case.current_projects()} == {ProjectStatus.DROPPED}, "not left as proposed"
    assert case.last_step("partner-results") is not None
    assert "form8" not in papers, "DAT-F8: no sheet where none came"
    assert "・市税を滞納している" in refused.text
    assert "納付の後に、あらためてご提案ください。" in refused.text
    assert [letter.recipient for letter in late] == ["seisaku@city.date.example"]
