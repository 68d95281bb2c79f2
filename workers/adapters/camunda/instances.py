"""Where process instances stand: by 8.9's own searches, or by Operate's on 8.6. Both read an index that lags a second.

Operate's pages and Tasklist's are one program with one login there, so the same client asks both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workers.adapters.camunda.index import EngineIndex, first_of
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist

MULTI_INSTANCE_BODY: Final = "MULTI_INSTANCE_BODY"


@dataclass(frozen=True, kw_only=True)
class RunningInstance:
    """A process instance that has not ended. ``parent_element_key``: the call activity's instance that called it."""

    key: int
    process_id: str
    parent_key: int | None = None
    parent_element_key: int | None = None


@dataclass(frozen=True, kw_only=True)
class ElementInstance:
    """An instance of a flow node; ``type`` tells the body of a multi-instance activity from its items."""

    key: int
    element_id: str
    type: str


class Instances:
    """Reads and moves process instances. Raises RetryableError, PermanentError where the engine refuses."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._rest = rest
        self._index = EngineIndex(rest, tasklist)

    async def tree(self, root: int) -> list[RunningInstance]:
        """Return a running instance and all that it called, callers first; empty where it has ended."""
        found = await self._instances({"processInstanceKey": root})
        for instance in found:  # grows
            found += await self._instances({"parentProcessInstanceKey": instance.key})
        return found

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return the elements of one instance at which it stands."""
        return await self._elements(instance, "ACTIVE")

    async def completed(self, instance: int) -> list[ElementInstance]:
        """Return the elements that one instance has completed."""
        return await self._elements(instance, "COMPLETED")

    async def move(self, instance: int, *, leave: Sequence[int], enter: str) -> None:
        """End element instances and enter an element instead; raises PermanentError where one is no longer there."""
        await self._rest.modify_process_instance(instance, leave=leave, enter=enter)

    async def _instances(self, wanted: Mapping[str, int]) -> list[RunningInstance]:
        found = await self._index.search("process-instances", {**wanted, "state": "ACTIVE"}, _OPERATE_INSTANCE)
        return [
            RunningInstance(
                key=int(first_of(item, "processInstanceKey", "key")),
                process_id=str(first_of(item, "processDefinitionId", "bpmnProcessId")),
                parent_key=_number(first_of(item, "parentProcessInstanceKey", "parentKey")),
                parent_element_key=_number(first_of(item, "parentElementInstanceKey", "parentFlowNodeInstanceKey")),
            )
            for item in found
        ]

    async def _elements(self, instance: int, state: str) -> list[ElementInstance]:
        wanted = {"processInstanceKey": instance, "state": state}
        found = await self._index.search("element-instances", wanted)
        return [
            ElementInstance(
                key=int(first_of(item, "elementInstanceKey", "key")),
                element_id=str(first_of(item, "elementId", "flowNodeId")),
                type=str(item.get("type") or ""),
            )
            for item in found
        ]


_OPERATE_INSTANCE: Final = {"processInstanceKey": "key", "parentProcessInstanceKey": "parentKey"}


def _number(value: Any) -> int | None:
    """Return a key; the root of a tree has none, which one index writes as -1."""
    return None if value is None or int(value) <= 0 else int(value)
