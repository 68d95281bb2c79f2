"""What was begun by mistake is cancelled, and the register is as it was before (ALL-22), on the real engine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from tests.kit import outgoing
from tests.kit.clerk import APPROVED, FIXED_MEETING, Clerk
from tests.kit.clerk import clerk as clerk_of
from tests.kit.driver import EngineDriver
from workers.adapters.registry import agreement_tables, meeting_tables
from workers.domain.entities import CaseOutcome
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_REGISTER = (
    agreement_tables.agreement,
    agreement_tables.agreement_term,
    agreement_tables.agreement_version,
    agreement_tables.notice,
    agreement_tables.activity,
    meeting_tables.excluded_period,
)
_REQUEST = {"requestedBy": "partner", "requestedOn": "{today}", "request": "名称を改める"}
_CANCEL = {
    "caseAction": "cancel",
    "caseReason": "別の協定と取り違えたため。",
    "tellPartner": "no",
    "partnerMessage": None,
}


async def _register(clerk: Clerk) -> dict[str, list[Any]]:
    """Return every row of the register, by table."""

    async def rows(table: Table) -> list[Any]:
        async with clerk.at_work.services.engine.connect() as connection:
            return list((await connection.execute(select(table).order_by(*table.primary_key))).all())

    return {table.name: await rows(table) for table in _REGISTER}


async def _cancel(clerk: Clerk) -> CaseOutcome | None:
    """Cancel the procedure from its control; returns how the registry says that it ended."""
    case_id = clerk.at_work.driver.variables(clerk.desk.instance)["caseId"]
    await clerk.desk.control(_CANCEL)
    await clerk.at_work.driver.settled()
    assert clerk.at_work.driver.records.open_tasks(instance=clerk.desk.instance) == []
    async with clerk.at_work.services.open_unit() as uow:
        return (await uow.cases.get(case_id)).outcome


async def _reach_signature(clerk: Clerk) -> None:
    """Work on an amendment up to the day when it would be signed."""
    await clerk.begin("common-agreement-amendment")
    await clerk.does("Task_EnterRequest", **_REQUEST, talkBy="direct")
    await clerk.does("Task_RecordTalks", talksOn="{today}", talksResult="amend", summary="分野を加える")
    terms = {"title": "見守りの協定", "purpose": "見守り", "fields": ["1", "5", "7"], "changes": "第2条に加える"}
    await clerk.does("Task_DraftAmendment", **terms, expiresOn="{today+500}", effectiveOn=None)
    await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
    await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today}")
    await clerk.at_work.driver.task("Task_SignAmendment", instance=clerk.desk.instance)


async def test_an_amendment_begun_by_mistake(driver: EngineDriver, settings: Settings) -> None:
    """Cancelled at its first form and shortly before the signature; the right one can begin after it."""
    async with clerk_of(driver, settings) as clerk:
        before = await _register(clerk)
        await clerk.begin("common-agreement-amendment")
        await driver.task("Task_EnterRequest", instance=clerk.desk.instance)
        assert await _cancel(clerk) is CaseOutcome.CANCELLED
        await _reach_signature(clerk)
        assert await _cancel(clerk) is CaseOutcome.CANCELLED
        assert await _register(clerk) == before
        assert await clerk.letters("amendment-signed") == []
        await clerk.begin("common-agreement-amendment")
        await driver.task("Task_EnterRequest", instance=clerk.desk.instance)


async def test_a_termination_begun_by_mistake(driver: EngineDriver, settings: Settings) -> None:
    """Cancelled after the notice arrived: the day passes and the agreement goes on."""
    async with clerk_of(driver, settings, signed="{today-1500}") as clerk:
        before = await _register(clerk)
        await clerk.begin("common-agreement-termination")
        asked = {"prospects": "good", "requirements": "met", "askedBy": "partner", "reason": "事業をやめるため"}
        await clerk.does("Task_AssessGrounds", **asked, talkBy="direct")
        ends_on = clerk.desk.today() + timedelta(days=70)
        talks = {"talksOn": "{today}", "talksResult": "terminate", "summary": "合意した", "endsOn": ends_on.isoformat()}
        await clerk.does("Task_RecordTalks", **talks, notifiedBy="city")
        await clerk.does("Task_ApproveTermination", **APPROVED)
        await clerk.does("Task_ConfirmNotice", arrival="arrived", noticeOn="{today}", documentNumber="戦略第6号")
        await driver.task("Task_AwaitEnd", instance=clerk.desk.instance)
        assert await _cancel(clerk) is CaseOutcome.CANCELLED
        await driver.advance(timedelta(days=72))
        assert await _register(clerk) == before
        assert await clerk.letters("termination-done") == []


async def test_a_meeting_called_by_mistake(driver: EngineDriver, settings: Settings) -> None:
    """Called off in its own form, before and after the invitation, and by cancelling the procedure that called it."""
    async with clerk_of(driver, settings) as clerk:
        before = await _register(clerk)
        await clerk.begin("common-agreement-amendment")
        await clerk.does("Task_EnterRequest", **_REQUEST, talkBy="meeting")
        await clerk.does("Task_ProposeDates", **FIXED_MEETING)
        await clerk.does("Task_HoldMeeting", next="cancel", reason="日を取り違えたため。", again="yes")
        await clerk.does("Task_ProposeDates", next="none", reason="電話で話すため。")
        await driver.task("Task_RecordTalks", instance=clerk.desk.instance)
        assert await _cancel(clerk) is CaseOutcome.CANCELLED

        await clerk.begin("common-agreement-amendment")
        await clerk.does("Task_EnterRequest", **_REQUEST, talkBy="meeting")
        await clerk.does("Task_ProposeDates", **FIXED_MEETING)
        await driver.task("Task_HoldMeeting", instance=clerk.desk.instance)
        assert await _cancel(clerk) is CaseOutcome.CANCELLED
        assert await _register(clerk) == before
        invited = await outgoing.letters(clerk.at_work.services, "meeting-invitation")
        called_off = await outgoing.letters(clerk.at_work.services, "meeting-cancelled")
    assert len(invited) == len(called_off) > 0
