"""The years of many agreements on a broker: its clock jumps from one moment that matters to the next."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import func, select

from tests.kit.askedyears import Plan, must_be_asked, plans, yearly_that_asks
from tests.kit.desk import Office, pack_files, starting_files
from tests.kit.driver import EngineDriver
from tests.kit.lives import CITIES, cycles, lives, moments, outcomes, spoken
from tests.kit.papers import partner
from tests.kit.specdates import ONE
from tests.kit.yearsahead import Made, Said, counts, expected
from workers.adapters.registry.outbox_tables import QueueStatus, engine_call
from workers.domain.agreements import Activity, Agreement, AgreementEnd, Side
from workers.domain.entities import Case, CaseKind
from workers.domain.jst import JST
from workers.domain.renewal import unwatch, watch
from workers.domain.terms import first_term
from workers.errors import InputError
from workers.trial.happened import State, UserTask
from workers.usecases.notices import Withdrawal, record_notice, withdraw_notice

_WAITING = ("Task_WatchNotices", "Task_WatchLateNotices")
_OUTBOX_SECONDS = 30


@dataclass
class Decade:
    """A simulation from tomorrow through a number of days."""

    office: Office
    first: date
    through: date
    made: list[Made]
    refused: Counter[str] = field(default_factory=Counter)
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    asked: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """The titles that each agreement's yearly procedure asked about, by its period."""
    jumps: int = 0
    by_form: int = 0

    @classmethod
    async def begin(cls, office: Office, *, days: int, count: int) -> Decade:
        """Deploy everything, the watch included, and register the agreements."""
        first = office.driver.clock.today() + ONE
        through = first + timedelta(days=days)
        self = cls(office=office, first=first, through=through, made=lives(first, through, count))
        await self.prepare()
        return self

    async def prepare(self) -> None:
        """Deploy everything and register the agreements."""
        driver, office = self.driver, self.office
        for city in CITIES:  # all at once are more than the engine takes
            await driver.deploy(sorted({*pack_files("common", city), *starting_files()}))
        annual = [city for city in map(office.services.packs.city, CITIES) if CaseKind.ANNUAL in city.procedures]
        await driver.deploy({f"{city.procedures[CaseKind.ANNUAL]}.bpmn": yearly_that_asks(city) for city in annual})
        for number, life in enumerate(self.made):
            self.plans[life.id] = plans(life, self.first, number)
            await self._sign(life)

    @property
    def driver(self) -> EngineDriver:
        """The engine."""
        return self.office.driver

    async def _sign(self, life: Made) -> None:
        async with self.office.services.open_unit() as uow:
            city = uow.cities.city(life.rule)
            agreement = Agreement(
                id=life.id,
                case_id=None,
                city=life.rule,
                kind="comprehensive",
                title="包括連携協定",
                signed_on=life.signed,
                parties=["株式会社上州あおぞら銀行"],
                fields=[1],
                partner=partner(),
                renews=life.says,
            )
            agreement.terms.append(first_term(city.term, life.signed, ends_on=life.ends))
            watch(city, agreement, uow.clock.today())
            await uow.agreements.add(agreement)
            for plan in self.plans[life.id]:
                await uow.activities.add(
                    Activity(agreement_id=life.id, case_id=None, fiscal_year=plan.year, field=1, title=plan.title)
                )

    async def run(self) -> None:
        """Jump from moment to moment until the last day."""
        packs = self.office.services.packs
        due = {moment for life in self.made for moment in moments(life, packs.city(life.rule), self.through)}
        openings = {packs.city(city).cycle.opens for city in CITIES}
        due |= {
            datetime.combine(date(year, *opens), time(6, 1), JST)
            for year in range(self.first.year, self.through.year + 1)
            for opens in openings
        }
        last = datetime.combine(self.through, time(23, 0), JST)
        for moment in sorted(due | {last}):
            if self.driver.clock.now() < moment <= last:
                await self._jump(moment)
                await self._speak(moment)

    async def _jump(self, moment: datetime) -> None:
        self.jumps += 1
        await self.driver.move_clock_to(moment)
        await self.rest()
        for task in self.driver.records.open_tasks("Task_ReviewResults"):
            answers = {"heldOn": self.driver.clock.today().isoformat(), "findings": "振り返った", "doubt": "none"}
            await self.driver.complete_task(task, answers)
            await self.rest()
        await self._answer_for_projects()

    async def _answer_for_projects(self) -> None:
        """Answer truly for every project that a yearly procedure asks about."""
        for task in self.driver.records.open_tasks("Task_AskProjects"):
            period, rows = str(task.variables["period"]), task.variables["asked"]
            for row in rows:
                self.asked.setdefault((str(row["agreementId"]), period), []).append(str(row["title"]))
            known = {plan.title: plan for planned in self.plans.values() for plan in planned}
            today = self.driver.clock.today()
            answers = [{"id": r["id"], "title": r["title"], **known[r["title"]].answer(today)} for r in rows]
            await self.driver.complete_task(task, {"asked": answers})
        await self.rest()

    async def rest(self) -> None:
        """Wait until engine and outbox have nothing to do."""
        async with asyncio.timeout(120):
            while True:
                await self.driver.settled()
                if not await self._calls_left():
                    await self.driver.settled()
                    return
                await asyncio.sleep(0.05)

    async def _calls_left(self) -> int:
        waiting = engine_call.c.status.in_([QueueStatus.QUEUED, QueueStatus.SENDING])
        query = select(func.count()).select_from(engine_call).where(waiting)
        async with self.office.services.engine.connect() as connection:
            return int(await connection.scalar(query) or 0)

    async def _speak(self, moment: datetime) -> None:
        """Let happen what a script says for this very moment."""
        for life in self.made:
            for said in life.said:
                times = list(spoken(said))
                if moment == times[0]:
                    await self._notice(life, said)
                if said.withdrawn and moment == times[-1]:
                    await self._withdraw(life, said)
            if life.terminated == moment.date() and moment.hour == 12:
                await self._terminate(life)

    async def _notice(self, life: Made, said: Said) -> None:
        """Enter a notice: by the open task's form where there is one, else as the command does."""
        in_time = counts(life, said, self.through)
        task = await self._open_task(life)
        if in_time and task is not None:
            self.by_form += 1
            answers = {"action": "notice", "side": "partner", "receivedOn": said.received.isoformat()}
            await self.driver.complete_task(task, answers)
            await self.rest()
            return
        taken = True
        try:
            async with self.office.services.open_unit() as uow:
                await record_notice(uow, life.id, side=Side.PARTNER, received_on=said.received)
        except InputError as error:
            taken = False
            self.refused[error.where] += 1
        assert taken == in_time, life

    async def _open_task(self, life: Made) -> UserTask | None:
        """Return the task in which the office enters a notice to this agreement, if one is open."""
        async with self.office.services.open_unit() as uow:
            cases = [case.id for case in await uow.cases.of_agreement(life.id, kind=CaseKind.RENEWAL)]
        tasks = [task for name in _WAITING for task in self.driver.records.open_tasks(name)]
        titles = tuple(f"{case_id} " for case_id in cases)
        return next((task for task in tasks if titles and str(task.variables["caseTitle"]).startswith(titles)), None)

    async def _withdraw(self, life: Made, said: Said) -> None:
        assert said.withdrawn is not None
        async with self.office.services.open_unit() as uow:
            entered = await uow.agreements.notices(life.id)
            if not entered:  # it was refused
                return
            withdrawn = Withdrawal(number=str(entered[-1].id), on=said.withdrawn, renew=said.renew)
            await withdraw_notice(uow, life.id, withdrawn)

    async def _terminate(self, life: Made) -> None:
        async with self.office.services.open_unit() as uow:
            agreement = await uow.agreements.get(life.id, lock=True)
            agreement.ended_on, agreement.end = uow.clock.today(), AgreementEnd.TERMINATED
            unwatch(uow.cities.city(life.rule), agreement)

    async def faults(self) -> list[str]:
        """Return where registry and engine are not as the calculation says."""
        found: list[str] = []
        for life in self.made:
            found.extend(f"{life.id}: {fault} ({life})" for fault in await self._faults(life))
        incidents = self.driver.records.open_incidents()
        return [*found, *map(str, incidents)]

    async def _faults(self, life: Made) -> list[str]:
        must, faults = expected(life, self.through), []
        async with self.office.services.open_unit() as uow:
            agreement = await uow.agreements.get(life.id)
            renewals = await uow.cases.of_agreement(life.id, kind=CaseKind.RENEWAL)
            annual = [case.period for case in await uow.cases.of_agreement(life.id, kind=CaseKind.ANNUAL)]
            city = uow.cities.city(life.rule)
            whole_city = [case.period for case in await uow.cases.all(city=city.code) if case.kind is CaseKind.ANNUAL]
        terms = [(term.starts_on, term.expires_on) for term in agreement.terms if term.counts]
        if terms != must.terms:
            faults.append(f"terms {terms}, must be {must.terms}")
        end = AgreementEnd.TERMINATED if must.ended == life.terminated else AgreementEnd.EXPIRED
        if (agreement.ended_on, agreement.end) != (must.ended, end if must.ended else None):
            faults.append(f"ended {agreement.ended_on} {agreement.end}, must be {must.ended}")
        for case in renewals:
            count = self._instances(case)
            if count != (case.process_instance_key is not None):
                faults.append(f"{case.id}: {count} instances")
        closed = {case.period: str(case.outcome.value) for case in renewals if case.outcome}
        due = outcomes(life, self.through)
        if {period: closed.get(period) for period in due} != due:
            faults.append(f"closed {closed}, must be {due}")
        years = cycles(life, city, self.first, self.through)
        if city.cycle.together:  # one procedure for the whole city, in which this agreement's years are
            annual = [period for period in years if whole_city.count(period) == 1]
        if CaseKind.ANNUAL in city.procedures and annual != years:
            faults.append(f"yearly procedures {annual}, must be {years}")
        must_ask = must_be_asked(self.plans[life.id], city, years)
        asked = {period: sorted(self.asked.get((life.id, period), [])) for period in years}
        if asked != must_ask:
            faults.append(f"asked about {asked}, must be {must_ask}")
        return faults

    def _instances(self, case: Case) -> int:
        """Count the instances of a case's process that went to work: not those that ended because it was claimed."""
        records = self.driver.records
        with records.snapshot():
            keys = [
                instance.key
                for instance in records.instances.values()
                if instance.parent_key is None
                and instance.process_id == case.process_id
                and instance.state is not State.TERMINATED
                and records.variables.get(instance.key, {}).get("caseId") == case.id
            ]
        return sum(not records.passed("EndEvent_AlreadyStarted", instance=key) for key in keys)
