"""One step, many answers at the same moment: one counts, the process moves once, every other is told (B6, ALL-3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import select

from tests.kit import workbooks
from tests.kit.answering import OFFER, PAGES_URL, Page
from tests.kit.desk import Office, office, scenario_files_of, skip_known_numbers, starting_files
from tests.kit.driver import EngineDriver
from tests.kit.filing import in_cells
from tests.kit.linking import pages
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.documents.workbook_reading import asked_in
from workers.adapters.registry.partner_tables import partner_answer
from workers.cli.attaching import enter_file, store_file
from workers.domain.answers import AnswerState, token_hash
from workers.errors import InputError
from workers.settings import Settings
from workers.trial.api import EngineRefused
from workers.trial.happened import State, UserTask
from workers.usecases.answer_workbooks import RECEIVED

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]
_STEP: Final = "Task_SubmitOffer"
_NEXT: Final = "Task_CheckRequirements"
_LATE: Final = "Task_CheckLateAnswer"
_TEN: Final = 10
_GONE: Final = {404, 409}
"""How the engine says that a task is over, or is just being completed."""
_REGISTRIES_OF_A_TEST: Final = 2
"""A test opens twice as many cases as those for which numbers are left."""
_OFFERED: Final[dict[str, Any]] = {**OFFER, "fields": ["1"], "offeredOn": ""}
_CONSULTATION: Final = {
    "name": "株式会社ミホン",
    "representative": "代表取締役 見本 花子",
    "contact": "地域連携室 見本 太郎",
    "phone": "0270-00-0000",
    "address": "群馬県伊勢崎市見本町1番地",
    "origin": "partner",
}


@dataclass
class Step:
    """The open step of a case: the partner's page, the engine's task."""

    at_work: Office
    sink: SmtpServer
    page: Page
    case_id: str
    address: str
    instance: int
    task: UserTask
    fields: Mapping[str, str]
    """What the page of the check sends."""

    @property
    def driver(self) -> EngineDriver:
        """The engine."""
        return self.at_work.driver

    def offer(self, purpose: str) -> dict[str, Any]:
        """Return an answer to the step that can be told from others."""
        day = self.driver.clock.today().isoformat()
        return {**_OFFERED, "offeredOn": day, "purpose": purpose, "projects": [_project(purpose)]}

    async def by_link(self, times: int = 1) -> list[httpx.Response]:
        """Send what was checked, so many times at once; returns what the partner then sees."""
        answers = await asyncio.gather(*(self.page.post("/send", self.fields) for _ in range(times)))
        assert {answer.status_code for answer in answers} == {httpx.codes.SEE_OTHER}
        return [await self.page.open(answer.headers["location"].removeprefix(self.page.url)) for answer in answers]

    async def in_tasklist(self) -> bool:
        """Complete the task as Tasklist does; False where the engine says that it is not open any more."""
        answers = {**self.offer("所管課の入力"), "projectsCount": 1, "recordsCount": 0}
        try:
            await asyncio.to_thread(self.driver.api.complete_task, self.task.key, answers)
        except EngineRefused as error:
            if error.status not in _GONE:
                raise
            return False
        return True

    async def by_file(self, folder: Path) -> str:
        """Read the mail's workbook as ``renkei attach --read`` does; returns what the office is told, or nothing."""
        path = folder / f"返事-{self.case_id}.xlsx"
        async with self.at_work.services.open_unit() as uow:
            sent = await uow.documents.latest(self.case_id, "answer-form-isesaki-offer")
            assert sent is not None
            copy = await uow.documents.read(sent)
        if not path.is_file():  # the same file may be read again
            path.write_bytes(workbooks.filled(copy, in_cells(asked_in(copy)[0], self.offer("ファイルの目的"))))
        async with self.at_work.services.open_unit() as uow:
            uow.by = "検査"
            document = await store_file(uow, self.case_id, path, kind=RECEIVED)
        try:
            await enter_file(self.at_work.services, self.at_work.answers, document)
        except InputError as error:
            return error.message
        return ""

    async def over(self) -> None:
        """Wait until the task is over and the case stands at the next step."""
        await self.driver.records.wait(lambda: self.task.state is not State.ACTIVE, timeout=30, what="the task's end")
        await self.driver.task(_NEXT, instance=self.instance)
        await self.driver.settled()

    async def purposes(self) -> list[str]:
        """Return whose answer each visit to the next step shows: there has to be one."""
        await self.over()
        with self.driver.records.snapshot():
            tree = self.driver.records.tree(self.instance)
            visits = [
                element
                for element in self.driver.records.elements.values()
                if element.element_id == _NEXT and element.process_instance_key in tree
            ]
        assert len(visits) == 1
        async with self.at_work.services.open_unit() as uow:
            case = await uow.cases.get(self.case_id)
        shown = (await self.driver.task(_NEXT, instance=self.instance)).variables["proposals"]
        assert case.offer is not None
        assert [row["title"] for row in shown] == [case.offer.purpose]  # no answer is mixed of two
        return [case.offer.purpose]

    async def states(self) -> Counter[str]:
        """Return what became of the answers that are kept."""
        t = partner_answer.c
        async with self.at_work.services.engine.connect() as connection:
            rows = (await connection.scalars(select(t.state).where(t.case_id == self.case_id))).all()
        return Counter(str(row) for row in rows)

    async def late(self) -> dict[str, Any]:
        """Return what the office's only task about an answer that came second shows."""
        found = await self.driver.task(_LATE, where=self._mine)
        await self.driver.settled()
        assert len([task for task in self.driver.records.open_tasks(_LATE) if self._mine(task)]) == 1
        return dict(found.variables)

    def none_late(self) -> bool:
        """Whether the office has no such task."""
        return not [task for task in self.driver.records.open_tasks(_LATE) if self._mine(task)]

    def _mine(self, task: UserTask) -> bool:
        return task.variables.get("caseId") == self.case_id

    async def letter(self, words: str) -> str:
        """Return the only mail to the partner of this case whose subject holds these words."""
        found = await self.sink.wait(lambda _: [m for m in self.sink.of(self.address) if words in m.subject])
        assert len(found) == 1
        return found[0].text


