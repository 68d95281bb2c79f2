"""Partners answer by the links of their mails on the real engine, every step of every city (ALL-2, ALL-3, ALL-10)."""

from __future__ import annotations

import pytest

from tests.kit.answering import PAGES_URL
from tests.kit.clerk import APPROVED
from tests.kit.clerk import clerk as clerk_of
from tests.kit.desk import BrokerDesk, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.linking import LinkingDesk, marked_steps, pages
from tests.kit.smtp import HOST, SmtpServer
from workers.domain.entities import CaseKind, CaseOutcome
from workers.packs.scenarios import Scenario, Step
from workers.settings import Settings

pytestmark = pytest.mark.process

_WATCH = "Task_WatchNotices"
_PLAYED = {
    ("date", "triennial-objection"): [_WATCH],
    ("ageo", "renewal-withdrawn"): [_WATCH],
    ("isesaki", "contacts-same"): ["Task_ConfirmContacts"],
    ("isesaki", "signed"): ["Task_SubmitOffer", "Task_ConfirmDraft"],
    ("isesaki", "arrangements-change"): ["Task_ConfirmArrangements"],
    ("date", "signed"): ["Task_SubmitProposal", "Task_AnswerProposals", "Task_AnswerCeremony", "Task_ConfirmDraft"],
    ("date", "annual"): ["Task_SubmitForm8"],
    ("ageo", "signed"): ["Task_SubmitProposal", "Task_ConfirmDraft"],
    ("ageo", "invitation-declined"): ["Task_AnswerInvitation"],
    ("ageo", "annual-hard"): ["Task_AnswerDates", "Task_SubmitProposals"],
    ("ageo", "adhoc-department"): ["Task_AnswerProposal"],
    ("asahikawa", "signed"): ["Task_SubmitProposal", "Task_CheckByPartner"],
    ("chigasaki", "signed"): ["Task_ConfirmConsensus"],
    ("chigasaki", "evaluation"): ["Task_EvaluateByPartner"],
}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize(("city", "name"), _PLAYED)
async def test_a_partner_answers_by_link(city: str, name: str, driver: EngineDriver, settings: Settings) -> None:
    """The mail arrives, its page takes what the office would have entered, the process goes on, a receipt comes."""
    await driver.deploy(scenario_files_of(city))
    linking: list[LinkingDesk] = []
    with SmtpServer() as sink:
        own = settings.model_copy(update={"pages_url": PAGES_URL, "smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work, pages(at_work, driver) as client:

            def prepare(desk: BrokerDesk) -> None:
                linking.append(LinkingDesk(desk, at_work, sink, client))
                linking[0].install()

            _, scenario = await at_work.play(city, name, prepare=prepare, change=_reminded_first)
            async with at_work.services.open_unit() as uow:
                case = (await uow.cases.all())[-1]
            reminders = (await at_work.mails(scenario.expect.mails))["renewal-reminder"]
    assert str(case.outcome) == scenario.expect.outcome
    assert set(_PLAYED[city, name]) <= set(linking[0].answered), (linking[0].answered, linking[0].refused)
    assert reminders == scenario.expect.mails.get("renewal-reminder", 0)


def _reminded_first(scenario: Scenario) -> Scenario:
    """Let a notice of non-renewal come after the mail that asks for it, without the day to come that a page refuses."""
    watched = [step for step in scenario.steps if step.task == _WATCH]
    others = [step for step in scenario.steps if step.task != _WATCH]
    return scenario.model_copy(update={"steps": [*others[:1], *watched[-1:], *others[1:]]})


@pytest.mark.asyncio(loop_scope="session")
async def test_a_partner_who_wants_the_renewal_says_so_by_link(driver: EngineDriver, settings: Settings) -> None:
    """It is told on the history and decides nothing; the task is open again."""

    def wanted(scenario: Scenario) -> Scenario:
        remind, *others = scenario.steps
        return scenario.model_copy(update={"steps": [remind, Step(task=_WATCH, answers={"action": "keep"}), *others]})

    await driver.deploy(scenario_files_of("isesaki"))
    linking: list[LinkingDesk] = []
    with SmtpServer() as sink:
        own = settings.model_copy(update={"pages_url": PAGES_URL, "smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work, pages(at_work, driver) as client:

            def prepare(desk: BrokerDesk) -> None:
                linking.append(LinkingDesk(desk, at_work, sink, client))
                linking[0].install()

            await at_work.play("isesaki", "renewed", prepare=prepare, change=wanted)
            async with at_work.services.open_unit() as uow:
                case = next(case for case in await uow.cases.all() if case.kind is CaseKind.RENEWAL)
                told = [entry.what for entry in await uow.history.of_case(case.id)]
    assert linking[0].answered == [_WATCH]
    assert case.outcome is CaseOutcome.RENEWED
    assert "相手方から、更新を希望するとの返事があった" in told


_TERMS = {
    "title": "見守りと防災の協定",
    "purpose": "見守りと防災",
    "fields": ["1", "5", "7", "8"],
    "expiresOn": "{today+500}",
    "changes": "第2条に「環境に関すること」を加える",
}
_AMENDED = ["Task_ConfirmAmendment", "Task_ConfirmAmendment"]


@pytest.mark.asyncio(loop_scope="session")
async def test_a_partner_answers_to_an_amendment_by_link(driver: EngineDriver, settings: Settings) -> None:
    """The draft is sent back with a wish, and the next one agreed to: a link and a receipt each time (ISE-T4)."""
    with SmtpServer() as sink:
        own = settings.model_copy(update={"pages_url": PAGES_URL, "smtp_host": HOST, "smtp_port": sink.port})
        async with clerk_of(driver, own) as clerk, pages(clerk.at_work, driver) as client:
            clerk.desk.goes_back = False
            linking = LinkingDesk(clerk.desk, clerk.at_work, sink, client)
            linking.install()
            await clerk.begin("common-agreement-amendment")
            request = {"requestedBy": "partner", "requestedOn": "{today}", "request": "分野を加える"}
            await clerk.does("Task_EnterRequest", **request, talkBy="direct")
            await clerk.does("Task_RecordTalks", talksOn="{today}", talksResult="amend", summary="分野を加える")
            await clerk.does("Task_DraftAmendment", **_TERMS)
            await clerk.does("Task_ConfirmAmendment", confirmation="revise", comment="来月からにしてほしい")
            await clerk.does("Task_DraftAmendment", **_TERMS)
            await clerk.does("Task_ConfirmAmendment", confirmation="agreed")
            await clerk.does("Task_ApproveAmendment", **APPROVED, plannedOn="{today}")
            await clerk.does("Task_SignAmendment", signing="signed", signedOn="{today}")
            agreement, case = await clerk.ended()
    assert (case.outcome, len(agreement.versions)) == (CaseOutcome.AMENDED, 2)
    assert linking.answered == _AMENDED


def test_every_marked_step_is_played() -> None:
    played = {(city, task) for (city, _), tasks in _PLAYED.items() for task in tasks}
    played |= {("common", task) for task in _AMENDED}
    missing = [
        (pack, task)
        for pack, task in marked_steps()
        if not any(task == one and pack in (city, "common") for city, one in played)
    ]
    assert missing == []
