"""Finds the ways back of a running case and takes one (ALL-22): engine calls, made after the commit that wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workers.adapters.camunda.instances import MULTI_INSTANCE_BODY, ElementInstance, RunningInstance
from workers.adapters.camunda.open_tasks import OpenTask
from workers.errors import PermanentError
from workers.packs.stepways import Step, Steps, StepWays
from workers.runtime.ports import ProcessInstances, UserTasks

_GONE = "その間に手順が進んだため、戻せませんでした。いまの手順を確かめてください"


@dataclass(frozen=True, kw_only=True)
class Move:
    """A way back: the element instance that is left, the element that is entered, and whose work goes with it."""

    instance: int
    leave: int
    enter: str
    label: str
    processes: tuple[str, ...]
    tasks: tuple[OpenTask, ...]

    @property
    def value(self) -> str:
        """What a form's choice holds: this very element instance."""
        return f"{self.instance}:{self.leave}"

    def left(self) -> dict[str, Any]:
        """Return what the case's control is told about the step that was left."""
        groups = sorted({group for task in self.tasks for group in task.candidate_groups})
        return {"label": self.label, "processes": list(self.processes), "groups": groups}


@dataclass(kw_only=True)
class _Node:
    """A running instance with what it stands at and what it called."""

    instance: RunningInstance
    steps: Steps
    active: list[ElementInstance]
    completed: list[ElementInstance]
    children: list[_Node] = field(default_factory=list)

    def called_from(self, inside: set[str]) -> list[_Node]:
        """The called instances whose call activity is one of these elements."""
        elements = {element.key: element.element_id for element in self.active}
        return [child for child in self.children if elements.get(child.instance.parent_element_key or 0) in inside]

    def all(self) -> Iterator[_Node]:
        """This instance and everything below it."""
        yield self
        for child in self.children:
            yield from child.all()

    def holds(self) -> bool:
        """Whether it stands where one goes back from the inside, and not from the calling step."""
        standing = [self.steps[element.element_id] for element in self.active if element.element_id in self.steps]
        return any(step.holds or self.before(step) is not None for step in standing)

    def before(self, step: Step) -> Step | None:
        """Return that one of a step's targets through which the case came last; None where it came through none."""
        wanted = set(step.targets)
        passed = [e for e in self.completed if e.element_id in wanted and e.element_id in self.steps]
        return self.steps[max(passed, key=lambda e: e.key).element_id] if passed else None


class StepBack:
    """Looks at a case's instance in the engine and moves it."""

    def __init__(self, instances: ProcessInstances, tasks: UserTasks, ways: StepWays) -> None:
        self._instances = instances
        self._tasks = tasks
        self._ways = ways

    async def choices(self, root: int) -> dict[str, Any]:
        """Return ``steps``, the choices of a form: label and value each."""
        return {"steps": [{"label": move.label, "value": move.value} for move in await self.moves(root)]}

    async def take(self, root: int, choice: str) -> dict[str, Any]:
        """Go back as a form's choice says; returns ``stepLeft``, None with ``formError`` where the case has moved on.

        Raises RetryableError when the engine does not answer.
        """
        move = next((move for move in await self.moves(root) if move.value == choice), None)
        if move is None:
            return {"stepLeft": None, "formError": _GONE}
        try:
            await self._instances.move(move.instance, leave=[move.leave], enter=move.enter)
        except PermanentError:
            return {"stepLeft": None, "formError": _GONE}
        for task in move.tasks:
            # Camunda 8.6.0 ends the element and forgets its user task, which would stay in everybody's list for good;
            # to complete it closes it and does nothing else. Newer engines have cancelled it: it is gone.
            await self._tasks.complete(task.key, {})
        return {"stepLeft": move.left(), "formError": None}

    async def moves(self, root: int) -> list[Move]:
        """Return every way back from where a case stands, the innermost of each branch."""
        top = await self._tree(root)
        found: list[Move] = []
        for node in top.all() if top else ():
            for element in once_each(node.active):
                step = node.steps.get(element.element_id)
                if step is None or not step.targets or step.inside:
                    continue
                inside = _inside(node.steps, step.id)
                called = node.called_from(inside)
                if any(part.holds() for child in called for part in child.all()):
                    continue
                if (target := node.before(step)) is not None:
                    found.append(await self._move(node, element, step, target, inside=inside, called=called))
        return found

    async def _move(  # noqa: PLR0913 (what is left and what is entered)
        self,
        node: _Node,
        element: ElementInstance,
        step: Step,
        target: Step,
        *,
        inside: set[str],
        called: Sequence[_Node],
    ) -> Move:
        below = [part for child in called for part in child.all()]
        tasks = [t for t in await self._tasks.of_instance(node.instance.key) if t.element_id in inside]
        for part in below:
            tasks += await self._tasks.of_instance(part.instance.key)
        return Move(
            instance=node.instance.key,
            leave=element.key,
            enter=target.id,
            label=f"{step.name} → {target.name}",
            processes=tuple(sorted({part.instance.process_id for part in below})),
            tasks=tuple(tasks),
        )

    async def _tree(self, root: int) -> _Node | None:
        nodes: dict[int, _Node] = {}
        for instance in await self._instances.tree(root):
            nodes[instance.key] = _Node(
                instance=instance,
                steps=self._ways.steps(instance.process_id),
                active=await self._instances.active(instance.key),
                completed=await self._instances.completed(instance.key),
            )
            if instance.parent_key in nodes:
                nodes[instance.parent_key].children.append(nodes[instance.key])
        return nodes.get(root)


def once_each(active: Sequence[ElementInstance]) -> list[ElementInstance]:
    """Return the elements at which an instance stands, a multi-instance one once: as its body."""
    bodies = {element.element_id for element in active if element.type == MULTI_INSTANCE_BODY}
    return [e for e in active if e.element_id not in bodies or e.type == MULTI_INSTANCE_BODY]


def _inside(steps: Mapping[str, Step], identity: str) -> set[str]:
    """Return the id of a step and of all that lies inside it."""
    found = {identity}
    for step in steps.values():  # a sub-process comes before what it holds
        if step.inside in found:
            found.add(step.id)
    return found
