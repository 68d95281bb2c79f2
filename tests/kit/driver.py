"""What tests do with an engine beyond playing cases: jobs by hand, messages, incidents, and tasks that come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.kit.broker import Broker
from tests.kit.returned import RETURNED
from workers.trial import driver
from workers.trial.api import EngineRefused, Variables
from workers.trial.happened import Incident, Job, JobState, Message, State, UserTask
from workers.trial.records import DEADLINE

_HOUR = timedelta(hours=1)


class EngineDriver(driver.EngineDriver):
    """One test's hands on the engine."""

    def __init__(self, broker: Broker, *, served: set[str] | None = None, timeout: float = DEADLINE) -> None:
        super().__init__(broker, served=served, timeout=timeout)
        self.broker: Broker = broker

    # --- deploying and starting

    async def deploy(self, files: Sequence[Path] | Mapping[str, bytes]) -> dict[str, Any]:
        """Deploy files in one call, given as paths or as contents by name; returns the engine's answer.

        What is deployed already is not sent again while all of it is still the newest: the engine would compare it,
        find it unchanged and answer the same.
        """
        await self._barrier()
        return await asyncio.to_thread(self.broker.deployed.deploy, self.api, files)

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
        await super().complete_task(task, variables)

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

    # --- incidents

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
