"""What the engine's records tell, as plain objects: they change while records arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

T = TypeVar("T")
MULTI_INSTANCE_BODY = "MULTI_INSTANCE_BODY"


class State(StrEnum):
    """Where a process instance, an element or a user task stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    TERMINATED = "terminated"


class JobState(StrEnum):
    """Where a job stands. ``BACKOFF`` comes back by the engine's clock, ``FAILED`` has an incident."""

    ACTIVATABLE = "activatable"
    ACTIVE = "active"
    BACKOFF = "backoff"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(eq=False, kw_only=True, slots=True)
class ProcessInstance:
    """A process instance. ``parent_key`` is the calling instance, ``parent_element_key`` its call activity."""

    key: int
    process_id: str
    version: int
    parent_key: int | None
    parent_element_key: int | None
    state: State = State.ACTIVE


@dataclass(eq=False, kw_only=True, slots=True)
class Element:
    """One instance of a flow node. A multi-instance activity has one for its body and one for each item."""

    key: int
    element_id: str
    type: str
    process_id: str
    version: int
    process_instance_key: int
    scope_key: int
    state: State = State.ACTIVE


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """A sequence flow that was taken."""

    flow_id: str
    process_id: str
    version: int
    process_instance_key: int


@dataclass(eq=False, kw_only=True, slots=True)
class UserTask:
    """A user task. ``due_date`` is aware or None; ``variables`` are those that its form shows now."""

    key: int
    element_id: str
    process_id: str
    process_instance_key: int
    element_instance_key: int
    form_key: int | None
    candidate_groups: list[str]
    candidate_users: list[str]
    due_date: datetime | None
    follow_up_date: datetime | None
    assignee: str
    state: State = State.ACTIVE
    submitted: Mapping[str, Any] = field(default_factory=dict)
    visible: Callable[[], dict[str, Any]] = field(repr=False)

    @property
    def variables(self) -> dict[str, Any]:
        """The variables of the task's scope and of every scope around it; the inner one wins."""
        return self.visible()


@dataclass(eq=False, kw_only=True, slots=True)
class Job:
    """A job. ``retry_at`` (epoch milliseconds of the engine) is set while it backs off."""

    key: int
    type: str
    element_id: str
    process_instance_key: int
    element_instance_key: int
    retries: int
    headers: Mapping[str, str]
    error_message: str = ""
    error_code: str = ""
    retry_at: int | None = None
    worker: str = ""
    activations: int = 0
    state: JobState = JobState.ACTIVATABLE


@dataclass(eq=False, kw_only=True, slots=True)
class Incident:
    """A problem that waits for a person. ``job_key`` is None where no job is concerned."""

    key: int
    type: str
    message: str
    process_id: str
    process_instance_key: int
    element_id: str
    job_key: int | None
    open: bool = True

    def __str__(self) -> str:
        """Return one line with the place and the message."""
        return f"{self.type} at {self.process_id}/{self.element_id}: {self.message}"


@dataclass(eq=False, kw_only=True, slots=True)
class Timer:
    """A timer. ``due`` is epoch milliseconds of the engine; ``process_instance_key`` is None for start timers."""

    key: int
    element_id: str
    process_instance_key: int | None
    due: int
    open: bool = True


@dataclass(eq=False, kw_only=True, slots=True)
class Message:
    """A published message; ``correlated`` lists the process instances that took it."""

    key: int
    name: str
    correlation_key: str
    message_id: str
    variables: Mapping[str, Any]
    correlated: list[int] = field(default_factory=list)
    expired: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Definition:
    """A deployed process version with its XML."""

    key: int
    process_id: str
    version: int
    resource_name: str
    xml: bytes


class Kept(dict[int, T]):
    """All of a kind by key. Those that have not ended are found without a look at the many that have, for good."""

    def __init__(self, ended: Callable[[T], bool]) -> None:
        super().__init__()
        self._ended = ended
        self._alive: list[T] = []

    def __setitem__(self, key: int, item: T) -> None:
        """Keep one more."""
        super().__setitem__(key, item)
        self._alive.append(item)

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._alive.clear()

    def alive(self) -> list[T]:
        """Return those that have not ended, oldest first."""
        self._alive = [item for item in self._alive if not self._ended(item)]
        return list(self._alive)
