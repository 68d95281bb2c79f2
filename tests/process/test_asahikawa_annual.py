"""旭川市's yearly collection on a real broker: what is kept, asked again and published (ASA-7, ASA-8)."""

from __future__ import annotations

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.business_days import is_business_day
from workers.domain.jst import jst_date
from workers.domain.wareki import format_wareki
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_every_department_s_report_stands_in_the_registry(driver: EngineDriver, settings: Settings) -> None:
    """ASA-8: the planned activity is reported, a new one is added; one that began years ago is asked about, too."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        await at_work.play("asahikawa", "annual")
        async with at_work.services.open_unit() as uow:
            kept = await uow.activities.of_agreement("asahikawa-a1")
        asked = await outgoing.letters(at_work.services, "results-request")
    assert [(entry.title, entry.department, entry.status.value, bool(entry.result)) for entry in kept] == [
        ("災害時の飲料水の提供", "bosai", "running", False),
        ("暑さ対策講座の開催", "kenko", "done", True),
        ("給水スポットの設置", "kenko", "running", True),
    ]
    assert [entry.fiscal_year - kept[1].fiscal_year for entry in kept] == [-2, 0, 0]
    assert {letter.recipient.split("@")[0] for letter in asked} == {"kenko", "bosai"}
    assert "確かめたいこと" not in asked[0].text


async def test_a_department_asked_again_reads_what_is_missing(driver: EngineDriver, settings: Settings) -> None:
    """ASA-8, ALL-1: nobody is reminded twice while a refused report is corrected; the office hears who is late."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        await at_work.play("asahikawa", "annual-hard")
        async with at_work.services.open_unit() as uow:
            (kept,) = await uow.activities.of_agreement("asahikawa-a1")
        asked = await outgoing.letters(at_work.services, "results-request")
        late = await outgoing.letters(at_work.services, "results-overdue")
    assert kept.result == "通いの場で6回行い、延べ120人が聞いた。"
    assert "講話の回数と参加者の数を教えてください。" in asked[-1].text
    assert {letter.subject.split("（")[1].rstrip("）") for letter in late} == {
        "福祉保険部長寿社会課",
        "防災安全部防災課",
    }


async def test_the_list_tells_what_was_done_under_the_fields_in_use(driver: EngineDriver, settings: Settings) -> None:
    """ASA-7, ASA-8, ALL-11: what was given up is not published; the approval stands in the case."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        await at_work.play("asahikawa", "list")
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
        paper = (await outgoing.papers(at_work.services, case.id))["activity-report"]
        told = (await outgoing.letters(at_work.services, "list-published"))[0]
    assert "有効な協定　1件" in paper
    assert "以降の締結 0件" in paper
    assert "暑さ対策講座の開催（株式会社かむい飲料／健康保健部健康推進課）" in paper
    assert "7月に3回開き" in paper
    assert "中止した料理教室" not in paper
    assert "（1）健康の維持・増進に関すること" in paper
    assert "（2）" not in paper
    step = case.last_step("publication")
    assert step is not None
    assert step.payload["approval"]["number"] == "地活第12号"
    assert told.attached == [f"連携協定の取組実績_{case.id}.docx"]


async def test_coordination_and_talks_are_due_on_business_days(driver: EngineDriver, settings: Settings) -> None:
    """ASA-2, ASA-3, D-6: the departments' tasks carry due dates, and their mails name the day."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        desk, _ = await at_work.play("asahikawa", "individual")
        (asked,) = await outgoing.letters(at_work.services, "coordination-request")
    due = {task.element_id: task.due_date for task in desk.completed}
    coordinate, talks = due["Task_Coordinate"], due["Task_RecordTalks"]
    assert coordinate is not None
    assert talks is not None
    assert coordinate < talks
    assert is_business_day(jst_date(coordinate))
    assert f"{format_wareki(jst_date(coordinate), weekday=True)}までにお聞かせください" in asked.text
