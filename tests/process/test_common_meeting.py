"""The meeting that every procedure calls, on a real broker: dates, invitations, change, cancellation, minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from tests.kit.calendars import Entry, entry_of
from tests.kit.desk import PACKS, BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.registry import outbox_tables
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import JST
from workers.domain.meetings import Meeting, MeetingStatus
from workers.packs.scenarios import AgreementFacts, dated
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import register
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
PARTNER = "renkei@kamitsuke-seikatsu.example"


@pytest.fixture(name="server")
def _server() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


class _Clerk:
    """Works on one meeting; dates are written as in scenarios."""

    def __init__(self, at_work: Office, case_id: str) -> None:
        self.at_work = at_work
        self.case_id = case_id
        self.desk = BrokerDesk(at_work.driver)

    async def start(self) -> None:
        """Start the called process alone, with what a procedure hands over."""
        pack = self.at_work.services.packs.city("isesaki")
        await self.desk.start(
            "common-meeting",
            {
                "caseId": self.case_id,
                "caseTitle": "見本",
                "officeGroup": pack.office.group,
                "cityOptions": {"departments": []},
                "meetingTitle": "令和9年度 定例会議",
                "meetingAgenda": "昨年度の実績をお持ちください。",
                "meetingDepartments": ["kosodate", "korei"],
                "confirmPeriods": True,
            },
        )

    async def does(self, task: str, **answers: Any) -> None:
        """Complete a task."""
        await self.desk.complete(task, None, dated(answers, self.desk.today()))

    async def meetings(self) -> list[Meeting]:
        """Return the meetings of the case."""
        async with self.at_work.services.open_unit() as uow:
            return await uow.meetings.of_case(self.case_id)

    async def entries(self, recipient: str) -> list[Entry]:
        """Return the calendar entries that somebody was sent, in order."""
        mail = outbox_tables.mail.c
        query = select(mail.raw).where(mail.recipient == recipient).order_by(mail.id)
        async with self.at_work.services.engine.connect() as connection:
            found = (await connection.execute(query)).scalars().all()
        return [entry_of(raw) for raw in found if b"text/calendar" in raw]


@asynccontextmanager
async def _clerk(driver: EngineDriver, settings: Settings) -> AsyncIterator[_Clerk]:
    await driver.deploy(pack_files("common"))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city("isesaki")
        offer = read_offer(PACKS / "isesaki" / "scenarios" / "offer-mimamori.toml", pack, driver.clock.today())
        async with at_work.services.open_unit() as uow:
            agreement = await register(uow, pack, offer, AgreementFacts(procedure=CaseKind.TALK))
            case = Case(
                id="isesaki-2026-0901",
                city="isesaki",
                process_id="common-meeting",
                opened_on=driver.clock.today(),
                kind=CaseKind.TALK,
                agreement_id=agreement.id,
                period="1",
                partner=agreement.partner,
            )
            await uow.cases.add(case)
        yield _Clerk(at_work, case.id)


async def test_a_meeting_is_arranged_moved_called_off_and_held(
    driver: EngineDriver, settings: Settings, server: SmtpServer
) -> None:
    """ALL-4, AGE-A1, AGE-A5, D-8: every way through the diagram, its two timers by the moved clock."""
    posted = settings.model_copy(update={"smtp_host": HOST, "smtp_port": server.port})
    async with _clerk(driver, posted) as clerk:
        await clerk.start()
        await clerk.desk.let_fire("Event_InviteBy")
        await _the_partner_is_asked_until_a_date_fits(clerk)
        await _the_meeting_is_moved(clerk)
        await clerk.desk.let_fire("Event_HoldBy")
        await _it_is_called_off_and_held_another_day(clerk)
        await driver.completed(clerk.desk.instance)
        await _all_arrived(clerk, server)
        meetings = await clerk.meetings()
        partner, department = await clerk.entries(PARTNER), await clerk.entries("kosodate@city.isesaki.example")
    _the_registry_keeps_what_was_confirmed(meetings)
    _the_calendar_follows(partner, department, meetings)


async def _the_partner_is_asked_until_a_date_fits(clerk: _Clerk) -> None:
    ask: dict[str, Any] = {
        "next": "ask",
        "place": "市役所3階",
        "length": "90",
        "departmentCodes": ["kosodate", "korei"],
    }
    await clerk.does("Task_ProposeDates", **ask, candidates=[{"startsAt": "{today+400}"}])
    assert "時刻がありません" in str(await _told(clerk, "Task_ProposeDates"))
    await clerk.does("Task_ProposeDates", **ask, candidates=[{"startsAt": "{today+20}T10:00"}])
    await clerk.does("Task_AnswerDates", chosen="none", comment="月末は避けたい。")
    days = [{"startsAt": "{today+24}T10:00"}, {"startsAt": "{today+25}T14:00+09:00"}]
    await clerk.does("Task_ProposeDates", **ask, candidates=days)
    task = await clerk.at_work.driver.task("Task_AnswerDates", instance=clerk.desk.instance)
    offered = task.variables["meetingDates"]
    assert len(offered) == len(days)
    await clerk.does("Task_AnswerDates", chosen=offered[1]["value"])


async def _told(clerk: _Clerk, task: str) -> object:
    found = await clerk.at_work.driver.task(task, instance=clerk.desk.instance)
    return found.variables.get("formError")


async def _the_meeting_is_moved(clerk: _Clerk) -> None:
    change = {"next": "change", "length": "60", "place": "市役所5階", "departmentCodes": ["korei"], "note": ""}
    await clerk.does("Task_HoldMeeting", **change, startsAt="{today-1}T10:00")
    assert "もう過ぎています" in str(await _told(clerk, "Task_HoldMeeting"))
    await clerk.does("Task_HoldMeeting", **change, startsAt="{today+90}T13:30")


async def _it_is_called_off_and_held_another_day(clerk: _Clerk) -> None:
    await clerk.does("Task_HoldMeeting", next="cancel", reason="　", again="yes")
    assert "取りやめる理由" in str(await _told(clerk, "Task_HoldMeeting"))
    await clerk.does("Task_HoldMeeting", next="cancel", reason="先方の都合による。", again="yes")
    fixed = {"next": "fixed", "place": "", "length": "60", "departmentCodes": []}
    await clerk.does("Task_ProposeDates", **fixed, startsAt="{today+2}T09:00")
    assert str(await _told(clerk, "Task_ProposeDates")).startswith("場所")
    await clerk.does("Task_ProposeDates", **{**fixed, "place": "市役所1階"}, startsAt="{today+2}T09:00")
    period = {"first": "{year-1}-04-01", "last": "{year-1}-06-29", "reason": "庁舎の移転で受入れができなかった。"}
    held = {"next": "held", "heldOn": "{today}", "minutes": "今年度の進め方を確かめた。", "periods": [period]}
    await clerk.does("Task_HoldMeeting", **held, confirmed=False)
    assert str(await _told(clerk, "Task_HoldMeeting")).startswith("双方の確認")
    await clerk.does("Task_HoldMeeting", **held, confirmed=True)


async def _all_arrived(clerk: _Clerk, server: SmtpServer) -> None:
    """A real server took every mail; what it took is what the outbox holds."""
    queued = await clerk.at_work.services.mails.list()
    await clerk.at_work.driver.records.wait(lambda: len(server.accepted) >= len(queued), what="mails at the server")
    kinds = sorted(mail.kind for mail in queued)
    assert kinds.count("meeting-dates") == 2
    assert kinds.count("meeting-reminder") == kinds.count("meeting-overdue") == 1
    arrived = [entry_of(mail.content) for mail in server.of(PARTNER) if b"text/calendar" in mail.content]
    assert arrived == await clerk.entries(PARTNER)


def _the_registry_keeps_what_was_confirmed(meetings: list[Meeting]) -> None:
    first, second = meetings
    assert (first.status, first.sequence, first.place) == (MeetingStatus.CANCELLED, 2, "市役所5階")
    assert (second.status, second.sequence, second.confirmed) == (MeetingStatus.HELD, 0, True)
    assert first.uid != second.uid
    (period,) = second.periods
    assert isinstance(second.held_on, date)
    assert (period.confirmed_on, (period.last - period.first).days) == (second.held_on, 89)


def _the_calendar_follows(partner: list[Entry], department: list[Entry], meetings: list[Meeting]) -> None:
    first, second = meetings
    assert [(entry.method, entry.sequence, entry.uid) for entry in partner] == [
        ("REQUEST", 0, first.uid),
        ("REQUEST", 1, first.uid),
        ("CANCEL", 2, first.uid),
        ("REQUEST", 0, second.uid),
    ]
    assert [(entry.method, entry.sequence) for entry in department] == [("REQUEST", 0), ("CANCEL", 1)]
    assert partner[0].starts_at.astimezone(JST).strftime("%H:%M") == "14:00"
    assert {entry.organizer for entry in partner} == {"renkei@city.isesaki.example"}
    assert partner[0].attendees == [
        PARTNER,
        "senryaku@city.isesaki.example",
        "kosodate@city.isesaki.example",
        "korei@city.isesaki.example",
    ]


async def test_a_meeting_may_be_left_out(driver: EngineDriver, settings: Settings) -> None:
    """ALL-4: nobody is told of a meeting that was never announced."""
    async with _clerk(driver, settings) as clerk:
        await clerk.start()
        await clerk.does("Task_ProposeDates", next="none", reason="")
        assert "開かない理由" in str(await _told(clerk, "Task_ProposeDates"))
        await clerk.does("Task_ProposeDates", next="none", reason="書面で済ませる。")
        await driver.completed(clerk.desk.instance)
        (meeting,) = await clerk.meetings()
        mails = await clerk.at_work.services.mails.list()
    assert (meeting.status, meeting.note, mails) == (MeetingStatus.CANCELLED, "書面で済ませる。", [])
    assert driver.records.visible(clerk.desk.instance)["meetingOutcome"] == "cancelled"
