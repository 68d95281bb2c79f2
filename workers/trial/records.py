"""What happened in the engine, kept in memory as its exporter tells it, and conditions to wait for.

Records arrive in a thread of their own (:mod:`workers.trial.receiver`), a few milliseconds after the engine wrote them.
Every query holds the lock, so that a condition sees one consistent moment.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from workers.trial.apply import APPLY
from workers.trial.errors import TrialFailure
from workers.trial.happened import (
    MULTI_INSTANCE_BODY,
    Definition,
    Element,
    Flow,
    Incident,
    Job,
    JobState,
    Kept,
    Message,
    ProcessInstance,
    State,
    Timer,
    UserTask,
)
from workers.trial.waiting import Waiters

T = TypeVar("T")
P = TypeVar("P", UserTask, Incident)
Record = dict[str, Any]

DEADLINE = 60.0  # a loaded machine is slow, a broken test rare
_BULKY = frozenset({"PROCESS_INSTANCE", "VARIABLE", "JOB", "JOB_BATCH", "PROCESS", "DECISION_REQUIREMENTS"})
FOLLOWED = frozenset({*APPLY, "SIGNAL"})
"""The value types of the records that are kept: a broker need not export others."""


class NotReached(TrialFailure):
    """A condition was not met before its deadline; the message shows what the engine is waiting for."""


class Records:
    """All that one broker's records tell. Keys are the engine's; queries by instance include called processes."""

    def __init__(self) -> None:
        self.instances: Kept[ProcessInstance] = Kept(lambda instance: instance.state is not State.ACTIVE)
        self.elements: dict[int, Element] = {}
        self.flows: dict[int, list[Flow]] = defaultdict(list)
        self.user_tasks: Kept[UserTask] = Kept(lambda task: task.state is not State.ACTIVE)
        self.jobs: Kept[Job] = Kept(lambda job: job.state is JobState.CLOSED)
        self.incidents: Kept[Incident] = Kept(lambda incident: not incident.open)
        self.timers: Kept[Timer] = Kept(lambda timer: not timer.open)
        self.messages: dict[int, Message] = {}
        self.definitions: dict[int, Definition] = {}
        self.newest: dict[tuple[str, str], int] = {}
        self.variables: dict[int, dict[str, Any]] = defaultdict(dict)
        self.by_type: dict[str, list[Record]] = defaultdict(list)
        self.seen: Counter[int | None] = Counter()
        """How many records came, by the root of the process instance that they are about."""
        self.last_signal = 0
        self._positions: dict[int, int] = defaultdict(int)
        self._roots: dict[int, int] = {}
        self._children: dict[int, list[int]] = defaultdict(list)
        self._parts: dict[int, list[Element]] = defaultdict(list)
        self._lock = threading.RLock()
        self._waiters = Waiters()
        self._listeners: list[Callable[[Record], None]] = []

    # --- taking records in

    def take(self, batch: list[Record]) -> None:
        """Take records in, in the exporter's order; a record that was exported before is ignored."""
        with self._lock:
            for record in batch:
                if record["position"] <= self._positions[record["partitionId"]]:
                    continue
                self._positions[record["partitionId"]] = record["position"]
                self._take(record)
        self.look_again()

    def look_again(self) -> None:
        """Let those who wait ask their conditions again."""
        self._waiters.look_again()

    def _take(self, record: Record) -> None:
        if record["recordType"] != "EVENT":
            return
        kind = record["valueType"]
        if kind == "SIGNAL":
            self.last_signal = max(self.last_signal, record["key"])
        if kind not in _BULKY:
            self.by_type[kind].append(record)
        if apply := APPLY.get(kind):
            apply(self, record["intent"], record["key"], record["value"])
        if kind != "SIGNAL":
            self.seen[self._roots.get(record["value"].get("processInstanceKey"))] += 1
        for listener in self._listeners:
            listener(record)

    def add_instance(self, instance: ProcessInstance) -> None:
        """Keep a process instance under its parent."""
        self.instances[instance.key] = instance
        self._roots[instance.key] = self._roots.get(instance.parent_key or 0, instance.key)
        if instance.parent_key is not None:
            self._children[instance.parent_key].append(instance.key)

    def add_element(self, element: Element) -> None:
        """Keep an element instance under its process instance."""
        self.elements[element.key] = element
        self._parts[element.process_instance_key].append(element)

    def begin_anew(self) -> None:
        """Forget everything: the engine's data was wiped, its keys and positions begin again."""
        with self._lock:
            for kept in vars(self).values():
                if isinstance(kept, dict):
                    kept.clear()
            self.last_signal = 0

    def subscribe(self, listener: Callable[[Record], None]) -> None:
        """Call ``listener`` with every further event record, in the receiver's thread."""
        with self._lock:
            self._listeners.append(listener)

    # --- questions

    def snapshot(self) -> threading.RLock:
        """Return the lock: ``with records.snapshot():`` looks at several things at one moment."""
        return self._lock

    def tree(self, instance: int | None) -> set[int]:
        """Return the keys of an instance and of all that it called; None: every instance."""
        with self._lock:
            if instance is None:
                return set(self.instances)
            found, todo = set(), [instance]
            while todo:
                key = todo.pop()
                found.add(key)
                todo.extend(self._children[key])
            return found

    def root(self, instance: int) -> int | None:
        """Return the instance that called an instance through others, itself where none did; None: not known yet."""
        return self._roots.get(instance)

    def seen_of(self, roots: Iterable[int] | None) -> int:
        """Return how many records came about these instances and what they called; None: all."""
        with self._lock:
            return self.seen.total() if roots is None else sum(self.seen[root] for root in roots)

    def open_tasks(self, element_id: str | None = None, *, instance: int | None = None) -> list[UserTask]:
        """Return the open user tasks, oldest first."""
        with self._lock:
            found = self._within(instance, self.user_tasks)
            return [task for task in found if element_id in (None, task.element_id)]

    def open_incidents(self, instance: int | None = None) -> list[Incident]:
        """Return the incidents that nobody has resolved."""
        with self._lock:
            return self._within(instance, self.incidents)

    def element_instances(self, element_id: str, *, instance: int | None = None) -> list[Element]:
        """Return every time a flow node was entered, oldest first, multi-instance bodies included."""
        with self._lock:
            return [part for part in self._parts_of(instance) if part.element_id == element_id]

    def entered(self, element_id: str, *, instance: int | None = None) -> int:
        """Return how many times a flow node was entered; each item of a multi-instance activity counts."""
        return len(self._without_bodies(self.element_instances(element_id, instance=instance)))

    def completed(self, element_id: str, *, instance: int | None = None) -> int:
        """Return how many times a flow node was completed; each item of a multi-instance activity counts."""
        parts = self._without_bodies(self.element_instances(element_id, instance=instance))
        return sum(part.state is State.COMPLETED for part in parts)

    def taken(self, flow_id: str, *, instance: int | None = None) -> int:
        """Return how many times a sequence flow was taken; the engine reports none out of an event-based gateway."""
        with self._lock:
            keys = self.flows if instance is None else self.tree(instance) & self.flows.keys()
            return sum(flow.flow_id == flow_id for key in keys for flow in self.flows[key])

    def passed(self, element_id: str, *, instance: int | None = None) -> bool:
        """Tell whether a flow node was completed (a multi-instance activity: as a whole) or a flow taken."""
        parts = self.element_instances(element_id, instance=instance)
        bodies = [part for part in parts if part.type == MULTI_INSTANCE_BODY]
        return any(part.state is State.COMPLETED for part in bodies or parts) or bool(
            self.taken(element_id, instance=instance)
        )

    def paths(self, roots: Iterable[int]) -> dict[str, Counter[str]]:
        """Return how often the flow nodes and flows were passed, by process, in these instances and what they called.

        A flow node counts when it was entered; an item of a multi-instance activity counts, its body does not.
        """
        found: dict[str, Counter[str]] = defaultdict(Counter)
        with self._lock:
            for instance in {key for root in roots for key in self.tree(root)}:
                times = found[self.instances[instance].process_id]
                times.update(part.element_id for part in self._without_bodies(self._parts[instance]))
                times.update(flow.flow_id for flow in self.flows.get(instance, ()))
        return dict(found)

    def visible(self, scope_key: int) -> dict[str, Any]:
        """Return the variables that a scope sees: its own and those of the scopes around it."""
        with self._lock:
            scopes = []
            while scope_key > 0:
                scopes.append(self.variables.get(scope_key, {}))
                element = self.elements.get(scope_key)
                scope_key = element.scope_key if element else -1
            return {name: value for scope in reversed(scopes) for name, value in scope.items()}

    def due_timers(self, now: int) -> list[Timer]:
        """Return the timers that should have fired by ``now`` (epoch milliseconds of the engine)."""
        with self._lock:
            return [timer for timer in self.timers.alive() if timer.due <= now]

    def unfinished_jobs(self, served: Iterable[str], now: int) -> list[Job]:
        """Return the jobs that run, those that a worker of the ``served`` types will take, and back-offs that ended."""
        types = frozenset(served)
        with self._lock:
            return [job for job in self.jobs.alive() if _unfinished(job, types, now)]

    def _within(self, instance: int | None, kept: Kept[P]) -> list[P]:
        """Return what is alive of an instance and of all that it called."""
        found = kept.alive()
        if instance is None or not found:
            return found
        tree = self.tree(instance)
        return [part for part in found if part.process_instance_key in tree]

    def _parts_of(self, instance: int | None) -> Iterator[Element]:
        if instance is None:
            yield from self.elements.values()
            return
        for key in sorted(self.tree(instance)):
            yield from self._parts[key]

    @staticmethod
    def _without_bodies(parts: list[Element]) -> list[Element]:
        return [part for part in parts if part.type != MULTI_INSTANCE_BODY]

    # --- waiting

    async def wait(self, condition: Callable[[], T | None], *, timeout: float = DEADLINE, what: str = "") -> T:  # noqa: ASYNC109 (the error tells what the engine waits for)
        """Return the condition's first true value; it is asked again after every batch of records.

        Raises:
            NotReached: The deadline (seconds) passed; the message says what the engine is waiting for.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        with self._waiters.waiting() as changed:
            while True:
                changed.clear()
                with self._lock:
                    result = condition()
                if result:
                    return result
                try:
                    async with asyncio.timeout_at(deadline):
                        await changed.wait()
                except TimeoutError:
                    raise NotReached(f"not reached in {timeout:g} s: {what}\n{self.describe()}") from None

    def describe(self) -> str:
        """Return what the engine is waiting for, for a person who reads of a failure."""
        with self._lock:
            lines = [f"  instance {i.key} of {i.process_id} is {i.state}" for i in list(self.instances.values())[-5:]]
            lines += [f"  {_task_line(task)}" for task in self.open_tasks()]
            lines += [f"  incident {incident}" for incident in self.open_incidents()]
            lines += [f"  job {j.type} at {j.element_id} is {j.state}" for j in self.jobs.alive()]
            lines += [f"  timer at {t.element_id} due {t.due}" for t in self.timers.alive()]
            return "\n".join(lines) or "  nothing is waiting"


def _unfinished(job: Job, served: frozenset[str], now: int) -> bool:
    if job.state is JobState.ACTIVE:
        return True
    if job.state is JobState.BACKOFF:
        return job.retry_at is not None and job.retry_at <= now
    return job.state is JobState.ACTIVATABLE and job.type in served


def _task_line(task: UserTask) -> str:
    refused = task.variables.get("formError")
    return f"open task {task.element_id} {task.candidate_groups} due {task.due_date}" + f" ({refused})" * bool(refused)
