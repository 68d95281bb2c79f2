"""Drives process instances as clerks, partners and time do, and waits for what must happen, with deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from workers.scenarios.player import REVIEW_TASK
from workers.trial.api import Api, Variables
from workers.trial.broker import Broker
from workers.trial.clock import EngineClock
from workers.trial.errors import TrialFailure
from workers.trial.happened import Incident, ProcessInstance, State, UserTask
from workers.trial.records import DEADLINE, NotReached, Records
from workers.usecases.review_mail import WAITING_MAIL

T = TypeVar("T")


class IncidentRaised(TrialFailure):
    """The engine raised an incident while something else was awaited."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        super().__init__("incident: " + "; ".join(map(str, incidents)))
        self.incidents = list(incidents)


class EndedOtherwise(TrialFailure):
    """An instance ended in another state than was awaited."""


class EngineDriver:
    """Hands on the engine.

    ``instance`` is always the key of a process instance and includes what it called; None means any instance.
    ``served``: the job types that a worker takes; moving the clock waits for their jobs.
    ``mail_clerk``: somebody sends the mails that the office sees first; while ``sends_mails`` too, the engine does not
    rest until they are sent.
    ``roots``: the instances that are this driver's own, where several cases are played on one engine; None: all.
    """

    def __init__(self, broker: Broker, *, served: set[str] | None = None, timeout: float = DEADLINE) -> None:
        self.broker = broker
        self.served = served or set()
        self.mail_clerk = False
        self.sends_mails = False
        self.timeout = timeout
        self.roots: set[int] | None = None
        self.api = Api(broker.rest)

    @property
    def records(self) -> Records:
        """What happened in the engine."""
        return self.broker.records

    @property
    def clock(self) -> EngineClock:
        """The business clock for workers: follows the engine's."""
        return self.broker.clock

    # --- starting

    async def start(self, process_id: str, variables: Variables | None = None) -> int:
        """Start an instance of the newest version; returns its key once its records are here."""
        key = await asyncio.to_thread(self.api.start, process_id, variables or {})
        if self.roots is not None:
            self.roots.add(key)
        await self.records.wait(lambda: key in self.records.instances, timeout=self.timeout, what=f"start {process_id}")
        return key

    # --- user tasks

    async def task(
        self,
        element_id: str,
        *,
        instance: int | None = None,
        candidate: str | None = None,
        where: Callable[[UserTask], bool] | None = None,
    ) -> UserTask:
        """Wait for an open user task and return it, the oldest of several; its ``variables`` are what its form shows.

        Args:
            element_id: The task's id in the diagram.
            instance: Only in this instance or what it called.
            candidate: Only with this candidate group.
            where: Only where this is true.
        """

        def find() -> UserTask | None:
            for task in self.records.open_tasks(element_id, instance=instance):
                if candidate in (None, *task.candidate_groups) and (where is None or where(task)):
                    return task
            return None

        what = f"open task {element_id}" + (f" of {candidate}" if candidate else "")
        return await self.reached(find, instance=instance, what=what)

    async def complete_task(self, task: UserTask, variables: Variables | None = None) -> None:
        """Complete this very task; raises EngineRefused (status 404) when it is no longer open."""
        await asyncio.to_thread(self.api.complete_task, task.key, variables or {})
        await self.records.wait(
            lambda: task.state is not State.ACTIVE, timeout=self.timeout, what=f"completion of {task.element_id}"
        )

    # --- waiting

    async def reached(
        self,
        condition: Callable[[], T | None],
        *,
        instance: int | None = None,
        what: str = "",
        timeout: float = 0,  # noqa: ASYNC109 (the error tells what the engine waits for)
    ) -> T:
        """Return a condition's first true value.

        Raises:
            IncidentRaised: An incident is open in the instance (in any, without one): what is awaited will not come.
            NotReached: The deadline passed.
        """

        def check() -> tuple[T | None, list[Incident]] | None:
            result = condition()
            incidents = [] if result else self.records.open_incidents(instance)
            return (result, incidents) if result or incidents else None

        result, incidents = await self.records.wait(check, timeout=timeout or self.timeout, what=what)
        if incidents or not result:
            raise IncidentRaised(incidents)
        return result

    async def passed(self, instance: int, element_id: str, *, times: int = 1) -> None:
        """Wait until a flow node was completed or a sequence flow taken, ``times`` times."""

        def check() -> bool:
            if times == 1:
                return self.records.passed(element_id, instance=instance)
            done = self.records.completed(element_id, instance=instance)
            return max(done, self.records.taken(element_id, instance=instance)) >= times

        await self.reached(check, instance=instance, what=f"{element_id} passed")

    async def completed(self, instance: int, *, timeout: float = 0) -> ProcessInstance:  # noqa: ASYNC109 (the error tells what the engine waits for)
        """Wait until an instance is completed; fails at once with the incident's text, or when it was terminated."""
        return await self.state(instance, State.COMPLETED, timeout=timeout)

    async def state(self, instance: int, state: State, *, timeout: float = 0) -> ProcessInstance:  # noqa: ASYNC109 (the error tells what the engine waits for)
        """Wait until an instance has ended in a state; fails at once when it ended otherwise or has an incident."""
        found = await self.reached(
            lambda: next(
                (i for i in [self.records.instances.get(instance)] if i and i.state is not State.ACTIVE), None
            ),
            instance=instance,
            what=f"instance {instance} {state}",
            timeout=timeout,
        )
        if found.state is not state:
            raise EndedOtherwise(f"instance {instance} of {found.process_id} is {found.state}, not {state}")
        return found

    def variables(self, instance: int) -> dict[str, Any]:
        """Return the variables of an instance's root scope."""
        with self.records.snapshot():
            return dict(self.records.variables.get(instance, {}))

    # --- time

    async def settled(self, *, timeout: float = 0) -> None:  # noqa: ASYNC109 (the error tells what the engine waits for)
        """Wait until the engine rests: no job runs or waits for a served worker, no timer is due, nothing happens."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (timeout or self.timeout)
        while True:
            await self.records.wait(self._quiet, timeout=deadline - loop.time(), what="the engine at rest")
            await self._calls_made()
            before = self.records.seen_of(self.roots)
            await self._barrier()
            if self.records.seen_of(self.roots) == before and self._quiet():
                return
            if loop.time() > deadline:
                raise NotReached(f"the engine does not come to rest\n{self.records.describe()}")

    async def advance(self, delta: timedelta) -> None:
        """Let time pass: wait until the engine rests, move its clock, wait until all that became due has happened."""
        await self.settled()
        await asyncio.to_thread(self.broker.advance_clock, delta)
        await self.settled()

    async def move_clock_to(self, moment: datetime) -> None:
        """Let time pass up to an aware moment; raises ValueError for one that has passed."""
        await self.advance(moment - self.clock.now())

    def mails_to_send(self) -> list[UserTask]:
        """Return the open reviews of mails that the clerk is to send: those of no procedure in any case."""
        found = self.records.open_tasks(REVIEW_TASK) if self.mail_clerk else []
        mine = [task for task in found if self._is_mine(task.process_instance_key)]
        return [task for task in mine if self.sends_mails or self._stands_alone(task)]

    def _is_mine(self, instance: int | None) -> bool:
        return self.roots is None or (instance is not None and self.records.root(instance) in self.roots)

    def _stands_alone(self, task: UserTask) -> bool:
        """Whether a review was begun for a mail for which no diagram waits."""
        caller = self.records.instances[task.process_instance_key].parent_element_key
        return caller is not None and self.records.elements[caller].process_id == WAITING_MAIL

    def _quiet(self) -> bool:
        now = self.clock.millis()
        if self.mails_to_send():
            return False
        if any(self._is_mine(job.process_instance_key) for job in self.records.unfinished_jobs(self.served, now)):
            return False
        return not any(self._is_mine(timer.process_instance_key) for timer in self.records.due_timers(now))

    async def _calls_made(self) -> None:
        """Leave time for what a worker that is not known here asks of the engine once its job is done."""
        await self._barrier()

    async def _barrier(self) -> None:
        """Wait until every record up to now is here."""
        await self.broker.barrier.passed(self.timeout)
