"""The scenario player's desk on a throw-away broker: completes user tasks by REST and moves the engine's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final

from workers.adapters.camunda.instances import ElementInstance, Instances, RunningInstance
from workers.adapters.camunda.open_tasks import OpenTask, OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.jst import JST
from workers.scenarios.player import CONFIRM_TASK, CONTROL_PROCESS, REVIEW_TASK, as_it_stands
from workers.trial.api import EngineRefused
from workers.trial.driver import EngineDriver
from workers.trial.happened import State, UserTask

_EVER: Final = 1_000_000.0


class BrokerDesk:
    """A ``workers.scenarios.player.Desk`` for one process instance."""

    def __init__(self, driver: EngineDriver) -> None:
        self.driver = driver
        self.own_review = False
        self.instance = 0
        self.completed: list[UserTask] = []

    def today(self) -> date:
        """Return the engine's date in Japan."""
        return self.driver.clock.today()

    async def start(self, process_id: str, variables: Mapping[str, Any]) -> None:
        """Start an instance as Tasklist does with a start form."""
        self.leave_to_scenario()
        self.instance = await self.driver.start(process_id, dict(variables))

    async def join(self, case_id: str) -> None:
        """Wait for the instance that the message of a case started; earlier registries had cases of the same number."""

        def newest() -> int | None:
            records = self.driver.records
            with records.snapshot():
                found = [m.correlated for m in records.messages.values() if m.message_id == case_id]
                started = [records.instances[key] for keys in found for key in keys if key in records.instances]
            return next((i.key for i in reversed(started) if i.state is State.ACTIVE), None)

        self.instance = await self.driver.reached(newest, what=f"an instance of {case_id}")

    async def complete(self, task: str, group: str | None, answers: Mapping[str, Any]) -> None:
        """Complete the oldest open task of a kind, once the engine rests: a clerk does not race the workers."""
        await self.before(lambda: self.first_open(task, group), task)
        await self.driver.task(task, instance=self.instance, candidate=group)
        await self.driver.settled()
        found = await self.driver.task(task, instance=self.instance, candidate=group)
        if task == REVIEW_TASK:
            answers = {**as_it_stands(found.variables), **answers}
        self.leave_to_scenario()
        await self.completing(found, answers)
        await self.driver.complete_task(found, dict(answers))
        self.completed.append(found)

    async def complete_all(self, task: str, answers: Mapping[str, Any]) -> None:
        """Complete the tasks of a kind that are open once the engine rests, one after the other."""
        await self.before(lambda: self.first_open(task, None), task)
        await self.driver.task(task, instance=self.instance)
        await self.driver.settled()
        for waiting in self.driver.records.open_tasks(task, instance=self.instance):
            await self.complete(task, waiting.candidate_groups[0], answers)

    async def let_fire(self, timer: str, *, unless_over: bool = False) -> None:
        """Move the engine's clock to the moment of a timer and wait until its event is over.

        ``unless_over``: nothing is done where the event has passed by itself, because its day had come before.
        """
        if unless_over:
            await self.driver.settled()
            if self.driver.records.completed(timer, instance=self.instance):
                return
        await self.before(lambda: self.due(timer), timer)
        before = self.driver.records.completed(timer, instance=self.instance)
        due = await self.driver.reached(lambda: self.due(timer), instance=self.instance, what=f"timer {timer}")
        self.leave_to_scenario()
        if due > self.driver.clock.now():
            await self.driver.move_clock_to(due)
        await self.driver.passed(self.instance, timer, times=before + 1)

    async def end(self, state: State) -> None:
        """Wait for the end of the case."""
        await self.before(self._ended, "the end")
        await self.driver.state(self.instance, state)

    async def control(self, order: Mapping[str, Any]) -> None:
        """Start the control, read which case it is and where it stands, carry it out; returns when that is done."""
        await self.driver.settled()
        await self.before_control()
        form = {"caseNumber": self.driver.variables(self.instance)["caseId"], **order}
        control = await self.driver.start(CONTROL_PROCESS, form)
        task = await self.driver.task(CONFIRM_TASK, instance=control)
        steps = task.variables.get("steps") or [{}]
        answers = {**form, "stepChoice": steps[0].get("value"), "orderNext": "run"}
        await self.driver.complete_task(task, answers)
        await self.driver.completed(control)

    # --- what a desk of another kind does besides

    async def before(self, there: Callable[[], object], what: str) -> None:
        """Do what has to be done before something that the scenario names is there."""

    async def before_control(self) -> None:
        """Do what has to be done before the case is broken off or goes back."""

    async def completing(self, task: UserTask, answers: Mapping[str, Any]) -> None:
        """Do what belongs to a task before it is completed."""

    def first_open(self, task: str, group: str | None) -> UserTask | None:
        """Return the oldest open task of a kind, of a group where one is given."""
        found = self.driver.records.open_tasks(task, instance=self.instance)
        return next((one for one in found if group is None or group in one.candidate_groups), None)

    def leave_to_scenario(self) -> None:
        """Let no mails be sent by themselves where the scenario's next step is about one."""
        if self.driver.mail_clerk:
            self.driver.sends_mails = not self.own_review

    def due(self, timer: str) -> datetime | None:
        """Return when an open timer is due, rounded up to the second so that it has fired by then."""
        records = self.driver.records
        keys = records.tree(self.instance)
        with records.snapshot():
            moments = [
                t.due for t in records.timers.alive() if t.element_id == timer and t.process_instance_key in keys
            ]
        return datetime.fromtimestamp(-(-min(moments) // 1000), JST) if moments else None

    def _ended(self) -> bool:
        return self.driver.records.instances[self.instance].state is not State.ACTIVE


async def mail_clerk(driver: EngineDriver) -> None:
    """Send the mails that the office sees first as they stand (``driver.mails_to_send``); runs until cancelled."""

    def waiting() -> UserTask | None:
        return next(iter(driver.mails_to_send()), None)

    while True:
        task = await driver.records.wait(waiting, timeout=_EVER)
        with suppress(EngineRefused):  # its instance was cancelled a moment ago
            await driver.complete_task(task, as_it_stands(task.variables))


class RecordedTasks(OpenTasks):
    """Finds open tasks in the broker's records, where production asks an index; changes them by the real REST API."""

    def __init__(self, driver: EngineDriver, rest: RestClient, tasklist: Tasklist) -> None:
        super().__init__(rest, tasklist)
        self._driver = driver

    async def open_keys(self, process_instance_key: int) -> list[int]:
        """Return the keys of an instance's open tasks."""
        return [task.key for task in await self.of_instance(process_instance_key)]

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return an instance's open tasks."""
        return [task for task in await self.all_open() if task.process_instance_key == process_instance_key]

    async def find(
        self,
        *,
        process_instance_key: int | None = None,
        element_id: str | None = None,
        group: str | None = None,
        case_id: str | None = None,
    ) -> list[OpenTask]:
        """Return the open tasks that match."""
        return [
            task
            for task in await self.all_open()
            if process_instance_key in (None, task.process_instance_key)
            and element_id in (None, task.element_id)
            and case_id in (None, task.case_id)
            and (group is None or group in task.candidate_groups)
        ]

    async def all_open(self) -> list[OpenTask]:
        """Return every open task; the records name the element, where an index has its label."""
        with self._driver.records.snapshot():
            return [
                OpenTask(
                    key=task.key,
                    element_id=task.element_id,
                    name=task.element_id,
                    process_instance_key=task.process_instance_key,
                    assignee=task.assignee,
                    candidate_groups=tuple(task.candidate_groups),
                    due_date=task.due_date.isoformat() if task.due_date else "",
                    case_id=str(task.variables.get("caseId") or ""),
                )
                for task in self._driver.records.open_tasks()
            ]


class RecordedInstances(Instances):
    """Tells where process instances stand by the broker's records, where production asks an index; moves by REST."""

    def __init__(self, driver: EngineDriver, rest: RestClient, tasklist: Tasklist) -> None:
        super().__init__(rest, tasklist)
        self._records = driver.records

    async def tree(self, root: int) -> list[RunningInstance]:
        """Return a running instance and all that it called, callers first."""
        with self._records.snapshot():
            found = [self._records.instances[key] for key in sorted(self._records.tree(root))]
        return [
            RunningInstance(
                key=i.key, process_id=i.process_id, parent_key=i.parent_key, parent_element_key=i.parent_element_key
            )
            for i in found
            if i.state is State.ACTIVE
        ]

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return the elements at which one instance stands."""
        return self._in_state(instance, State.ACTIVE)

    async def completed(self, instance: int) -> list[ElementInstance]:
        """Return the elements that one instance has completed."""
        return self._in_state(instance, State.COMPLETED)

    def _in_state(self, instance: int, state: State) -> list[ElementInstance]:
        with self._records.snapshot():
            found = [e for e in self._records.elements.values() if e.process_instance_key == instance]
        return [ElementInstance(key=e.key, element_id=e.element_id, type=e.type) for e in found if e.state is state]
