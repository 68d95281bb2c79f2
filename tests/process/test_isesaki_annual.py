"""伊勢崎市's yearly flow on a real broker: reports, shared results, arrangements (ISE-A1, ISE-A2, ISE-F4, ISE-F5)."""

from __future__ import annotations

import pytest

from tests.kit import outgoing
from tests.kit.desk import Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Activity, ActivityStatus
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def _played(at_work: Office, name: str) -> tuple[str, list[Activity]]:
    await at_work.play("isesaki", name)
    async with at_work.services.open_unit() as uow:
        (case,) = await uow.cases.all()
        return case.id, await uow.activities.of_agreement("isesaki-a1")


async def test_reports_are_kept_shared_and_arrangements_published(driver: EngineDriver, settings: Settings) -> None:
    """ISE-A1, ISE-A2, ISE-F4, ISE-F5 of one played case."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        case_id, activities = await _played(at_work, "annual")
        papers = await outgoing.papers(at_work.services, case_id)
        (shared,) = await outgoing.letters(at_work.services, "results-shared")
        published = await outgoing.letters(at_work.services, "arrangements-published")
    workshop, watched = activities
    assert [report.fiscal_year - watched.fiscal_year for report in workshop.reports] == [0], "asked though it is older"
    assert (watched.status, workshop.status) == (ActivityStatus.DONE, ActivityStatus.RUNNING)
    assert watched.starts_on is not None
    assert watched.reported_at is not None
    _a_report_has_its_fields(papers[f"results-report@{watched.id}"])
    assert f"results-report@{workshop.id}" not in papers
    assert [name.split("_")[0] for name in shared.attached] == ["実績報告書"]
    assert "延べ320件" in shared.text
    for part in (
        "道路に穴や段差を見つけたとき",
        "建設部道路管理課",
        "300 部",
        "12 部",
        "0270-00-2345",
        "年末年始の配架",
    ):
        assert part in papers["arrangements"]
    assert "（案）" not in papers["arrangements"]
    assert {tuple(name.split("_")[0] for name in letter.attached) for letter in published} == {("申し合わせ事項",)}


def _a_report_has_its_fields(paper: str) -> None:
    """ISE-F4: project, field, period, content, result, department; the sheet says that its form is ours."""
    for part in (
        "配達のときの高齢者の見守り",
        "高齢者福祉・障害者福祉に関すること",
        "から",
        "配達のときに声を掛けた。",
        "延べ320件",
        "長寿社会部高齢政策課",
    ):
        assert part in paper
    assert "で定めた" not in paper, "the guideline has no form of its own for it; the paper says nothing about that"


async def test_an_agreement_from_before_the_guideline_reports_too(driver: EngineDriver, settings: Settings) -> None:
    """ISE-T3: results and meetings apply to it as well; what came late and what the office added are kept."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        _, activities = await _played(at_work, "annual-hard")
        async with at_work.services.open_unit() as uow:
            agreement = await uow.agreements.get("isesaki-a1")
    assert not agreement.whole_guideline
    assert [(entry.title, entry.status.value) for entry in activities] == [
        ("店頭での古着の回収", "done"),
        ("子ども食堂への食材の提供", "done"),
    ]


async def test_a_change_begins_with_what_was_agreed_before(driver: EngineDriver, settings: Settings) -> None:
    """ISE-A2: the second draft keeps the first one's rows; the paper that goes to all departments has both."""
    await driver.deploy(pack_files("common", "isesaki"))
    async with office(driver, settings) as at_work:
        case_id, _ = await _played(at_work, "arrangements-change")
        papers = await outgoing.papers(at_work.services, case_id)
    for part in ("不法投棄らしいごみを見つけたとき", "環境部環境政策課", "500 部", "10 部"):
        assert part in papers["arrangements"]
