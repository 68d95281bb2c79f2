"""Where process instances stand: by 8.9's own searches, or by Operate's on 8.6. Both read an index that lags a second.

Operate's pages and Tasklist's are one program with one login there, so the same client asks both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
        self._tasklist = tasklist
        self._has_search: bool | None = None

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
        found = await self._search("process-instances", {**wanted, "state": "ACTIVE"}, _OPERATE_INSTANCE)
        return [
            RunningInstance(
                key=int(_first(item, "processInstanceKey", "key")),
                process_id=str(_first(item, "processDefinitionId", "bpmnProcessId")),
                parent_key=_number(_first(item, "parentProcessInstanceKey", "parentKey")),
                parent_element_key=_number(_first(item, "parentElementInstanceKey", "parentFlowNodeInstanceKey")),
            )
            for item in found
        ]

    async def _elements(self, instance: int, state: str) -> list[ElementInstance]:
        wanted = {"processInstanceKey": instance, "state": state}
        found = await self._search("element-instances", wanted, _OPERATE_ELEMENT)
        return [
            ElementInstance(
                key=int(_first(item, "elementInstanceKey", "key")),
                element_id=str(_first(item, "elementId", "flowNodeId")),
                type=str(item.get("type") or ""),
            )
            for item in found
        ]

    async def _search(self, what: str, wanted: Mapping[str, Any], old: Mapping[str, str]) -> list[dict[str, Any]]:
        if self._has_search is not False:
            found = await self._rest.search_all(what, wanted)
            self._has_search = found is not None
            if found is not None:
                return found
        names = {name: old.get(name, name) for name in wanted}
        return await self._tasklist.search_operate(
            _OPERATE_PATHS[what], {names[name]: value for name, value in wanted.items()}
        )


_OPERATE_PATHS: Final = {"process-instances": "process-instances", "element-instances": "flownode-instances"}
_OPERATE_INSTANCE: Final = {"processInstanceKey": "key", "parentProcessInstanceKey": "parentKey"}
_OPERATE_ELEMENT: Final[Mapping[str, str]] = {}


def _first(item: Mapping[str, Any], new: str, old: str) -> Any:
    value = item.get(new)
    return item.get(old) if value is None else value


def _number(value: Any) -> int | None:
    """Return a key; the root of a tree has none, which one index writes as -1."""
    return None if value is None or int(value) <= 0 else int(value)
