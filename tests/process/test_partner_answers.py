"""A partner answers by the link of a mail, on the real engine: the process moves on (ALL-2, ALL-3)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from tests.kit.answering import FORM, OFFER, PAGES_URL, Page
from tests.kit.desk import Office, office, scenario_files_of, starting_files
from tests.kit.driver import EngineDriver
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.registry import outbox_tables
from workers.domain.answers import PartnerAnswer, token_hash
from workers.pages.app import application
from workers.pages.steps import Steps
from workers.settings import Settings
from workers.usecases.take_answer import settle_late

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_MAIL = outbox_tables.mail.c
_CONSULTATION = {
    "name": "株式会社ミホン",
    "representative": "代表取締役 見本 花子",
    "contact": "地域連携室 見本 太郎",
    "email": "mihon@partner.example",
    "phone": "0270-00-0000",
    "address": "群馬県伊勢崎市見本町1番地",
    "origin": "partner",
}
_LACKING = {
    "notGovernment": "yes",
    "partnerCheck": "none",
    "projectsCheck": "none",
    "sharedGoal": "yes",
    "dialogue": "yes",
    "partnerGrounds": [],
}


class _RecordedForms:
    """What a task shows, from the broker's records."""

    def __init__(self, driver: EngineDriver) -> None:
        self._driver = driver

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the newest open task of a case as its page shows it."""
        found = [t for t in self._driver.records.open_tasks(element_id) if t.variables.get("caseId") == case_id]
        if not found:
            return None
        values = {name: value for name, value in found[-1].variables.items() if name in names(FORM)}
        return ShownTask(form=FORM, values=values)


class _Partner:
    """A partner with a browser and a mail box."""

    def __init__(self, at_work: Office, client: httpx.AsyncClient) -> None:
        self.at_work = at_work
        self._client = client

    async def letters(self, kind: str) -> list[str]:
        """Return the texts of the mails of a kind, oldest first."""
        query = select(_MAIL.raw).where(_MAIL.kind == kind).order_by(_MAIL.id)
        async with self.at_work.services.engine.connect() as connection:
            raws = (await connection.scalars(query)).all()
        return [message_from_bytes(raw, policy=SMTP).get_body(("plain",)).get_content() for raw in raws]  # type: ignore[union-attr]

    async def page(self, kind: str) -> Page:
        """Open the link of the newest mail of a kind."""
        found = re.search(rf"{PAGES_URL}(/a/\S+)", (await self.letters(kind))[-1])
        assert found
        return Page(self._client, found[1])


@asynccontextmanager
async def _case(driver: EngineDriver, settings: Settings) -> AsyncIterator[tuple[_Partner, int]]:
    """Consult the city as a partner who can reach its pages; yields the partner and the case's instance."""
    await driver.deploy(starting_files())
    await driver.deploy(scenario_files_of("isesaki"))
    async with office(driver, settings.model_copy(update={"pages_url": PAGES_URL})) as at_work:
        app = application(at_work.services.open_unit, Steps(_RecordedForms(driver), lag_seconds=5))
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=PAGES_URL) as client:
            instance = await driver.start("isesaki-signing", _CONSULTATION)
            await driver.task("Task_SubmitOffer", instance=instance)
            yield _Partner(at_work, client), instance


async def test_an_offer_by_link_moves_the_process_and_is_corrected_by_the_next_link(
    driver: EngineDriver, settings: Settings
) -> None:
    """The correction's page holds what was typed; the reviewed mail's link is made when the mail leaves."""
    async with _case(driver, settings) as (partner, instance):
        page = await partner.page("offer-request")
        await page.type({**OFFER, "offeredOn": driver.clock.today().isoformat(), "fields": ["1"]})
        await page.send()
        check = await driver.task("Task_CheckRequirements", instance=instance)
        assert [row["title"] for row in check.variables["proposals"]] == ["健康教室"]
        await driver.complete_task(check, _LACKING)
        decide = await driver.task("Task_DecideOnIneligible", instance=instance)
        await driver.complete_task(decide, {"action": "correct", "message": "3分野以上の提案をお願いします。"})
        again = await driver.task("Task_SubmitOffer", instance=instance)
        page = await partner.page("offer-correction")
        shown = await page.open()
        typed = {key: again.variables[key] for key in ("filing", "offeredOn", "purpose", "projects", "records")}
        await page.type({**typed, "fields": ["1", "4", "7"], "other": ""})
        await page.send()
        await driver.task("Task_CheckRequirements", instance=instance)
        drafts = [mail for mail in await partner.letters("offer-correction") if "リンクは、送るときに" in mail]
        receipts = await partner.letters("answer-receipt")
    assert "3分野以上の提案をお願いします。" in shown.text
    assert "健康教室" in shown.text
    assert drafts == []
    assert len(receipts) == 2


async def test_an_answer_that_came_second_is_read_by_the_office_which_says_what_it_made_of_it(
    driver: EngineDriver, settings: Settings
) -> None:
    """Who was first is told by the contract tests; here the office's task about the other answer."""
    async with _case(driver, settings) as (partner, _):
        link = await partner.page("offer-request")
        async with partner.at_work.services.open_unit() as uow:
            found = await uow.answers.link(token_hash(link.url.removeprefix("/a/")))
            assert found is not None
            answer = PartnerAnswer(
                link_id=found.id or 0,
                case_id=found.case_id,
                element_id=found.element_id,
                round=found.round,
                values={},
                said=[{"label": "事業名", "text": "健康教室", "row": "連携事業 1件目"}],
                at=uow.clock.now(),
            )
            await uow.answers.add_answer(answer)
            await settle_late(uow, answer)
        late = await driver.task("Task_CheckLateAnswer")
        shown = dict(late.variables)
        await driver.complete_task(late, {"lateChoice": "keep", "lateNote": "　"})
        again = await driver.task("Task_CheckLateAnswer", instance=late.process_instance_key)
        problem = again.variables["formError"]
        await driver.complete_task(again, {"lateChoice": "keep", "lateNote": "同じ内容だった"})
        await driver.completed(late.process_instance_key)
        async with partner.at_work.services.open_unit() as uow:
            history = [entry.what for entry in await uow.history.of_case(found.case_id)]
    assert "【連携事業 1件目】\n事業名: 健康教室" in shown["answerText"]
    assert "書いてください" in problem
    assert "後から届いた回答を確かめ、先に入力した内容のままとした（同じ内容だった）" in history
