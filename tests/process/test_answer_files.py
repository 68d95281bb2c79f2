"""Partners answer by file on the real engine: the mail's workbook comes back and fills in the open task (ALL-17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.kit import workbooks
from tests.kit.desk import BrokerDesk, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.filing import FilingDesk
from tests.kit.partnersteps import by_file
from tests.kit.sentback import sent_back
from tests.kit.smtp import HOST, SmtpServer
from workers.packs.scenarios import Scenario
from workers.settings import Settings

pytestmark = pytest.mark.process


@dataclass(frozen=True)
class Story:
    """A scenario, and the steps that are answered by file in this order, others between.

    ``office``: ``libreoffice`` puts rows in and saves the file anew, ``openpyxl`` leaves it as it came.
    """

    city: str
    name: str
    tasks: list[str]
    office: str = "openpyxl"
    change: Callable[[Scenario], Scenario] = lambda scenario: scenario

    def __str__(self) -> str:
        return f"{self.city}-{self.name}" + ("-sent-back" if self.change is sent_back else "")


_STORIES: Final = [
    Story("isesaki", "signed", ["Task_SubmitOffer", "Task_SubmitOffer", "Task_ConfirmDraft"], "libreoffice", sent_back),
    Story("isesaki", "hard", ["Task_SubmitOffer", "Task_ConfirmDraft"]),
    Story("isesaki", "arrangements-change", ["Task_ConfirmArrangements", "Task_ConfirmArrangements"]),
    Story(
        "date",
        "signed",
        ["Task_SubmitProposal", "Task_AnswerProposals", "Task_AnswerCeremony", "Task_ConfirmDraft"],
        "libreoffice",
    ),
    Story("isesaki", "contacts-changed", ["Task_ConfirmContacts"]),
    Story("date", "annual", ["Task_SubmitForm8", "Task_SubmitProposal"]),
    Story("ageo", "signed", ["Task_SubmitProposal", "Task_ConfirmDraft"]),
    Story("ageo", "invitation-declined", ["Task_AnswerInvitation"]),
    Story("ageo", "annual-hard", ["Task_AnswerDates", "Task_AnswerDates", "Task_SubmitProposals"], "libreoffice"),
    Story("ageo", "adhoc-department", ["Task_AnswerProposal"]),
    Story("asahikawa", "signed", ["Task_SubmitProposal", "Task_CheckByPartner"]),
    Story("chigasaki", "signed", ["Task_ConfirmConsensus"]),
    Story("chigasaki", "evaluation", ["Task_EvaluateByPartner"]),
]


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("story", _STORIES, ids=str)
async def test_a_partner_answers_by_file(
    driver: EngineDriver, settings: Settings, tmp_path: Path, story: Story
) -> None:
    """The mail's workbook comes back filled in, the task shows it, the case ends as told; the file is kept."""
    await driver.deploy(scenario_files_of(story.city))
    filing: list[FilingDesk] = []

    def saves(made: bytes) -> bytes:
        if story.office == "openpyxl":
            return made
        return workbooks.through_libreoffice(workbooks.with_rows_put_in(made), tmp_path)

    with SmtpServer() as sink:
        own = settings.model_copy(update={"smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work:

            def prepare(desk: BrokerDesk) -> None:
                filing.append(FilingDesk(desk, at_work, sink, tmp_path, saves))
                filing[0].install()

            _, scenario = await at_work.play(story.city, story.name, prepare=prepare, change=story.change)
            async with at_work.services.open_unit() as uow:
                case = (await uow.cases.all())[-1]
                history = [(entry.who, entry.what) for entry in await uow.history.of_case(case.id)]
                kinds = [document.kind for document in await uow.documents.of_case(case.id)]
    assert str(case.outcome) == scenario.expect.outcome
    read = [(who, what) for who, what in history if what.startswith("相手方の様式「")]
    files = len(filing[0].filed) + len(filing[0].refused)
    filed = iter(filing[0].filed)
    assert all(task in filed for task in story.tasks), (filing[0].filed, filing[0].refused)
    assert len(read) == kinds.count("answer-file") == files
    assert all("返事" in what and who.endswith("（renkei コマンド）") for who, what in read)


def test_every_step_whose_mail_brings_a_workbook_is_played_by_file() -> None:
    played = {(story.city, task) for story in _STORIES for task in story.tasks}
    alone = {("common", "Task_ConfirmAmendment")}
    missing = [
        (pack, task)
        for pack, task in by_file()
        if (pack, task) not in alone and not any(task == one and pack in (city, "common") for city, one in played)
    ]
    assert missing == []
