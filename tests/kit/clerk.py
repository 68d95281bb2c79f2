"""A clerk who changes or ends one agreement, for process tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.kit import outgoing
from tests.kit.desk import PACKS, BrokerDesk, Office, office, pack_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Agreement
from workers.domain.entities import Case, CaseKind
from workers.packs.scenarios import AgreementFacts, dated
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import register
from workers.settings import Settings
from workers.trial.happened import State

APPROVED = {
    "decision": "approve",
    "approvalNumber": "令8戦略第12号",
    "approvedOn": "{today}",
    "approvalLevel": "市長",
    "approvedBy": "市長",
}
"""The approval of an amendment or a termination."""
FIXED_MEETING = {
    "next": "fixed",
    "startsAt": "{today+20}T10:00",
    "place": "市役所3階",
    "length": "60",
    "departmentCodes": [],
}
"""A meeting whose day the office fixes."""


class Clerk:
    """Works on one procedure of one agreement of 伊勢崎市 or another city; goes back once from each mail."""

    def __init__(self, at_work: Office, city: str, agreement: Agreement) -> None:
        self.at_work = at_work
        self.city = city
        self.agreement_id = agreement.id
        self.desk = BrokerDesk(at_work.driver)
        self.desk.goes_back = True

    async def begin(self, process: str, agreement_id: str | None = None, **form: Any) -> None:
        """Start a procedure from its form."""
        await self.desk.start(process, {"agreementId": agreement_id or self.agreement_id, **form})

    async def does(self, task: str, **answers: Any) -> None:
        """Complete a task."""
        await self.desk.complete(task, None, dated(answers, self.desk.today()))

    async def ended(self) -> tuple[Agreement, Case]:
        """Wait for the end and return the agreement and the procedure's case."""
        await self.desk.end(State.COMPLETED)
        async with self.at_work.services.open_unit() as uow:
            cases = await uow.cases.of_agreement(self.agreement_id)
            return await uow.agreements.get(self.agreement_id), cases[-1]

    async def is_refused(self, word: str, task: str, **answers: Any) -> None:
        """Complete a task with answers that come back with an error that names the field."""
        await self.does(task, **answers)
        assert word in await self.told(task)

    async def told(self, task: str) -> str:
        """Return the error with which a task came back."""
        await self.at_work.driver.settled()
        found = await self.at_work.driver.task(task, instance=self.desk.instance)
        return str(self.at_work.driver.records.visible(found.element_instance_key).get("formError"))

    async def letters(self, kind: str) -> list[outgoing.Letter]:
        """Return the mails of a kind."""
        return await outgoing.letters(self.at_work.services, kind)


@asynccontextmanager
async def clerk(driver: EngineDriver, settings: Settings, city: str = "isesaki", **facts: Any) -> AsyncIterator[Clerk]:
    """Register an agreement and yield its clerk, a worker at work beside."""
    names = ("agreement-amendment", "agreement-meeting", "agreement-termination", "case-control")
    own = [PACKS / "common" / f"common-{name}.bpmn" for name in names]
    await driver.deploy([*pack_files("common"), *own])
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city(city)
        path = min((PACKS / city / "scenarios").glob("offer-*.toml"))
        offer = read_offer(path, pack, driver.clock.today())
        async with at_work.services.open_unit() as uow:
            agreement = await register(uow, pack, offer, AgreementFacts(procedure=CaseKind.AMENDMENT, **facts))
        yield Clerk(at_work, city, agreement)
