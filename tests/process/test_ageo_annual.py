"""上尾市's yearly meeting on a real broker: what it leaves in the registry and in the mails (AGE-A1 to AGE-A5)."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.kit import outgoing
from tests.kit.desk import office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import ActivityStatus
from workers.domain.fiscal import fiscal_year
from workers.domain.jst import JST
from workers.domain.meetings import MeetingStatus
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def test_the_year_is_reviewed_planned_and_its_periods_are_confirmed(
    driver: EngineDriver, settings: Settings
) -> None:
    """AGE-A1 to AGE-A3, AGE-A5 of one played case."""
    await driver.deploy(pack_files("common", "ageo"))
    async with office(driver, settings) as at_work:
        year = fiscal_year(driver.clock.today()) + 1
        desk, _ = await at_work.play("ageo", "annual")
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.all()
            activities = await uow.activities.of_agreement("ageo-a1")
            excluded = await uow.meetings.excluded("ageo-a1")
            (meeting,) = await uow.meetings.of_case(case.id)
        (result,) = await outgoing.letters(at_work.services, "annual-result")
        budget = await outgoing.letters(at_work.services, "annual-budget")
        (request,) = await outgoing.letters(at_work.services, "annual-request")
        invitation, *_ = await outgoing.letters(at_work.services, "meeting-invitation")
    assert [(entry.title, entry.fiscal_year, entry.status) for entry in activities] == [
        ("地元の農産物の販売コーナー", year - 2, ActivityStatus.RUNNING),
        ("移動販売車による高齢者の見守り", year - 1, ActivityStatus.DONE),
        ("店舗での健康測定と栄養相談", year - 1, ActivityStatus.CANCELLED),
        ("資源の回収ボックスの設置", year, ActivityStatus.PLANNED),
        ("移動販売車による高齢者の見守り", year, ActivityStatus.PLANNED),
        ("避難所への備蓄品の共同購入", year, ActivityStatus.PLANNED),  # costs the city; proposed in the year before
        ("店舗での認知症サポーター養成講座", year, ActivityStatus.PLANNED),  # a department's wish, without talks
    ]
    assert activities[1].evaluation == "連絡の手順が分かりやすく、続けたい。"
    assert (meeting.status, len(excluded), excluded[0].confirmed_on) == (MeetingStatus.HELD, 1, meeting.held_on)
    assert "店舗での健康測定と栄養相談" in request.text
    assert "資源の回収ボックスの設置" in request.text, "AGE-A3: what was planned for this year stands in its mail"
    assert "予定している連携事業（資源の回収ボックスの設置）" in invitation.text
    assert "予算の成立を前提に、実施に向けて調整する事業\r\n  ・避難所への備蓄品の共同購入" in result.text
    assert sorted(letter.recipient.split("@")[0] for letter in budget) == ["kiki", "shoko"], (
        "AGE-A3: who shares it, too"
    )
    assert all("避難所への備蓄品の共同購入" in letter.text and "見守り" not in letter.text for letter in budget)
    held = next(task for task in desk.completed if task.element_id == "Task_HoldMeeting")
    assert held.due_date == datetime(year, 6, 1, tzinfo=JST), "AGE-A1: late after 31 May"
    keys = driver.records.tree(desk.instance)
    due = [timer.due for timer in driver.records.timers.values() if timer.process_instance_key in keys]
    invite_by = datetime(year, 4, 20, 9, tzinfo=JST).timestamp() * 1000
    assert invite_by in due, "AGE-A1: the office is reminded while the invitation is still in time"
