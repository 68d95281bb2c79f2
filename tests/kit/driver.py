"""Drives process instances as clerks, partners and time do, and waits for what must happen, with deadlines."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.kit.api import Api, EngineRefused, Variables
from tests.kit.broker import Broker
from tests.kit.clock import EngineClock
from tests.kit.model import Incident, Job, JobState, Message, ProcessInstance, State, UserTask
from tests.kit.records import DEADLINE, NotReached, Records
from tests.kit.returned import RETURNED
from workers.scenarios.player import REVIEW_TASK
from workers.usecases.review_mail import WAITING_MAIL

T = TypeVar("T")
_BARRIER = "kit-barrier"
_HOUR = timedelta(hours=1)


class IncidentRaised(AssertionError):  # noqa: N818 (reads as the sentence that pytest prints)
    """The engine raised an incident while the test waited for something else."""

    def __init__(self, incidents: Sequence[Incident]) -> None:
        super().__init__("incident: " + "; ".join(map(str, incidents)))
        self.incidents = list(incidents)


class EngineDriver:
    """One test's hands on the engine.

    ``instance`` is always the key of a process instance and includes what it called; None means any instance.
    ``served``: the job types that a worker of this test takes; moving the clock waits for their jobs.
    ``mail_clerk``: somebody in this test sends the mails that the office sees first; while ``sends_mails`` too, the
    engine does not rest until they are sent.
    """

    def __init__(self, broker: Broker, *, served: set[str] | None = None, timeout: float = DEADLINE) -> None:
        self.broker = broker
        self.served = served or set()
        self.mail_clerk = False
        self.sends_mails = False
        self.timeout = timeout
        self.api = Api(broker.rest)

    @property
    def records(self) -> Records:
        """What happened in the engine."""
        return self.broker.records

    @property
    def clock(self) -> EngineClock:
        """The business clock for workers of this test: follows the engine's."""
        return self.broker.clock

    # --- deploying and starting

    async def deploy(self, files: Sequence[Path] | Mapping[str, bytes]) -> dict[str, Any]:
        """Deploy files in one call, given as paths or as contents by name; returns the engine's answer.

        What is deployed already is not sent again while all of it is still the newest: the engine would compare it,
        find it unchanged and answer the same.
        """
        await self._barrier()
        return await asyncio.to_thread(self.broker.deployed.deploy, self.api, files)

    async def start(self, process_id: str, variables: Variables | None = None) -> int:
        """Start an instance of the newest version; returns its key once its records are here."""
        key = await asyncio.to_thread(self.api.start, process_id, variables or {})
        await self.records.wait(lambda: key in self.records.instances, timeout=self.timeout, what=f"start {process_id}")
        return key

    async def publish(
        self,
        name: str,
        correlation_key: str,
        variables: Variables | None = None,
        *,
        ttl: timedelta = _HOUR,
        id_: str = "",
    ) -> Message:
        """Publish a message; ``correlated`` of the result fills while instances take it."""
        key = await asyncio.to_thread(
            lambda: self.api.publish(name, correlation_key, variables or {}, ttl=ttl, message_id=id_)
        )
        return await self.records.wait(
            lambda: self.records.messages.get(key), timeout=self.timeout, what=f"message {name}"
        )

    async def decide(self, decision_id: str, variables: Variables) -> Any:
        """Evaluate a decision table and return what it says."""
        return await asyncio.to_thread(self.api.decide, decision_id, variables)

    async def cancel(self, instance: int) -> None:
        """Cancel an instance."""
        await asyncio.to_thread(self.api.cancel, instance)
        await self.state(instance, State.TERMINATED)

    def cancel_all(self) -> None:
        """Cancel every instance that is still active, so that its timers do not fire in a later test."""
        with self.records.snapshot():
            roots = [i.key for i in self.records.instances.alive() if i.parent_key is None]
        for key in roots:
            try:
                self.api.cancel(key)
            except EngineRefused as error:
                if error.status != 404:  # it ended a moment ago
                    raise

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

    async def complete(
        self,
        element_id: str,
        variables: Variables | None = None,
        *,
        instance: int | None = None,
        candidate: str | None = None,
        where: Callable[[UserTask], bool] | None = None,
    ) -> UserTask:
        """Wait for an open user task (see :meth:`task`) and complete it; returns it once the engine has closed it."""
        task = await self.task(element_id, instance=instance, candidate=candidate, where=where)
        await self.complete_task(task, variables)
        return task

    async def complete_task(self, task: UserTask, variables: Variables | None = None) -> None:
        """Complete this very task; raises EngineRefused (status 404) when it is no longer open.

        A task that was completed before in its instance has to show what was typed then (:mod:`tests.kit.returned`).
        """
        RETURNED.completing(self.records, task, variables or {})
        await asyncio.to_thread(self.api.complete_task, task.key, variables or {})
        await self.records.wait(
            lambda: task.state is not State.ACTIVE, timeout=self.timeout, what=f"completion of {task.element_id}"
        )

    async def open_tasks(self, process_instance_key: int) -> list[UserTask]:
        """Return the open user tasks of one process instance, those of processes that it called not included."""
        await self.settled()
        return [task for task in self.records.open_tasks() if task.process_instance_key == process_instance_key]

    # --- jobs without a worker

    async def job(self, job_type: str, *, instance: int | None = None, lease: timedelta = _HOUR) -> Job:
        """Take a job of a type as a worker would; the caller completes, fails or errs it by ``api`` and its key."""

        def waiting() -> bool:
            return any(
                job.type == job_type
                and job.state is JobState.ACTIVATABLE
                and job.process_instance_key in self.records.tree(instance)
                for job in self.records.jobs.alive()
            )

        await self.reached(waiting, instance=instance, what=f"job {job_type}")
        taken = await asyncio.to_thread(self.api.activate_jobs, job_type, timeout=lease)
        if not taken:
            raise AssertionError(f"another worker took the job {job_type}")
        key = int(taken[0]["key"])
        await self.records.wait(lambda: self.records.jobs[key].state is JobState.ACTIVE, timeout=self.timeout)
        return self.records.jobs[key]

    async def complete_job(
        self, job_type: str, variables: Variables | None = None, *, instance: int | None = None
    ) -> Job:
        """Take a job of a type and complete it, where a test runs no worker for it."""
        job = await self.job(job_type, instance=instance)
        await asyncio.to_thread(self.api.complete_job, job.key, variables or {})
        await self.records.wait(lambda: job.state is JobState.CLOSED, timeout=self.timeout, what=f"job {job_type}")
        return job

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
            raise AssertionError(f"instance {instance} of {found.process_id} is {found.state}, not {state}")
        return found

    async def incident(self, instance: int | None = None) -> Incident:
        """Wait for an incident and return it."""
        return await self.records.wait(
            lambda: next(iter(self.records.open_incidents(instance)), None), timeout=self.timeout, what="an incident"
        )

    async def resolve(self, incident: Incident, *, retries: int = 1) -> None:
        """Resolve an incident as Operate's button does; its job gets new retries."""
        if incident.job_key is not None:
            await asyncio.to_thread(self.api.set_retries, incident.job_key, retries)
        await asyncio.to_thread(self.api.resolve_incident, incident.key)
        await self.records.wait(lambda: not incident.open, timeout=self.timeout, what="incident resolved")

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
            await self._barrier()
            before = self.records.seen
            await self._barrier()
            if self.records.seen == before and self._quiet():
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
        """Return the open reviews of mails that the test's clerk is to send: those of no procedure in any case."""
        found = self.records.open_tasks(REVIEW_TASK) if self.mail_clerk else []
        return [task for task in found if self.sends_mails or self._stands_alone(task)]

    def _stands_alone(self, task: UserTask) -> bool:
        """Whether a review was begun for a mail for which no diagram waits."""
        caller = self.records.instances[task.process_instance_key].parent_element_key
        return caller is not None and self.records.elements[caller].process_id == WAITING_MAIL

    def _quiet(self) -> bool:
        now = self.clock.millis()
        if self.mails_to_send():
            return False
        return not self.records.unfinished_jobs(self.served, now) and not self.records.due_timers(now)

    async def _barrier(self) -> None:
        """Wait until every record up to now is here: a signal's own record comes after all that went before it."""
        key = await asyncio.to_thread(self.api.broadcast, _BARRIER, {})
        await self.records.wait(lambda: self.records.last_signal >= key, timeout=self.timeout, what="the exporter")
