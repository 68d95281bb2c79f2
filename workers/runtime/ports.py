"""What the runtime needs of the registry and of the wiring; ``adapters.registry`` and ``wiring`` provide it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from workers.adapters.camunda.instances import ElementInstance, RunningInstance
from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.registry.acts import OpenActs
from workers.adapters.registry.outbox import OutboxName
from workers.adapters.registry.queue import EngineCallQueue, MailQueue
from workers.adapters.registry.restores import Restore
from workers.domain.acts import Act, Completion
from workers.jobs.catalog import JobType
from workers.packs.stepways import StepWays
from workers.settings import Settings
from workers.usecases.ports import JobRef, UnitOfWork


class JobUnit(UnitOfWork, Protocol):
    """A unit of work with the memory of jobs: both in one transaction."""

    @property
    def outbox_used(self) -> set[OutboxName]:
        """The outboxes that something was added to."""

    async def applied_job(self, ref: JobRef) -> Mapping[str, Any] | None:
        """Return the stored outcome of a job; None for a new one, or where instance keys differ (a wiped engine)."""

    async def store_applied_job(self, ref: JobRef, job_type: str, outcome: Mapping[str, Any]) -> None:
        """Keep the outcome of a job; raises RetryableError when another transaction was first."""


class OpenJobUnit(Protocol):
    """Opens a transaction: commits when its block ends, rolls back when an exception leaves it."""

    def __call__(self) -> AbstractAsyncContextManager[JobUnit]:
        """Return the context manager of one transaction."""


class GroupedJob(Protocol):
    """A job whose outcome is committed."""

    @property
    def outcome(self) -> Mapping[str, Any]:
        """Its outcome (JSON)."""

    @property
    def again(self) -> bool:
        """Whether it was known before."""

    @property
    def outbox_used(self) -> set[OutboxName]:
        """The outboxes that it added rows to."""


class JobGroups(Protocol):
    """Short jobs that share a transaction."""

    async def apply(
        self, ref: JobRef, job_type: str, work: Callable[[JobUnit], Awaitable[Mapping[str, Any]]]
    ) -> GroupedJob | None:
        """Do a job's work together with others'; None: nothing was kept, it has to run alone."""


class UserTasks(Protocol):
    """Open user tasks of the engine, and what may be changed in them."""

    async def open_keys(self, process_instance_key: int) -> list[int]:
        """Return the keys of an instance's open user tasks; raises RetryableError."""

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return an instance's open user tasks, not those of what it calls; raises RetryableError."""

    async def all_open(self) -> list[OpenTask]:
        """Return every open user task with its case; raises RetryableError."""

    async def set_due_date(self, key: int, due_date: str) -> None:
        """Set a due date (ISO with offset); a task that is gone is no error; raises RetryableError."""

    async def complete(self, key: int, variables: Mapping[str, Any]) -> None:
        """Complete a task; one that is gone is no error; raises RetryableError."""

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Set variables in a process or element instance; one that is gone is no error; raises RetryableError."""


class AnswerTasks(Protocol):
    """The user tasks that partners' answers complete."""

    async def find(self, *, element_id: str, case_id: str) -> list[OpenTask]:
        """Return the open tasks of an element in a case; raises RetryableError."""

    async def take(self, key: int, assignee: str, variables: Mapping[str, Any]) -> bool:
        """Complete a task in somebody's name; False where it was not open any more; raises RetryableError."""

    async def assignee(self, key: int) -> str | None:
        """Return to whom a task is or was assigned, None while the index does not show it; raises RetryableError."""


class WorkerTasks(UserTasks, AnswerTasks, Protocol):
    """All that a worker does with user tasks."""


class PeopleSource(Protocol):
    """Knows who completed which user task."""

    async def look_up(self, acts: Sequence[Act], taken: Iterable[int]) -> dict[int, Completion] | None:
        """Return what is known, by the act's number; None where nobody knows at all; raises RetryableError."""


class ProcessInstances(Protocol):
    """Where process instances stand, and how they are moved; ``adapters.camunda.instances`` tells the rest."""

    async def tree(self, root: int) -> list[RunningInstance]:
        """Return a running instance and all that it called, callers first."""

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return the elements at which one instance stands."""

    async def completed(self, instance: int) -> list[ElementInstance]:
        """Return the elements that one instance has completed."""

    async def move(self, instance: int, *, leave: Sequence[int], enter: str) -> None:
        """End element instances and enter an element instead; raises PermanentError where one is gone."""


class WorkerServices(Protocol):
    """All that a worker process needs; ``wiring.build_services`` makes it."""

    @property
    def settings(self) -> Settings:
        """Addresses, concurrency, engine id."""

    @property
    def job_types(self) -> Mapping[str, JobType]:
        """Handlers by job type."""

    @property
    def ways(self) -> StepWays:
        """What the diagrams say about going back."""

    @property
    def open_unit(self) -> OpenJobUnit:
        """Opens the transaction of a job."""

    @property
    def groups(self) -> JobGroups:
        """Short jobs that share a transaction."""

    @property
    def mails(self) -> MailQueue:
        """The mail outbox."""

    @property
    def engine_calls(self) -> EngineCallQueue:
        """The outbox of engine calls."""

    async def check_registry(self) -> None:
        """Return when the registry answers; raises an exception else."""

    async def renewals_due(self) -> int:
        """Return how many agreements wait for the renewal watch; raises RetryableError."""

    async def open_acts(self) -> OpenActs:
        """Return how many acts have no person yet, or none for good; raises RetryableError."""

    async def next_look(self) -> datetime | None:
        """Return when the next person is to be looked up, None: none waits; raises RetryableError."""

    async def on_hold(self) -> bool:
        """Return whether a restore waits for its confirmation; raises RetryableError."""

    async def open_restores(self) -> list[Restore]:
        """Return the restores that nobody has confirmed yet; raises RetryableError."""

    async def keep_first_keys(self, keys: Mapping[int, int]) -> None:
        """Note the engine's next keys, by partition, with the open restores; raises RetryableError."""
