"""Yesterday's engine beside today's registry, and the reverse: no mail twice, every difference named, cases go on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.kit.answering import OFFER
from tests.kit.broker import Broker
from tests.kit.desk import Office, office, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.fixtures import settings_of
from tests.kit.smtp import HOST, SmtpServer
from tests.kit.standing import RecordedStanding, keep, rewind
from workers.adapters.backup import whole
from workers.adapters.backup.whole import Wanted
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.restores import is_on_hold
from workers.cli.reconciling import EngineParts, Orders, Result, carried_out
from workers.domain.jst import JST
from workers.runtime.supervisor import run_worker
from workers.settings import Settings
from workers.trial.desk import RecordedInstances, RecordedTasks
from workers.trial.driver import EngineDriver as Hands
from workers.wiring import services

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]
_PATIENT: Final = 120.0
_PARTNER: Final = {
    "name": "株式会社ミホン",
    "representative": "代表取締役 見本 花子",
    "contact": "地域連携室 見本 太郎",
    "email": "mihon@partner.example",
    "phone": "0270-00-0000",
    "address": "群馬県伊勢崎市見本町1番地",
    "origin": "partner",
}
_SENT_BACK: Final[dict[str, dict[str, Any]]] = {
    "Task_CheckRequirements": {
        "notGovernment": "yes",
        "partnerCheck": "none",
        "projectsCheck": "none",
        "sharedGoal": "yes",
        "dialogue": "yes",
        "partnerGrounds": [],
    },
    "Task_DecideOnIneligible": {"action": "correct", "message": "3分野以上の提案をお願いします。"},
}
_OTHER: Final = {**_PARTNER, "name": "株式会社ベツノ", "email": "betsuno@partner.example"}


class World:
    """A broker whose data lie where the embedded engine's lie, a registry beside them, and a mail server."""

    def __init__(self, broker: Broker, settings: Settings, sink: SmtpServer) -> None:
        self.broker = broker
        self.driver = EngineDriver(broker)
        self.sink = sink
        self.settings = settings.model_copy(update={"smtp_host": HOST, "smtp_port": sink.port})
        self._records: dict[str, Any] = {}

    def work(self) -> Any:
        """Return a block in which a worker runs."""
        return office(self.driver, self.settings)

    async def back_up(self, file: Path) -> None:
        """Stop the engine, take a backup of all, start it again."""
        await asyncio.to_thread(self.broker.stop)
        self._records = keep(self.broker.records)
        engine = {"kind": "embedded", "version": "8.6.0"}
        await asyncio.to_thread(whole.take, self.settings, file, None, engine=engine, now=datetime.now(JST))
        await asyncio.to_thread(self.broker.start)

    async def restore(self, file: Path, wanted: Wanted) -> None:
        """Stop the engine, put sides of a backup back, start it again."""
        await asyncio.to_thread(self.broker.stop)
        await asyncio.to_thread(
            whole.restore, self.settings, file, None, wanted=wanted, overwrite=True, now=datetime.now(JST)
        )
        if wanted.engine:
            rewind(self.broker.records, self._records)
        await asyncio.to_thread(self.broker.start)

    async def reconcile(self, orders: Orders, monkeypatch: pytest.MonkeyPatch) -> Result:
        """Compare both sides as the command does; the engine's side is read from its records."""
        async with (
            services(self.settings, clock=self.driver.clock) as built,
            RestClient.from_settings(self.settings) as rest,
            Tasklist.from_settings(self.settings) as tasklist,
        ):
            parts = EngineParts(
                standing=RecordedStanding(self.driver),
                instances=RecordedInstances(self.driver, rest, tasklist),
                tasks=RecordedTasks(self.driver, rest, tasklist),
            )

            monkeypatch.setattr("workers.cli.reconciling.engine_of", lambda _services: _Opened(parts))
            return await carried_out(built, orders)

    async def consulted(self, partner: dict[str, str]) -> int:
        """Start a case up to the partner's offer."""
        instance = await self.driver.start("isesaki-signing", partner)
        await self.driver.task("Task_SubmitOffer", instance=instance)
        await self.driver.settled()
        return instance

    async def offered(self, instance: int, purpose: str) -> None:
        """File the offer of a case; it goes on to the check."""
        task = await self.driver.task("Task_SubmitOffer", instance=instance)
        day = self.driver.clock.today().isoformat()
        # An engine of yesterday shows nothing of what was typed today: the kit's own look at that does not apply.
        await Hands.complete_task(self.driver, task, {**OFFER, "fields": ["1"], "offeredOn": day, "purpose": purpose})
        await self.driver.task("Task_CheckRequirements", instance=instance)
        await self.driver.settled()

    async def sent_back(self, instance: int) -> None:
        """Have the office ask the partner to mend the offer; the kit's clerk reads and sends the mail."""
        for task, values in _SENT_BACK.items():
            await Hands.complete_task(self.driver, await self.driver.task(task, instance=instance), values)
        await self.driver.task("Task_SubmitOffer", instance=instance)
        await self.driver.settled()

    async def sent(self, at_work: Office) -> Counter[tuple[str, str]]:
        """Wait until the outbox is empty; return what arrived, by recipient and subject."""

        async def empty() -> bool:
            waiting = {QueueStatus.QUEUED, QueueStatus.SENDING}
            return all(mail.status not in waiting for mail in await at_work.services.mails.list())

        await _until(empty)
        return Counter((mail.recipients[0], mail.subject) for mail in self.sink.accepted)


