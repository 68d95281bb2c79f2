"""What stands still in the engine until a person looks: open incidents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from workers.adapters.camunda.index import EngineIndex, first_of
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist

_OPERATE_INSTANCE: Final = {"processInstanceKey": "key"}


@dataclass(frozen=True, kw_only=True)
class OpenIncident:
    """One incident. ``process_id`` and ``element_id`` are empty where the index does not have them yet.

    ``case_id``: the case of the process instance, empty for one that has none. ``message``: what the worker or the
    engine said.
    """

    key: int
    process_id: str
    element_id: str
    case_id: str
    message: str


class Incidents:
    """Reads open incidents; both indexes lag a second. Raises RetryableError, PermanentError where it is refused."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._index = EngineIndex(rest, tasklist)

    async def open(self) -> list[OpenIncident]:
        """Return what is open, oldest first."""
        incidents = [await self._read(item) for item in await self._index.search("incidents", {"state": "ACTIVE"})]
        return sorted(incidents, key=lambda incident: incident.key)

    async def _read(self, item: Mapping[str, Any]) -> OpenIncident:
        process, element = await self._place(item)
        return OpenIncident(
            key=int(first_of(item, "incidentKey", "key")),
            process_id=process,
            element_id=element,
            case_id=await self._case(int(item["processInstanceKey"])),
            message=str(first_of(item, "errorMessage", "message") or ""),
        )

    async def _place(self, item: Mapping[str, Any]) -> tuple[str, str]:
        """Return the ids of an incident's process and element, which Operate's incident does not tell."""
        if "incidentKey" in item:
            return str(item.get("processDefinitionId") or ""), str(item.get("elementId") or "")
        of = await self._index.search(
            "process-instances", {"processInstanceKey": int(item["processInstanceKey"])}, _OPERATE_INSTANCE
        )
        at = await self._index.search("element-instances", {"incidentKey": int(item["key"])})
        return (of[0]["bpmnProcessId"] if of else "", at[0]["flowNodeId"] if at else "")

    async def _case(self, instance: int) -> str:
        found = await self._index.search("variables", {"processInstanceKey": instance, "name": "caseId"})
        try:
            value = json.loads(found[0]["value"]) if found else ""
        except ValueError:  # cut off by the index
            return ""
        return value if isinstance(value, str) else ""
