"""旭川市's yearly collection on a real broker: what is kept, asked again and published (ASA-7, ASA-8)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.business_days import is_business_day
from workers.domain.jst import jst_date
from workers.domain.wareki import format_wareki
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_a_section_reports_on_all_its_agreements_in_one_task(driver: EngineDriver, settings: Settings) -> None:
    """ASA-8: one task and one mail a section; each row goes to its agreement, one that began years ago included."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        desk, _ = await at_work.play("asahikawa", "annual")
        async with at_work.services.open_unit() as uow:
            kept = {number: await uow.activities.of_agreement(f"asahikawa-a{number}") for number in (1, 2, 3)}
            (case,) = await uow.cases.all()
        asked = await outgoing.letters(at_work.services, "results-request")
    assert {
        number: [(entry.title, entry.department, entry.status.value) for entry in found]
        for number, found in kept.items()
    } == {
        1: [
            ("災害時の飲料水の提供", "bosai", "running"),
            ("暑さ対策講座の開催", "kenko", "done"),
            ("給水スポットの設置", "kenko", "running"),
        ],
        2: [("物資の備蓄と輸送の訓練", "", "done")],
        3: [("協力井戸の水質検査", "bosai", "done")],
    }
    assert all(entry.result for found in kept.values() for entry in found)
    assert [entry.fiscal_year - kept[2][0].fiscal_year for entry in kept[1]] == [-2, 0, 0]
    (bosai,) = [letter for letter in asked if letter.recipient.startswith("bosai@")]
    (kenko,) = [letter for letter in asked if letter.recipient.startswith("kenko@")]
    assert "協定3件" in bosai.subject
    assert [f"asahikawa-a{number}" in bosai.text for number in (1, 2, 3)] == [True, True, True]
    assert [f"asahikawa-a{number}" in kenko.text for number in (1, 2, 3)] == [True, False, False]
    assert "確かめたいこと" not in bosai.text
    tasks = [task for task in desk.completed if task.element_id == "Task_ReportResults"]
    assert sorted(len(task.variables["ownAgreements"]) for task in tasks) == [1, 3]
    assert case.agreement_id is None


async def test_a_department_asked_again_reads_what_is_missing(driver: EngineDriver, settings: Settings) -> None:
    """ASA-8, ALL-1: nobody is reminded twice while a refused report is corrected; the office hears who is late."""
    await driver.deploy(pack_files("common", "asahikawa"))
    async with office(driver, settings) as at_work:
        await at_work.play("asahikawa", "annual-hard")
        async with at_work.services.open_unit() as uow:
            (kept,) = await uow.activities.of_agreement("asahikawa-a2")
            (added,) = await uow.activities.of_agreement("asahikawa-a3")
        asked = await outgoing.letters(at_work.services, "results-request")
        late = await outgoing.letters(at_work.services, "results-overdue")
    assert kept.result == "通いの場で6回行い、延べ120人が聞いた。"
    assert (added.title, added.department) == ("啓発の催し", "bosai")
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
    day = case.last_step("list-day")
    assert day is not None
    assert f"{format_wareki(date.fromisoformat(day.payload['countedOn']))}現在" in paper
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
