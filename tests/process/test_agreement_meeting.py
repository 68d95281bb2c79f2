"""A meeting of an agreement whenever one is wanted, on the real engine (ISE-A2, AGE-A1, AGE-A5, D-8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.kit.clerk import FIXED_MEETING, Clerk
from tests.kit.clerk import clerk as clerk_of
from tests.kit.driver import EngineDriver
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.meetings import MeetingStatus
from workers.packs.scenarios import dated
from workers.settings import Settings
from workers.usecases.dissolution import standing

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_WANTED = {"meetingAskedBy": "partner", "meetingAgenda": "健康教室を開けなかった期間の確認。"}
_HELD = {"next": "held", "heldOn": "{today}", "minutes": "秋からまた開くことで合意した。"}
_PERIOD = {"first": "{today-200}", "last": "{today-20}", "reason": "会場の改修のため。"}


async def _meet(clerk: Clerk, **confirmed: Any) -> None:
    await clerk.begin("common-agreement-meeting", **_WANTED)
    await clerk.does("Task_ProposeDates", **FIXED_MEETING)
    await clerk.does("Task_HoldMeeting", **_HELD, **confirmed)


async def _asks_for_periods(clerk: Clerk) -> bool:
    """Return whether the form of the meeting asks for periods that both sides confirm."""
    found = await clerk.at_work.driver.task("Task_HoldMeeting", instance=clerk.desk.instance)
    return clerk.at_work.driver.records.visible(found.element_instance_key).get("confirmPeriods") is True


async def test_periods_are_confirmed_at_any_meeting_where_the_city_deducts_them(
    driver: EngineDriver, settings: Settings
) -> None:
    """Twice in a year; each a case of its own, the second one's period counts beside the first one's."""
    async with clerk_of(driver, settings, "ageo", signed="{today-700}") as clerk:
        await _meet(clerk)
        await clerk.ended()
        await clerk.begin("common-agreement-meeting", **_WANTED)
        await clerk.does("Task_ProposeDates", **FIXED_MEETING)
        assert await _asks_for_periods(clerk)
        future = {"periods": [{**_PERIOD, "last": "{today+1}"}], "confirmed": True}
        await clerk.is_refused("除く期間 1件目の終わり", "Task_HoldMeeting", **_HELD, **future)
        await clerk.does("Task_HoldMeeting", **_HELD, periods=[_PERIOD], confirmed=True)
        agreement, case = await clerk.ended()
        async with clerk.at_work.services.open_unit() as uow:
            found = await standing(uow, uow.cities.city("ageo"), agreement, clerk.desk.today())
            (meeting,) = await uow.meetings.of_case(case.id)
            asked = (await uow.cases.get(case.id)).last_step("meeting-request")
    assert (case.kind, case.outcome, case.period) == (CaseKind.MEETING, CaseOutcome.COMPLETED, "2")
    assert found.excluded_periods == 1
    assert (meeting.status, meeting.minutes) == (MeetingStatus.HELD, _HELD["minutes"])
    assert meeting.periods[0].last.isoformat() == dated(_PERIOD, clerk.desk.today())["last"]
    assert asked is not None
    assert asked.payload == _WANTED


async def test_a_city_without_that_rule_is_not_asked_for_periods(driver: EngineDriver, settings: Settings) -> None:
    """The meeting begins with what was wanted; both sides get the minutes."""
    async with clerk_of(driver, settings) as clerk:
        await clerk.begin("common-agreement-meeting", **_WANTED)
        await clerk.does("Task_ProposeDates", **FIXED_MEETING)
        assert not await _asks_for_periods(clerk)
        await clerk.does("Task_HoldMeeting", **_HELD)
        _, case = await clerk.ended()
        minutes = await clerk.letters("meeting-minutes")
    assert case.outcome is CaseOutcome.COMPLETED
    assert len(minutes) == 2
    assert all(_HELD["minutes"] in letter.text for letter in minutes)