def _project(title: str) -> dict[str, Any]:
    return {"field": "1", "title": title, "content": "公民館で月に一度", "costToCity": False}


@dataclass
class Steps:
    """Opens as many steps as a test asks for."""

    at_work: Office
    sink: SmtpServer
    client: httpx.AsyncClient
    opened: int = 0

    async def open(self) -> Step:
        """Return the open first step of a new case; the partner has typed and checked its answer already."""
        driver = self.at_work.driver
        self.opened += 1
        address = f"partner{self.opened}@mihon.example"
        instance = await driver.start("isesaki-signing", {**_CONSULTATION, "email": address})
        task = await driver.task(_STEP, instance=instance)
        await driver.settled()
        case_id = str(task.variables["caseId"])
        words = await self.sink.wait(
            lambda mails: [
                line.strip().removeprefix(f"{PAGES_URL}/a/")
                for mail in mails
                if address in mail.recipients
                for line in mail.text.splitlines()
                if line.strip().startswith(f"{PAGES_URL}/a/")
            ]
        )
        async with self.at_work.services.open_unit() as uow:
            assert await uow.answers.link(token_hash(words[0])) is not None
        page = Page(self.client, f"/a/{words[0]}")
        step = Step(self.at_work, self.sink, page, case_id, address, instance, task, {})
        first = await page.type(step.offer("相手方の目的"))
        assert first.status_code == httpx.codes.SEE_OTHER, first.text
        step.fields = await page.checked()
        return step


