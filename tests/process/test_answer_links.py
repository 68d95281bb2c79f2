"""Partners answer by the links of their mails on the real engine, every step of every city (ALL-2, ALL-3, ALL-10)."""

from __future__ import annotations

import pytest

from tests.kit.answering import PAGES_URL
from tests.kit.desk import BrokerDesk, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.linking import LinkingDesk, marked_steps, pages
from tests.kit.smtp import HOST, SmtpServer
from workers.settings import Settings

pytestmark = pytest.mark.process

_PLAYED = {
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

            _, scenario = await at_work.play(city, name, prepare=prepare)
            async with at_work.services.open_unit() as uow:
                case = (await uow.cases.all())[-1]
    assert str(case.outcome) == scenario.expect.outcome
    assert set(_PLAYED[city, name]) <= set(linking[0].answered), (linking[0].answered, linking[0].refused)


def test_every_marked_step_is_played() -> None:
    played = {(city, task) for (city, _), tasks in _PLAYED.items() for task in tasks}
    alone = {("common", "Task_ConfirmAmendment")}
    missing = [
        (pack, task)
        for pack, task in marked_steps()
        if (pack, task) not in alone and not any(task == one and pack in (city, "common") for city, one in played)
    ]
    assert missing == []
