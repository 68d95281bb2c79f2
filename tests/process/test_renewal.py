"""The ways through the renewal diagrams that no scenario takes, and the daily watch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from tests.kit.desk import PACKS, BrokerDesk, Office, office, scenario_files_of, skip_known_numbers, starting_files
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Agreement, AgreementEnd, Side
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.renewal import watch
from workers.domain.terms import notice_deadline
from workers.packs.scenarios import AgreementFacts
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import register
from workers.settings import Settings
from workers.usecases.notices import record_notice
from workers.usecases.procedures import file_procedure, start_procedure

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_OFFERS = {"isesaki": "offer-mimamori.toml", "asahikawa": "offer-drink.toml", "date": "offer-fresh.toml"}


@dataclass
class _Renewal:
    """A renewal at work."""

    office: Office
    desk: BrokerDesk
    agreement_id: str
    case_id: str

    async def change(self, **facts: object) -> None:
        """Change the agreement's newest term or the agreement, as an amendment or a termination does."""
        async with self.office.services.open_unit() as uow:
            agreement = await uow.agreements.get(self.agreement_id)
            for name, value in facts.items():
                setattr(agreement.current_term if name == "expires_on" else agreement, name, value)
            city = uow.cities.city(agreement.city)
            term = agreement.current_term
            term.notice_deadline = notice_deadline(city.term, term.expires_on)
            if agreement.ended_on is None:
                watch(city, agreement, uow.clock.today())

    async def outcome(self) -> CaseOutcome | None:
        """Return how the case ended."""
        async with self.office.services.open_unit() as uow:
            return (await uow.cases.get(self.case_id)).outcome

    async def agreement(self) -> Agreement:
        """Return the agreement."""
        async with self.office.services.open_unit() as uow:
            return await uow.agreements.get(self.agreement_id)


@asynccontextmanager
async def _begun(driver: EngineDriver, settings: Settings, city: str, *, expires: int) -> AsyncIterator[_Renewal]:
    """Start the renewal of an agreement that expires in so many days."""
    await driver.deploy(scenario_files_of(city))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city(city)
        offer = read_offer(PACKS / city / "scenarios" / _OFFERS[city], pack, driver.clock.today())
        facts = AgreementFacts(procedure=CaseKind.RENEWAL, expires=f"{{today+{expires}}}")
        async with at_work.services.open_unit() as uow:
            await skip_known_numbers(uow, pack)
            agreement = await register(uow, pack, offer, facts)
            case = await file_procedure(uow, agreement, CaseKind.RENEWAL, "2")
            await start_procedure(uow, case)
        desk = BrokerDesk(driver)
        await desk.join(case.id)
        yield _Renewal(at_work, desk, agreement.id, case.id)


@pytest.mark.parametrize("city", ["isesaki", "date"])
async def test_a_second_instance_of_a_term_ends_and_changes_nothing(
    city: str, driver: EngineDriver, settings: Settings
) -> None:
    """DESIGN "Exactly once": the message published again after its life starts an instance that ends at once."""
    async with _begun(driver, settings, city, expires=80) as renewal:
        await driver.task("Task_WatchNotices", instance=renewal.desk.instance)
        process = renewal.office.services.packs.city(city).procedure(CaseKind.RENEWAL)
        await driver.publish(process, "second", {"caseId": renewal.case_id}, id_=f"{renewal.case_id}-again")
        second = BrokerDesk(driver)
        await second.join(f"{renewal.case_id}-again")
        await driver.completed(second.instance)
        assert driver.records.passed("EndEvent_AlreadyStarted", instance=second.instance)
        assert not driver.records.passed("EndEvent_AlreadyStarted", instance=renewal.desk.instance)
        await driver.cancel(renewal.desk.instance)


async def test_an_amended_term_moves_the_decision(driver: EngineDriver, settings: Settings) -> None:
    """ISE-T4: on the old day nothing is decided; the diagram plans anew and renews on the new day."""
    async with _begun(driver, settings, "isesaki", expires=80) as renewal:
        await driver.task("Task_WatchNotices", instance=renewal.desk.instance)
        later = (await renewal.agreement()).current_term.expires_on + timedelta(days=30)
        await renewal.change(expires_on=later)
        await renewal.desk.let_fire("Event_DecisionDue")
        await driver.passed(renewal.desk.instance, "Task_PlanRenewal", times=2)
        assert len((await renewal.agreement()).terms) == 1
        await driver.task("Task_WatchNotices", instance=renewal.desk.instance)
        await renewal.desk.let_fire("Event_DecisionDue")
        await driver.task("Task_WatchLateNotices", instance=renewal.desk.instance)
        assert (await renewal.agreement()).current_term.starts_on == later + timedelta(days=1)
        await driver.cancel(renewal.desk.instance)


async def test_a_renewal_that_was_taken_back_beside_the_diagram_ends_as_that(
    driver: EngineDriver, settings: Settings
) -> None:
    """ALL-5: a notice in time, entered by command after the renewal was told, while the diagram still watches."""
    async with _begun(driver, settings, "isesaki", expires=80) as renewal:
        await driver.task("Task_WatchNotices", instance=renewal.desk.instance)
        await renewal.desk.let_fire("Event_DecisionDue")
        await renewal.desk.let_fire("Event_TellDue")
        await driver.passed(renewal.desk.instance, "Task_TellRenewed")
        async with renewal.office.services.open_unit() as uow:
            (term, successor) = (await uow.agreements.get(renewal.agreement_id)).terms
            assert successor.counts
            assert term.notice_deadline is not None
            await record_notice(uow, renewal.agreement_id, side=Side.PARTNER, received_on=term.notice_deadline)
        await renewal.desk.let_fire("Event_NewTermBegun")
        await driver.completed(renewal.desk.instance)
        assert driver.records.passed("EndEvent_Reversed", instance=renewal.desk.instance)
        assert await renewal.outcome() is CaseOutcome.EXPIRED
        ended = await renewal.agreement()
        assert (ended.ended_on, ended.end) == (term.expires_on, AgreementEnd.EXPIRED)
        told = {"renewal-done": 2, "renewal-reversed": 2, "agreement-expired": 2}
        mails = await renewal.office.mails(told)
    assert {kind: mails[kind] for kind in told} == told


