"""What the engine holds, as far as a comparison with the registry asks: running instances, their cases, what is done.

Both indexes, 8.9's own search and Operate's on 8.6, lag about a second.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workers.adapters.camunda.index import EngineIndex, first_of
from workers.adapters.camunda.open_tasks import CASE
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist

_OPERATE_INSTANCE: Final = {"processInstanceKey": "key", "parentProcessInstanceKey": "parentKey"}
WORK: Final = ("SERVICE_TASK", "SEND_TASK", "USER_TASK")
"""The elements whose completion the registry knows: a worker's job, or the listener of a person's task."""


@dataclass(frozen=True, kw_only=True)
class Root:
    """A running instance that nobody called. ``case_id``: empty where it has none."""

    key: int
    process_id: str
    case_id: str


@dataclass(frozen=True, kw_only=True)
class Done:
    """Work that the engine holds as done. ``instance``: its process instance. ``at``: the root's element with it.

    The root's element is the work itself, or the call activity through which it was reached.
    """

    element_key: int
    element_id: str
    process_id: str
    instance: int
    at: str


class EngineStanding:
    """Reads both indexes. Raises RetryableError, PermanentError where the engine refuses."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._index = EngineIndex(rest, tasklist)

    async def roots(self) -> list[Root]:
        """Return the running instances that nobody called, oldest first."""
        cases = await self._cases()
        found = []
        for item in await self._index.search("process-instances", {"state": "ACTIVE"}):
            parent = first_of(item, "parentProcessInstanceKey", "parentKey")
            if parent is not None and int(parent) > 0:
                continue
            key = int(first_of(item, "processInstanceKey", "key"))
            process = str(first_of(item, "processDefinitionId", "bpmnProcessId"))
            found.append(Root(key=key, process_id=process, case_id=cases.get(key, "")))
        return sorted(found, key=lambda root: root.key)

    async def state(self, key: int) -> str:
        """Return ``ACTIVE``, ``COMPLETED`` or another word for an end; empty where there is no such instance."""
        found = await self._index.search("process-instances", {"processInstanceKey": key}, _OPERATE_INSTANCE)
        return str(found[0]["state"]) if found else ""

    async def done(self, root: int) -> list[Done]:
        """Return what is done in a root and in all that it called, oldest first."""
        found: list[Done] = []
        waiting: list[tuple[int, str, str]] = [(root, await self._process(root), "")]
        for instance, process, at in waiting:  # grows
            calls: dict[int, str] = {}
            for item in await self._index.search("element-instances", {"processInstanceKey": instance}):
                key = int(first_of(item, "elementInstanceKey", "key"))
                element = str(first_of(item, "elementId", "flowNodeId"))
                calls[key] = at or element
                if item.get("state") == "COMPLETED" and item.get("type") in WORK:
                    found.append(
                        Done(
                            element_key=key, element_id=element, process_id=process, instance=instance, at=at or element
                        )
                    )
            waiting += await self._called(instance, calls)
        return sorted(found, key=lambda done: done.element_key)

    async def _called(self, instance: int, calls: Mapping[int, str]) -> list[tuple[int, str, str]]:
        wanted = {"parentProcessInstanceKey": instance}
        found = []
        for item in await self._index.search("process-instances", wanted, _OPERATE_INSTANCE):
            by = int(first_of(item, "parentElementInstanceKey", "parentFlowNodeInstanceKey") or 0)
            process = str(first_of(item, "processDefinitionId", "bpmnProcessId"))
            found.append((int(first_of(item, "processInstanceKey", "key")), process, calls.get(by, "")))
        return found

    async def _process(self, key: int) -> str:
        found = await self._index.search("process-instances", {"processInstanceKey": key}, _OPERATE_INSTANCE)
        return str(first_of(found[0], "processDefinitionId", "bpmnProcessId")) if found else ""

    async def _cases(self) -> dict[int, str]:
        """Return the case of each process instance, as far as the index shows it."""
        found: dict[int, str] = {}
        for item in await self._index.search("variables", {"name": CASE}):
            instance = int(item["processInstanceKey"])
            if int(item["scopeKey"]) == instance and (case := _text(item)):
                found[instance] = case
        return found


def _text(item: Mapping[str, Any]) -> str:
    try:
        value = json.loads(item.get("value") or "null")
    except ValueError:  # cut off by the index
        return ""
    return value if isinstance(value, str) else ""
