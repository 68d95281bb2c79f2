"""A partner sends its answer while the engine is away: it is kept, and delivered once afterwards (ALL-3)."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import httpx
import pytest
from sqlalchemy import select

from tests.kit.answering import OFFER, PAGES_URL, Page
from tests.kit.broker import Broker
from tests.kit.desk import Office, office, scenario_files_of, starting_files
from tests.kit.driver import EngineDriver
from tests.kit.linking import RecordedForms
from tests.kit.smtp import HOST, SmtpServer
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.partner_tables import partner_answer
from workers.domain.answers import AnswerState
from workers.pages.app import application
from workers.pages.steps import Steps
from workers.settings import Settings
from workers.usecases.take_answer import DELIVER

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
_LINK: Final = re.compile(rf"{PAGES_URL}(/a/\S+)")
_PATIENT: Final = 400.0
_TRIED: Final = {"frozen": 4, "killed": 6}
"""So often the delivery fails before the engine is back. A frozen engine lets each attempt wait for its deadline of 15
seconds, a dead one refuses at once: with the pauses of 1, 2, 4, … seconds between, it is away for over a minute, and
for over half a minute."""
_CONSULTATION: Final = {
    "name": "株式会社ミホン",
    "representative": "代表取締役 見本 花子",
    "contact": "地域連携室 見本 太郎",
    "email": "mihon@partner.example",
    "phone": "0270-00-0000",
    "address": "群馬県伊勢崎市見本町1番地",
    "origin": "partner",
}


class AskingForms(RecordedForms):
    """Reads a task's form as production does as far as an outage goes: the engine has to answer first."""

    def __init__(self, driver: EngineDriver, at_work: Office, rest: RestClient) -> None:
        super().__init__(driver, at_work.services.packs.answer_page)
        self._rest = rest

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the task; raises RetryableError while the engine is away."""
        await self._rest.request("GET", "/v2/topology", None)
        return await super().read(case_id, element_id, names)


@contextmanager
def _away(broker: Broker, how: str) -> Iterator[Callable[[], None]]:
    """Take the broker away; yields what brings it back."""
    pid = broker.pid
    assert pid is not None
    if how == "frozen":
        os.kill(pid, signal.SIGSTOP)
    else:
        broker.kill()

    returned: list[bool] = []

    def back() -> None:
        returned.append(True)
        if how == "frozen":
            os.kill(pid, signal.SIGCONT)
        else:
            broker.launch()
        broker.wait_ready()

    try:
        yield back
    finally:
        if not returned:  # the tests after this one need it
            back()


@pytest.mark.parametrize("how", _TRIED)
async def test_an_answer_given_while_the_engine_is_away_is_kept_and_delivered_once(
    how: str, driver: EngineDriver, settings: Settings
) -> None:
    """The partner opened its page before; it types, checks and sends, and has its receipt, while nothing answers."""
    await driver.deploy(starting_files())
    await driver.deploy(scenario_files_of("isesaki"))
    with SmtpServer() as sink:
        own = settings.model_copy(update={"pages_url": PAGES_URL, "smtp_host": HOST, "smtp_port": sink.port})
        async with office(driver, own) as at_work, RestClient.from_settings(own) as rest:
            app = application(at_work.services.open_unit, Steps(AskingForms(driver, at_work, rest), lag_seconds=5))
            transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url=PAGES_URL) as client:
                instance = await driver.start("isesaki-signing", _CONSULTATION)
                task = await driver.task("Task_SubmitOffer", instance=instance)
                await driver.settled()
                found = await sink.wait(lambda mails: [link for mail in mails for link in _LINK.findall(mail.text)])
                page = Page(client, found[0])
                await page.open()
                answer = {**OFFER, "fields": ["1"], "offeredOn": driver.clock.today().isoformat()}
                with _away(driver.broker, how) as back:
                    assert (await page.type(answer)).status_code == httpx.codes.SEE_OTHER
                    fields = await page.checked()
                    await asyncio.gather(*(page.post("/send", fields) for _ in range(10)))
                    shown = await page.open()
                    receipt = await sink.wait(lambda mails: [m for m in mails if "受け付けました" in m.subject])
                    await _until(partial(_has_tried, at_work, _TRIED[how]))
                    before = await _states(at_work)
                    back()
                check = await driver.reached(
                    lambda: next(iter(driver.records.open_tasks("Task_CheckRequirements", instance=instance)), None),
                    instance=instance,
                    timeout=_PATIENT,
                    what="the step after the answer",
                )
                await _until(partial(_is_delivered, at_work))
                visits = [
                    e
                    for e in driver.records.elements.values()
                    if e.element_id == "Task_CheckRequirements" and e.process_instance_key == check.process_instance_key
                ]
                late = driver.records.open_tasks("Task_CheckLateAnswer")
                receipts = [m for m in sink.accepted if "受け付けました" in m.subject]
                async with at_work.services.open_unit() as uow:
                    case = await uow.cases.get(str(task.variables["caseId"]))
    assert "受け付けました" in shown.text
    assert "健康教室" in receipt[0].text
    assert before == [AnswerState.ACCEPTED]
    assert [row["title"] for row in check.variables["proposals"]] == ["健康教室"]
    assert case.offer is not None
    assert case.offer.purpose == "市の子育てを支えるため"
    assert len(case.offers) == len(visits) == len(receipts) == 1
    assert late == []


async def _states(at_work: Office) -> list[AnswerState]:
    async with at_work.services.engine.connect() as connection:
        return list((await connection.scalars(select(partner_answer.c.state))).all())


async def _tried(at_work: Office) -> int:
    """Return how often the delivery was tried, each time in vain."""
    t = outbox_tables.engine_call.c
    async with at_work.services.engine.connect() as connection:
        (attempts,) = (await connection.scalars(select(t.attempts).where(t.kind == DELIVER))).all()
    return int(attempts)


async def _has_tried(at_work: Office, times: int) -> bool:
    return await _tried(at_work) >= times


async def _is_delivered(at_work: Office) -> bool:
    return await _states(at_work) == [AnswerState.DELIVERED]


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENT):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.2)
