"""A year of the question about partners' contacts, on the real engine (ALL-25)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.kit.desk import PACKS, BrokerDesk, Office, office, scenario_files_of, skip_known_numbers
from tests.kit.driver import EngineDriver
from workers.domain.agreements import Agreement
from workers.domain.contactchecks import opening_on_or_after
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.jst import at
from workers.packs.scenarios import AgreementFacts
from workers.readers.offerfile import read_offer
from workers.scenarios.agreement import register
from workers.settings import Settings
from workers.usecases.sweep import sweep_batch

pytestmark = [pytest.mark.process, pytest.mark.asyncio(loop_scope="session")]
_CITY = "isesaki"
_NEW = {"contact": "地域貢献課　見本 花子", "email": "hanako@kamitsuke-seikatsu.example", "phone": "0270-00-1234"}
_FACTS = AgreementFacts(procedure=CaseKind.CONTACTS, expires="{today+900}")


class _NotKeptError(Exception):
    """What was asked for a look only."""


async def _agreements(at_work: Office) -> tuple[Agreement, Agreement, Agreement, Agreement]:
    """Register two agreements with one person, one of the same partner with another person, one without an address."""
    pack = at_work.services.packs.city(_CITY)
    offer = read_offer(PACKS / _CITY / "scenarios" / "offer-mimamori.toml", pack, at_work.driver.clock.today())
    other = replace(offer, partner=replace(offer.partner, contact="工場　利根 次郎", email="jiro@kojo.example"))
    none = replace(offer, partner=replace(offer.partner, name="赤城商店会", email="", corporate_number=""))
    async with at_work.services.open_unit() as uow:
        await skip_known_numbers(uow, pack)
        first, second, third, fourth = [await register(uow, pack, one, _FACTS) for one in (offer, offer, other, none)]
    return first, second, third, fourth


async def _asked(at_work: Office, on: date, *, keep: bool = True) -> list[str]:
    """Let the watch look at a day; return the agreements whose partner it asks."""
    found: list[str] = []
    with suppress(_NotKeptError):
        async with at_work.services.open_unit() as uow:
            report = await sweep_batch(uow, on)
            assert report.failed == {}
            found = report.questions
            if not keep:
                raise _NotKeptError
    return found


async def _procedure(at_work: Office, agreement: Agreement) -> BrokerDesk:
    """Take up the question of an agreement."""
    async with at_work.services.open_unit() as uow:
        (case,) = await uow.cases.of_agreement(agreement.id, kind=CaseKind.CONTACTS)
    desk = BrokerDesk(at_work.driver)
    await desk.join(case.id)
    return desk


async def _outcome(at_work: Office, agreement: Agreement) -> tuple[CaseOutcome | None, list[str], date | None]:
    """Return how an agreement's question ended, what was corrected by whom, and when it is asked next."""
    async with at_work.services.open_unit() as uow:
        cases = await uow.cases.of_agreement(agreement.id, kind=CaseKind.CONTACTS)
        corrections = [f"{one.column} {one.by}" for one in await uow.register.corrections(agreement.id)]
        known = await uow.agreements.get(agreement.id)
    return (cases[0].outcome if cases else None), corrections, known.contacts_due_on


async def test_each_person_is_asked_once_a_year_and_silence_becomes_the_offices_task(
    driver: EngineDriver, settings: Settings
) -> None:
    """One question for two agreements with one person; never twice in a year; again in the next."""
    await driver.deploy(scenario_files_of(_CITY))
    async with office(driver, settings) as at_work:
        first, second, third, fourth = await _agreements(at_work)
        rule = at_work.services.packs.city(_CITY).contacts
        opening = opening_on_or_after(rule, driver.clock.today() + timedelta(days=2))
        next_opening = opening_on_or_after(rule, opening + timedelta(days=1))
        await driver.move_clock_to(at(opening - timedelta(days=1), 7))
        assert await _asked(at_work, driver.clock.today()) == []
        await driver.move_clock_to(at(opening, 7))
        assert await _asked(at_work, driver.clock.today()) == [first.id, third.id, fourth.id]

        answered = await _procedure(at_work, first)
        await answered.complete("Task_ConfirmContacts", None, {"confirmation": "changed", **_NEW})
        await driver.completed(answered.instance)
        unknown = await _procedure(at_work, fourth)  # nobody to write to: the office's task at once
        await unknown.complete("Task_ReachPartner", None, {"confirmation": "changed", **_NEW})
        await driver.completed(unknown.instance)
        silent = await _procedure(at_work, third)
        await silent.let_fire("Event_Silent")
        reached = await driver.task("Task_ReachPartner", instance=silent.instance)
        assert await driver.task("Task_ConfirmContacts", instance=silent.instance)
        assert "jiro@kojo.example" in reached.variables["registered"]
        await silent.complete("Task_ReachPartner", None, {"confirmation": "unreachable", "remark": "電話が通じない。"})
        await driver.completed(silent.instance)

        changed = ["担当者 戦略推進課", "メール 戦略推進課", "電話 戦略推進課"]
        assert await _outcome(at_work, first) == (CaseOutcome.COMPLETED, changed, next_opening)
        assert await _outcome(at_work, second) == (None, changed, next_opening)
        assert await _outcome(at_work, third) == (CaseOutcome.STOPPED, [], next_opening)
        assert await _outcome(at_work, fourth) == (CaseOutcome.COMPLETED, changed, next_opening)
        for day in (
            opening,
            opening + timedelta(days=1),
            opening + timedelta(days=90),
            next_opening - timedelta(days=1),
        ):
            assert await _asked(at_work, day, keep=False) == []
        assert await _asked(at_work, next_opening, keep=False) == [first.id, third.id, fourth.id]
        mails = await at_work.mails({"contact-check": 2})
    assert (mails["contact-check"], mails["contact-check-reminder"]) == (2, 1)


async def test_a_second_instance_of_a_question_ends_and_asks_nobody(driver: EngineDriver, settings: Settings) -> None:
    """A message that the engine no longer remembers starts a second instance: the registry tells it that one runs."""
    await driver.deploy(scenario_files_of(_CITY))
    async with office(driver, settings) as at_work:
        agreement, *_ = await _agreements(at_work)
        async with at_work.services.open_unit() as uow:
            known = await uow.agreements.get(agreement.id)
            known.contacts_due_on = driver.clock.today()
        assert await _asked(at_work, driver.clock.today()) == [agreement.id]
        desk = await _procedure(at_work, agreement)
        await driver.task("Task_ConfirmContacts", instance=desk.instance)
        async with at_work.services.open_unit() as uow:
            (case,) = await uow.cases.of_agreement(agreement.id, kind=CaseKind.CONTACTS)
        again = f"{case.id}-again"
        await driver.publish(case.process_id, "second", {"caseId": case.id}, id_=again)
        second = BrokerDesk(driver)
        await second.join(again)
        await driver.completed(second.instance)
        assert driver.records.passed("EndEvent_AlreadyStarted", instance=second.instance)
        assert not driver.records.passed("EndEvent_AlreadyStarted", instance=desk.instance)
        mails = await at_work.mails({"contact-check": 1})
        await driver.cancel(desk.instance)
    assert mails["contact-check"] == 1
