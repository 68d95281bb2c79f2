"""Whom the daily mail on late tasks goes to, and of which tasks it speaks (ALL-1)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from tests.kit.registry import registry_at, some_job
from tests.kit.samples import CITY, city
from workers.adapters.registry.outbox_tables import engine_call, mail
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.business_days import add_business_days, is_business_day, subtract_business_days
from workers.domain.cities import Department
from workers.domain.jst import JST
from workers.usecases.remind_offices import WaitingTask, ask_for_digests, send_digests

pytestmark = pytest.mark.asyncio
Units = Callable[[], SqlUnitOfWork]
SCHOOL = Department(code="school", division="教育部", section="学校課", group="midori-school", email="s@midori.example")
MIDORI = city(departments=(*CITY.departments, SCHOOL))


@pytest_asyncio.fixture
async def units(database_url: str, tmp_path: Path) -> AsyncIterator[Units]:
    """Units of work on an empty registry."""
    async with registry_at(database_url, tmp_path) as registry:
        yield registry.units(MIDORI)


def _task(group: str, due: date) -> WaitingTask:
    moment = datetime.combine(due, time(17, 15), JST)
    return WaitingTask(element_id="T", name="決める", case_id="", groups=(group,), assignee="", due_at=moment)


async def _digests(units: Units, *tasks: WaitingTask) -> list[str]:
    """Send the digests of the business clock's day and return the recipients of all so far."""
    async with units() as uow:
        await send_digests(uow, tasks, uow.clock.today())
        await uow.commit()
        return sorted((await uow._session.execute(select(mail.c.recipient))).scalars())


async def test_a_task_is_told_from_its_last_business_day_on(units: Units) -> None:
    """On the business day before and on its day as due, afterwards as late; earlier nobody is bothered."""
    async with units() as uow:
        today = uow.clock.today()
    tomorrow = add_business_days(today, 1)
    assert await _digests(units, _task(SCHOOL.group, tomorrow + timedelta(days=1))) == []
    assert await _digests(units, _task(SCHOOL.group, tomorrow)) == [SCHOOL.email]


async def test_a_late_task_is_told_to_its_group_and_to_the_office_once_a_day(units: Units) -> None:
    """Written again with the same day, nothing is added; a group of another system is left alone."""
    async with units() as uow:
        late = subtract_business_days(uow.clock.today(), 1)
    tasks = [_task(SCHOOL.group, late), _task("somebody-else", late)]
    assert await _digests(units, *tasks) == sorted([SCHOOL.email, MIDORI.office.email])
    assert await _digests(units, *tasks) == sorted([SCHOOL.email, MIDORI.office.email])


async def test_the_mails_of_another_day_are_not_sent(units: Units) -> None:
    """A call that the engine could not answer in time belongs to a morning that is over."""
    async with units() as uow:
        yesterday = uow.clock.today() - timedelta(days=1)
        assert await send_digests(uow, [_task(SCHOOL.group, yesterday)], yesterday) == 0
        assert (await uow._session.execute(select(mail.c.id))).all() == []


async def test_on_a_holiday_nothing_is_asked(units: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a business day one call, whoever repeats the job; on a Sunday none."""

    async def calls(day: date) -> list[dict[str, str]]:
        async with units() as uow:
            monkeypatch.setattr(type(uow.clock), "today", lambda _clock: day)
            await ask_for_digests(uow, some_job())
            await ask_for_digests(uow, some_job())
            return list((await uow._session.execute(select(engine_call.c.payload))).scalars())

    sunday, monday = date(2026, 6, 7), date(2026, 6, 8)
    assert (is_business_day(sunday), await calls(sunday)) == (False, [])
    assert await calls(monday) == [{"on": "2026-06-08"}]