class _Opened:
    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    async def __aenter__(self) -> EngineParts:
        return self._parts

    async def __aexit__(self, *error: object) -> None:
        return None


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world of this test's own."""
    broker = Broker()
    (tmp_path / "zeebe").mkdir()
    (broker.log.parent / "data").symlink_to(tmp_path / "zeebe")
    with broker, SmtpServer() as sink:
        made = World(broker, settings_of(broker, tmp_path), sink)
        yield made
        made.driver.api.close()


def _kinds(found: Result) -> Counter[str]:
    return Counter(one.kind for one in found.differences)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_PATIENT):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.1)


async def test_yesterdays_engine_beside_todays_registry(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, file = world.driver, tmp_path.parent / f"{tmp_path.name}.renkei"
    await driver.deploy(scenario_files_of("isesaki"))
    async with world.work() as at_work:
        old = await world.consulted(_PARTNER)
        await world.sent(at_work)
    await world.back_up(file)
    async with world.work() as at_work:  # the day that the engine will forget
        await world.offered(old, "きのうの目的")
        lost = await world.consulted(_OTHER)
        before = await world.sent(at_work)
        async with at_work.services.open_unit() as uow:
            cases = {case.id: case.process_instance_key for case in await uow.cases.all()}
        last = max(driver.records.jobs)
    await world.restore(file, Wanted(registry=False, engine=True))
    assert [task.element_id for task in driver.records.open_tasks(instance=old)] == ["Task_SubmitOffer"]

    held = asyncio.create_task(_hold_lasts(world))
    found = await world.reconcile(Orders(), monkeypatch)
    await held
    lost_case = next(case for case, key in cases.items() if key == lost)
    assert _kinds(found)["missing-instance"] == 1
    assert [one.case_id for one in found.differences if one.kind == "missing-instance"] == [lost_case]
    assert {one.case_id for one in found.differences if one.kind == "registry-ahead"} == set(cases)
    assert all(one.advice for one in found.differences)

    await world.reconcile(Orders(confirm=True), monkeypatch)
    async with world.work() as at_work:
        # The engine gives out the keys of the lost day again; the registry knows another case by each of them.
        new = await world.consulted({**_OTHER, "name": "株式会社アタラシイ", "email": "atarashii@partner.example"})
        await world.offered(old, "きょうの目的")
        after = await world.sent(at_work)
        async with at_work.services.open_unit() as uow:
            again = {case.id: case for case in await uow.cases.all()}
        named = {str(driver.variables(key)["caseId"]) for key in (old, new)}
        assert driver.records.open_incidents() == []
    assert new <= last, "the test wants keys that were given out before"
    assert lost_case not in named
    assert again[lost_case].process_instance_key == lost
    assert again[lost_case].engine_id != again[next(iter(named - set(cases)))].engine_id
    offer = again[next(case for case, key in cases.items() if key == old)].offer
    assert offer is not None
    assert offer.purpose == "きょうの目的"
    assert {key: after[key] for key in before} == dict(before), "a mail of the lost day went out again"


async def _hold_lasts(world: World) -> None:
    """Run a worker that finds the restore: it notes the engine's keys, takes no job and sends nothing."""
    count = len(world.sink.accepted)
    async with services(world.settings, clock=world.driver.clock) as built:
        stop, taking = asyncio.Event(), asyncio.Event()
        work = asyncio.create_task(run_worker(built, stop=stop, taking=taking))

        async def noted() -> bool:
            return all(one.first_keys for one in await built.open_restores())

        await _until(noted)
        assert await is_on_hold(built.engine)
        assert not taking.is_set()
        stop.set()
        await work
    assert len(world.sink.accepted) == count


async def test_yesterdays_registry_beside_todays_engine(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver, file = world.driver, tmp_path.parent / f"{tmp_path.name}.renkei"
    await driver.deploy(scenario_files_of("isesaki"))
    async with world.work() as at_work:
        quiet, old = await world.consulted(_PARTNER), await world.consulted(_OTHER)
        await world.sent(at_work)
    await world.back_up(file)
    async with world.work() as at_work:  # the day that the registry will forget
        await world.offered(old, "きのうの目的")
        await world.sent_back(old)
        unknown = await world.consulted({**_OTHER, "name": "株式会社アタラシイ", "email": "atarashii@partner.example"})
        before = await world.sent(at_work)
        number = str(driver.variables(unknown)["caseId"])
        case = str(driver.variables(old)["caseId"])
    await world.restore(file, Wanted(registry=True, engine=False))

    found = await world.reconcile(Orders(), monkeypatch)
    told = {one.kind: one for one in found.differences if one.instance}
    assert {kind: one.case_id for kind, one in told.items()} == {"engine-ahead": case, "unknown-instance": number}
    assert told["engine-ahead"].redo == "Task_SubmitOffer"
    assert not any(str(driver.variables(quiet)["caseId"]) == one.case_id for one in found.differences if one.instance)

    await world.reconcile(Orders(redo=[old, unknown], confirm=True), monkeypatch)
    async with world.work() as at_work:
        await world.offered(old, "きょうの目的")
        await world.sent_back(old)
        await world.offered(quiet, "前から")
        again = await driver.reached(
            lambda: next(iter(driver.records.open_tasks(instance=unknown)), None), instance=unknown, what="its start"
        )
        await driver.settled()
        after = await world.sent(at_work)
        held = await at_work.services.mails.list(status=QueueStatus.HELD)
        fresh = str(driver.variables(await world.consulted(_PARTNER))["caseId"])
        async with at_work.services.open_unit() as uow:
            offer = (await uow.cases.get(case)).offer
        assert driver.records.open_incidents() == []
    assert offer is not None
    assert offer.purpose == "きょうの目的"
    assert again.element_id
    assert {key: after[key] for key in before} == dict(before), "a mail of the lost day went out again"
    assert {mail.case_id for mail in held} >= {case}
    assert fresh not in {number, case}, "a case number was given out twice"

    found = await world.reconcile(Orders(drop=["all"], settle=["all"]), monkeypatch)
    assert found.done[0].startswith("送らないことにしたメール")
    async with world.work() as at_work:
        assert await at_work.services.mails.list(status=QueueStatus.HELD) == []
        assert await world.sent(at_work) >= before