async def test_a_longer_term_without_renewal_moves_the_expiry(driver: EngineDriver, settings: Settings) -> None:
    """D-5, ISE-T4: an agreement that was made longer does not end on its first day of expiry."""
    async with _begun(driver, settings, "asahikawa", expires=60) as renewal:
        await renewal.desk.let_fire("Event_ExpiryNear")
        later = (await renewal.agreement()).current_term.expires_on + timedelta(days=40)
        await renewal.change(expires_on=later)
        await renewal.desk.let_fire("Event_WithoutRenewalOver")
        await driver.passed(renewal.desk.instance, "Task_PlanRenewal", times=2)
        assert (await renewal.agreement()).ended_on is None
        await renewal.desk.let_fire("Event_ExpiryNear")
        await renewal.desk.let_fire("Event_WithoutRenewalOver")
        await driver.completed(renewal.desk.instance)
        assert (await renewal.agreement()).ended_on == later
        assert await renewal.outcome() is CaseOutcome.EXPIRED


@pytest.mark.parametrize("city", ["isesaki", "date"])
async def test_a_terminated_agreement_is_not_renewed(city: str, driver: EngineDriver, settings: Settings) -> None:
    """AGE-T2, ISE-T2: the procedure that runs sees the end and closes as terminated."""
    async with _begun(driver, settings, city, expires=80) as renewal:
        await driver.task("Task_WatchNotices", instance=renewal.desk.instance)
        await renewal.change(ended_on=driver.clock.today(), end=AgreementEnd.TERMINATED)
        await renewal.desk.let_fire("Event_DecisionDue")
        if city == "date":
            answers = {"heldOn": "{today}", "findings": "振り返った", "doubt": "none"}
            await renewal.desk.complete("Task_ReviewResults", None, answers | {"heldOn": str(driver.clock.today())})
        await driver.completed(renewal.desk.instance)
        assert await renewal.outcome() is CaseOutcome.TERMINATED
        assert len((await renewal.agreement()).terms) == 1


async def test_the_watch_goes_on_in_batches_and_reports_what_it_cannot_do(
    driver: EngineDriver, settings: Settings
) -> None:
    """ALL-5: more agreements than a batch holds; one that a pack no longer knows is told, the others are done."""
    await driver.deploy(scenario_files_of("isesaki"))
    async with office(driver, settings) as at_work:
        pack = at_work.services.packs.city("isesaki")
        offer = read_offer(PACKS / "isesaki" / "scenarios" / _OFFERS["isesaki"], pack, driver.clock.today())
        facts = AgreementFacts(procedure=CaseKind.RENEWAL, expires="{today+300}")
        async with at_work.services.open_unit() as uow:
            agreements = [await register(uow, pack, offer, facts) for _ in range(101)]
            for agreement in agreements:
                agreement.current_term.due_on = driver.clock.today()
            agreements[0].city = "kasumi"
        await driver.deploy(starting_files())
        watch_run = await driver.start("common-renewal-watch")
        task = await driver.task("Task_LookAtFailures", instance=watch_run)
        assert [row["agreementId"] for row in task.variables["sweepFailures"]] == [agreements[0].id]
        assert driver.records.completed("Task_Sweep", instance=watch_run) == 2
        await driver.complete("Task_LookAtFailures", {}, instance=watch_run)
        await driver.completed(watch_run)
        async with at_work.services.open_unit() as uow:
            left = await uow.agreements.due(driver.clock.today(), limit=200)
            swept = await uow.sweeps.last_day()
    assert left == [agreements[0].id]
    assert swept == driver.clock.today()


async def test_the_watch_starts_every_morning_in_japan(driver: EngineDriver, settings: Settings) -> None:
    """ALL-5, D-7: six o'clock in Japan, whatever zone the engine's machine has; a morning missed fires once."""
    await driver.deploy([*scenario_files_of("isesaki"), *starting_files()])
    async with office(driver, settings) as at_work:
        last = await _swept(driver, driver.clock.now().replace(hour=6, minute=1) + timedelta(days=1))
        for days, missed in ((1, 0), (6, 1)):
            morning = driver.clock.now().replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(days=days)
            before = await _swept(driver, morning - timedelta(minutes=1))
            assert before == last + missed
            last = await _swept(driver, morning + timedelta(seconds=5), runs=1)
            assert last == before + 1
        async with at_work.services.open_unit() as uow:
            assert await uow.sweeps.last_day() == driver.clock.today()


async def _swept(driver: EngineDriver, moment: datetime, *, runs: int = 0) -> int:
    """Move the clock and return how many runs of the watch have ended once it rests; ``runs`` more are awaited."""
    wanted = driver.records.completed("EndEvent_Swept") + runs
    await driver.move_clock_to(moment)
    await driver.reached(lambda: driver.records.completed("EndEvent_Swept") >= wanted or None, what="the sweep")
    await driver.settled()
    return driver.records.completed("EndEvent_Swept")
