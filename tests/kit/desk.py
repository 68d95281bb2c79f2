"""The scenario player's desk on the test broker: completes user tasks by REST and moves the engine's clock."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.kit.driver import EngineDriver
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.cities import City
from workers.packs.closure import COMMON, PackCall, common_call
from workers.packs.scenarios import Scenario, read_scenario
from workers.readers.offerfile import read_offer
from workers.runtime.answertasks import AnswerTasks
from workers.runtime.ports import PeopleSource
from workers.runtime.supervisor import run_worker
from workers.scenarios.agreement import begin
from workers.scenarios.player import REVIEW_TASK, Player, as_it_stands
from workers.settings import Settings
from workers.trial import desk
from workers.trial.desk import RecordedInstances, RecordedTasks, mail_clerk
from workers.trial.driver import EngineDriver as Hands
from workers.trial.happened import State, UserTask
from workers.usecases.open_case import draw_case_id, file_case
from workers.usecases.ports import UnitOfWork
from workers.wiring import Services, services

ROOT = Path(__file__).parent.parent.parent
PACKS = ROOT / "bpmn"
_REGISTRIES = itertools.count()
_NUMBERS_OF_A_REGISTRY = 3
_MAILS_ARE_LOOKED_AT = 0.05
_MailStep = tuple[str, str, str]
_TAKEN_BACK: set[_MailStep] = set()
_DEPLOYED = {".bpmn", ".dmn", ".form"}


def pack_files(*folders: str) -> list[Path]:
    """Return the files of packs that go to the engine.

    As in production, without the common processes that start by themselves: see ``starting_files``.
    """
    found = [path for folder in folders for path in sorted((PACKS / folder).iterdir()) if path.suffix in _DEPLOYED]
    return [path for path in found if path not in _starting().own]


def starting_files() -> list[Path]:
    """Return the files of the pack of common processes that start by themselves; a test that wants them deploys them.

    Their timers and messages would start instances in every later test on the same broker.
    """
    return list(_starting().files)


@cache
def _starting() -> PackCall:
    call = common_call(PACKS / COMMON)
    assert call is not None, "the common pack has processes that start by themselves"
    return call


def scenario_files_of(city: str) -> list[Path]:
    """Return what a city's scenarios need: its pack, the common parts, the common procedures that a message starts.

    Not the daily watch: it would start an instance in every later test whose clock passes a morning.
    """
    by_message = [path for path in starting_files() if "timerEventDefinition" not in _start_events(path)]
    return sorted({*pack_files("common", city), *by_message})


def _start_events(path: Path) -> str:
    """Return the source of a diagram's start events; empty for forms and tables."""
    return "".join(re.findall(r"<bpmn:startEvent.*?</bpmn:startEvent>", path.read_text(encoding="utf-8"), re.DOTALL))


