"""Partners answer by file on the real engine: the mail's workbook comes back and fills in the open task (ALL-17)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import workbooks
from tests.kit.desk import BrokerDesk, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.filing import FilingDesk
from workers.settings import Settings

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    ("city", "name", "tasks"),
    [
        ("isesaki", "signed", ["Task_SubmitOffer", "Task_ConfirmDraft"]),
        ("isesaki", "hard", ["Task_SubmitOffer", "Task_ConfirmDraft"]),
        ("isesaki", "contacts-changed", ["Task_ConfirmContacts"]),
        ("date", "signed", ["Task_SubmitProposal", "Task_AnswerProposals", "Task_AnswerCeremony", "Task_ConfirmDraft"]),
        ("ageo", "signed", ["Task_SubmitProposal", "Task_ConfirmDraft"]),
        ("asahikawa", "signed", ["Task_SubmitProposal", "Task_CheckByPartner"]),
        ("chigasaki", "signed", ["Task_ConfirmConsensus"]),
    ],
)
async def test_a_partner_answers_by_file(
    driver: EngineDriver, settings: Settings, tmp_path: Path, city: str, name: str, tasks: list[str]
) -> None:
    """Every step that a mail asks for by workbook is filed as one; the case ends as told.

    The files of 伊勢崎市 and 伊達市 were saved by LibreOffice, the others by openpyxl.
    """
    await driver.deploy(scenario_files_of(city))
    filing: list[FilingDesk] = []

    def saves(made: bytes) -> bytes:
        return workbooks.through_libreoffice(made, tmp_path) if city in {"isesaki", "date"} else made

    async with office(driver, settings) as at_work:

        def prepare(desk: BrokerDesk) -> None:
            filing.append(FilingDesk(desk, at_work, tmp_path, saves))
            filing[0].install()

        _, scenario = await at_work.play(city, name, prepare=prepare)
        async with at_work.services.open_unit() as uow:
            case = (await uow.cases.all())[-1]
            history = [(entry.who, entry.what) for entry in await uow.history.of_case(case.id)]
            kinds = [document.kind for document in await uow.documents.of_case(case.id)]
    assert str(case.outcome) == scenario.expect.outcome
    assert set(tasks) <= set(filing[0].filed)
    read = [(who, what) for who, what in history if what.startswith("相手方の様式「")]
    assert len(read) == len(filing[0].filed)
    assert all("返事" in what and who.endswith("（renkei コマンド）") for who, what in read)
    assert kinds.count("answer-file") == len(filing[0].filed)