@asynccontextmanager
async def _steps(driver: EngineDriver, settings: Settings) -> AsyncIterator[Steps]:
    await driver.deploy(starting_files())
    await driver.deploy(scenario_files_of("isesaki"))
    with SmtpServer() as sink:
        own = settings.model_copy(update={"pages_url": PAGES_URL, "smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work, pages(at_work, driver) as client:
            pack = at_work.services.packs.city("isesaki")
            async with at_work.services.open_unit() as uow:
                for _ in range(_REGISTRIES_OF_A_TEST):
                    await skip_known_numbers(uow, pack)
            yield Steps(at_work, sink, client)


async def test_ten_at_once_by_link_are_one_and_whoever_comes_later_is_told(
    driver: EngineDriver, settings: Settings
) -> None:
    async with _steps(driver, settings) as steps:
        step = await steps.open()
        seen = await step.by_link(_TEN)
        assert await step.purposes() == ["相手方の目的"]
        (again,) = await step.by_link()
        refused = await step.in_tasklist()
        assert await step.purposes() == ["相手方の目的"]
        receipt = await step.letter("受け付けました")
        assert step.none_late()
        assert await step.states() == {AnswerState.DELIVERED: 1}
        async with steps.at_work.services.open_unit() as uow:
            history = [(entry.who, entry.what) for entry in await uow.history.of_case(step.case_id)]
    told = [page for page in seen if "すでに回答を受け付けています" in page.text]
    assert len(told) >= _TEN - 1
    assert "すでに回答を受け付けています" in again.text
    assert refused is False
    assert "相手方の目的" in receipt
    accepted = [(who, what) for who, what in history if "回答を受け付けた" in what]
    assert [who for who, _ in accepted] == ["相手方（回答のページから）"]


async def test_the_office_and_the_partner_at_the_same_moment(driver: EngineDriver, settings: Settings) -> None:
    """Whoever is first wins: the office hears it from the engine, the partner by mail and page with office and time."""
    won = []
    async with _steps(driver, settings) as steps:
        for order in ("office", "same", "same", "same", "partner"):
            step = await steps.open()
            if order == "office":
                taken = await step.in_tasklist()
                await step.over()
                await step.by_link(_TEN)
            elif order == "partner":
                await step.by_link(_TEN)
                await step.over()
                taken = await step.in_tasklist()
            else:
                taken, *_ = await asyncio.gather(step.in_tasklist(), step.by_link(_TEN))
            won.append("office" if taken else "partner")
            assert await step.purposes() == ["所管課の入力" if taken else "相手方の目的"]
            if taken:
                shown = await step.late()
                letter = await step.letter("先に入力がありました")
                page = await step.page.open()
                assert await step.states() == {AnswerState.LATE: 1}
                assert "相手方の目的" in shown["answerText"]
                assert "戦略推進課が令和" in letter
                assert "分に、先に入力を済ませていました" in letter
                assert "先に入力を済ませていました" in page.text
            else:
                assert step.none_late()
                assert await step.states() == {AnswerState.DELIVERED: 1}
    assert (won[0], won[-1]) == ("office", "partner")


async def test_a_file_and_the_partners_link_at_the_same_moment(
    driver: EngineDriver, settings: Settings, tmp_path: Path
) -> None:
    """A file is shown to the office, an answer by link is sent: the link's counts, what the file says is a task."""
    async with _steps(driver, settings) as steps:
        for order in ("file", "same", "same", "link"):
            step = await steps.open()
            told = ""
            if order == "file":
                told = await step.by_file(tmp_path)
                await step.driver.settled()
                assert step.task.variables["purpose"] == "ファイルの目的"
                await step.by_link(_TEN)
            elif order == "link":
                await step.by_link(_TEN)
                await step.over()
                told = await step.by_file(tmp_path)
            else:
                told, *_ = await asyncio.gather(step.by_file(tmp_path), step.by_link(_TEN))
            assert await step.purposes() == ["相手方の目的"]
            shown = await step.late()
            letter = await step.letter("先に入力がありました")
            assert await step.states() == {AnswerState.DELIVERED: 1, AnswerState.LATE: 1}
            assert "ファイルの目的" in shown["answerText"]
            assert "分に、回答のページからの回答を先に受け付けていました" in letter
            if order == "link":
                assert "分に、回答のページからの回答を先に受け付けていました" in told
                assert "「後から届いた回答を確かめる」にしました" in told
            assert (order != "file") or not told


async def test_a_file_that_comes_after_the_offices_entry(
    driver: EngineDriver, settings: Settings, tmp_path: Path
) -> None:
    """The command says who was first and when; the same file again is no second task; one that was used is none."""
    async with _steps(driver, settings) as steps:
        step = await steps.open()
        assert await step.in_tasklist()
        await step.over()
        told = await step.by_file(tmp_path)
        shown = await step.late()
        again = await step.by_file(tmp_path)
        assert await step.states() == {AnswerState.LATE: 1}
        await step.late()
        used = await steps.open()
        assert await used.by_file(tmp_path) == ""
        await used.driver.settled()
        entered = {key: used.task.variables[key] for key in ("filing", "offeredOn", "purpose", "fields", "projects")}
        await used.driver.complete_task(used.task, {**entered, "records": [], "other": ""})
        assert await used.purposes() == ["ファイルの目的"]
        known = await used.by_file(tmp_path)
        assert used.none_late()
    assert "戦略推進課が令和" in told
    assert "「後から届いた回答を確かめる」にしました" in told
    assert "ファイルの目的" in shown["answerText"]
    assert "戦略推進課が令和" in again
    assert "このファイルはその前に読んでいます" in known