class BrokerDesk(desk.BrokerDesk):
    """A desk that may take mails back, and knows who completes a task."""

    def __init__(self, driver: Hands) -> None:
        super().__init__(driver)
        self.goes_back = False
        """Whether the first mail of each step is taken back once, and the step before it done again as it was."""
        self._answers: dict[str, Mapping[str, Any]] = {}
        self.person_of: Callable[[UserTask], str] | None = None
        """Whom a task is assigned to before it is completed; nobody without it."""

    async def completing(self, task: UserTask, answers: Mapping[str, Any]) -> None:
        """Keep the answers for the case that a mail is taken back, and assign the task to its person."""
        self._answers[task.element_id] = answers
        if self.person_of is not None:
            await asyncio.to_thread(self.driver.api.assign_task, task.key, self.person_of(task))

    async def before(self, there: Callable[[], object], what: str) -> None:
        """Where the desk goes back by itself: do the mails that wait until what the scenario names is there."""
        while self.goes_back and what != REVIEW_TASK:
            await self.driver.reached(
                lambda: bool(there()) or self.first_open(REVIEW_TASK, None) is not None,
                instance=self.instance,
                what=what,
            )
            await self.driver.settled()
            mail = self.first_open(REVIEW_TASK, None)
            if mail is None and there():
                return
            if mail is not None:
                await self._do(mail)

    async def _do(self, mail: UserTask) -> None:
        """Send a mail, or take it back where that is possible and was not done in this run."""
        step = self._step_of(mail)
        if step in _TAKEN_BACK or not any(choice["value"] == "return" for choice in mail.variables["mailChoices"]):
            await self.driver.complete_task(mail, as_it_stands(mail.variables))
            return
        _TAKEN_BACK.add(step)
        known = {task.key for task in self.driver.records.open_tasks(instance=self.instance)}
        back = {"mailChoice": "return", "mailReason": "添付を作り直すため"}
        await self.driver.complete_task(mail, {**as_it_stands(mail.variables), **back})
        await self._answer_again(known, step)

    async def _answer_again(self, known: set[int], step: _MailStep) -> None:
        """Do the steps before a mail again, as they were done, until the same mail comes again; it is sent then."""

        def appeared() -> UserTask | None:
            tasks = self.driver.records.open_tasks(instance=self.instance)
            return next((task for task in tasks if task.key not in known), None)

        while True:
            task = await self.driver.reached(appeared, instance=self.instance, what=f"the step before {step}")
            await self.driver.settled()
            if task.element_id == REVIEW_TASK and self._step_of(task)[:2] == step[:2]:
                await self.driver.complete_task(task, as_it_stands(task.variables))
                return
            if task.element_id == REVIEW_TASK:  # one on the way, which the partner has had already
                told = {"mailChoice": "drop", "mailReason": "前に送っているため"}
                await self.driver.complete_task(task, {**as_it_stands(task.variables), **told})
                known.add(task.key)
                continue
            assert task.element_id in self._answers, f"{step} leads back to {task.element_id}, which nobody answered"
            await self.driver.complete_task(task, dict(self._answers[task.element_id]))

    def _step_of(self, mail: UserTask) -> _MailStep:
        """Return process and element that call for a mail, and the step whose result it tells."""
        records = self.driver.records
        caller = records.elements[records.instances[mail.process_instance_key].parent_element_key or 0]
        return caller.process_id, caller.element_id, str(records.visible(caller.key).get("mailOrigin"))

    def leave_to_scenario(self) -> None:
        """Send no more mails by itself where the scenario's next step is about one, or where this desk does them."""
        if self.driver.mail_clerk:
            self.driver.sends_mails = not self.own_review and not self.goes_back

    async def before_control(self) -> None:
        """Do the mails that wait."""
        while self.goes_back and (mail := self.first_open(REVIEW_TASK, None)) is not None:
            await self._do(mail)
            await self.driver.settled()


@dataclass
class Office:
    """A worker and the registry of one test, beside the broker."""

    driver: EngineDriver
    services: Services
    answers: AnswerTasks
    """What ``renkei attach --read`` fills in, beside the test's broker."""

    async def play(
        self,
        city: str,
        name: str,
        *,
        person_of: Callable[[UserTask], str] | None = None,
        goes_back: bool = False,
        prepare: Callable[[BrokerDesk], None] = lambda _desk: None,
        change: Callable[[Scenario], Scenario] = lambda scenario: scenario,
    ) -> tuple[BrokerDesk, Scenario]:
        """Play a scenario to its end and return the desk with the instance's key.

        ``goes_back``: each mail that the office may take back is taken back once in the run. ``prepare`` changes how
        the desk works before it begins, ``change`` what the scenario's file says.
        """
        folder = self.services.packs.folder(city) / "scenarios"
        scenario = change(read_scenario(folder / f"{name}.toml"))
        pack = self.services.packs.city(city)
        offer = read_offer(folder / scenario.input, pack, self.driver.clock.today())
        desk = BrokerDesk(self.driver)
        desk.person_of = person_of
        prepare(desk)
        desk.goes_back = goes_back and not any(step.task == REVIEW_TASK for step in scenario.steps)
        player = Player(scenario, offer, desk, {d.code: d.group for d in pack.departments})
        case_id = None
        async with self.services.open_unit() as uow:
            if scenario.start == "watch":
                await skip_known_numbers(uow, pack)
            begun = await begin(uow, pack, offer, scenario)
            if scenario.start == "command":
                case_id = (await file_case(uow, pack, offer)).id
        if begun:
            await player.start_procedure(begun)
        else:
            await player.start(pack.signing_process, case_id)
        await player.play_all()
        await desk.end(State.TERMINATED if scenario.broken_off else State.COMPLETED)
        return desk, scenario

    async def mails(self, expected: Mapping[str, int]) -> Counter[str]:
        """Return the mails of each kind that are in the outbox, once those that are expected have come.

        A mail that waits for the office leaves by an instance of its own, which may end after the case that wrote it.
        What does not come within the driver's deadline is missing in the result.
        """
        deadline = asyncio.get_running_loop().time() + self.driver.timeout
        while True:
            found = Counter(mail.kind for mail in await self.services.mails.list())
            there = all(found[kind] >= count for kind, count in expected.items())
            if there or asyncio.get_running_loop().time() > deadline:
                return found
            await asyncio.sleep(_MAILS_ARE_LOOKED_AT)


