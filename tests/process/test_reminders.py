"""The morning's mail on tasks that are late or soon due, on the real engine (ALL-1)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest

from tests.kit import outgoing
from tests.kit.desk import PACKS, Office, office, pack_files, starting_files
from tests.kit.driver import EngineDriver
from workers.domain.business_days import is_business_day, next_business_day, on_or_after
from workers.domain.jst import JST
from workers.readers.offerfile import read_offer
from workers.settings import Settings
from workers.usecases.open_case import file_case

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


async def _mail_to_be_reviewed(at_work: Office, case_id: str, group: str) -> date:
    """Give a group a task of the case and return its due day."""
    values = {
        "caseId": case_id,
        "caseTitle": case_id,
        "officeGroup": group,
        "mailTemplate": "declined",
        "mailAttach": [],
        "mailValues": {"message": "分野が重なるため"},
        "mailMayReturn": False,
    }
    instance = await at_work.driver.start("common-partner-mail", values)
    task = await at_work.driver.task("Task_ReviewMail", instance=instance)
    assert task.due_date is not None
    return task.due_date.astimezone(JST).date()


async def _watched(at_work: Office, day: date) -> list[outgoing.Letter]:
    """Let the watch run on a day and return all the digests so far."""
    driver = at_work.driver
    if driver.clock.today() < day:
        await driver.move_clock_to(datetime.combine(day, time(9), JST))
    await driver.completed(await driver.start("common-renewal-watch"))
    await driver.settled()
    return await outgoing.letters(at_work.services, "tasks-due")


def _closed_day_after(day: date) -> date:
    """Return the next day on which offices are closed."""
    return next(later for later in (day + timedelta(days=n) for n in range(1, 8)) if not is_business_day(later))


async def test_each_group_hears_of_its_late_tasks_once_a_day(driver: EngineDriver, settings: Settings) -> None:
    """Not on a holiday, not twice; the office hears of its departments, too."""
    await driver.deploy([*pack_files("common"), *starting_files()])
    async with office(driver, settings, clerk=False) as at_work:
        city = at_work.services.packs.city("isesaki")
        department = city.departments[0]
        offer = read_offer(PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml", city, driver.clock.today())
        async with at_work.services.open_unit() as uow:
            case_id = (await file_case(uow, city, offer)).id
        due = await _mail_to_be_reviewed(at_work, case_id, city.office.group)
        assert await _mail_to_be_reviewed(at_work, case_id, department.group) == due

        on_time = on_or_after(due)
        soon = await _watched(at_work, on_time)
        late = await _watched(at_work, next_business_day(on_time))
        assert await _watched(at_work, driver.clock.today()) == late
        assert await _watched(at_work, _closed_day_after(driver.clock.today())) == late

    assert sorted(letter.recipient for letter in soon) == sorted([city.office.email, department.email])
    by_address = {letter.recipient: letter for letter in late[len(soon) :]}
    assert set(by_address) == {city.office.email, department.email}
    to_office, to_department = by_address[city.office.email], by_address[department.email]
    assert "期限の過ぎた仕事1件、担当課で期限の過ぎた仕事1件" in to_office.subject
    assert department.name in to_office.text
    assert "期限の過ぎた仕事1件" in to_department.subject
    assert (case_id in to_department.text, offer.partner.name in to_department.text) == (True, True)
    assert "担当課で" not in to_department.text