async def assert_ends_as_told(at_work: Office, city: str, name: str, *, goes_back: bool = False) -> None:
    """Play a scenario; outcome, failed conditions, mails and passed elements are those of its file."""
    desk, scenario = await at_work.play(city, name, goes_back=goes_back)
    async with at_work.services.open_unit() as uow:
        case = (await uow.cases.all())[-1]  # a procedure may begin others
        agreement = await uow.agreements.of_case(case.id)
    expected, records = scenario.expect, at_work.driver.records
    mails = await at_work.mails(expected.mails)
    assert str(case.outcome) == expected.outcome
    assert (agreement is not None) == (expected.outcome == "signed")
    failed = records.visible(desk.instance).get("failedConditions") or []
    assert len(failed) == expected.failed_conditions, failed
    assert {kind: mails[kind] for kind in expected.mails} == expected.mails, dict(mails)
    missed = [element for element in expected.passed if not records.passed(element, instance=desk.instance)]
    assert missed == []
    assert [task.element_id for task in desk.completed if task.due_date is None] == []


async def skip_known_numbers(uow: UnitOfWork, pack: City) -> None:
    """Draw the case numbers of the registries before: the run's one broker drops a message id it knows.

    A procedure may let the next one begin, which takes another number.
    """
    for _ in range(_NUMBERS_OF_A_REGISTRY * next(_REGISTRIES)):
        await draw_case_id(uow, pack)


@asynccontextmanager
async def office(
    driver: EngineDriver, settings: Settings, *, people: PeopleSource | None = None, clerk: bool = True
) -> AsyncIterator[Office]:
    """Run a worker in this process against the test's broker, its business clock the engine's.

    Mails to partners that wait to be seen are sent as they stand, unless ``clerk`` is False.
    """
    stop, taking = asyncio.Event(), asyncio.Event()
    async with (
        services(settings, clock=driver.clock) as built,
        RestClient.from_settings(settings) as rest,
        Tasklist.from_settings(settings) as tasklist,
    ):
        driver.served = set(built.job_types)
        tasks = RecordedTasks(driver, rest, tasklist)
        driver.mail_clerk = driver.sends_mails = clerk
        sending = asyncio.create_task(mail_clerk(driver))
        instances = RecordedInstances(driver, rest, tasklist)
        work = asyncio.create_task(
            run_worker(built, stop=stop, taking=taking, user_tasks=tasks, people=people, instances=instances)
        )
        try:
            async with asyncio.timeout(30):
                await taking.wait()
            yield Office(driver=driver, services=built, answers=AnswerTasks(tasks, instances))
        finally:
            driver.mail_clerk = driver.sends_mails = False
            sending.cancel()
            stop.set()
            async with asyncio.timeout(20):
                await work
