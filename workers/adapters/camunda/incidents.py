"""What stands still in the engine until a person looks: open incidents, by 8.9's own search or Operate's on 8.6."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist


@dataclass(frozen=True, kw_only=True)
class OpenIncident:
    """One incident. ``process_id`` and ``element_id`` are empty where the index does not have them yet.

    ``case_id``: the case of the process instance, empty for one that has none. ``since``: ISO with offset, as the
    engine writes it. ``message``: what the worker or the engine said.
    """

    key: int
    process_id: str
    element_id: str
    process_instance_key: int
    case_id: str
    message: str
    since: str


class Incidents:
    """Reads open incidents; both indexes lag a second. Raises RetryableError, PermanentError where it is refused."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._rest = rest
        self._tasklist = tasklist

    async def open(self) -> list[OpenIncident]:
        """Return what is open, oldest first."""
        found = await self._rest.search_all("incidents", {"state": "ACTIVE"})
        if found is None:
            found = [await self._with_place(item) for item in await self._operate("incidents", {"state": "ACTIVE"})]
        incidents = [await self._read(item) for item in found]
        return sorted(incidents, key=lambda incident: incident.key)

    async def _read(self, item: Mapping[str, Any]) -> OpenIncident:
        instance = int(item["processInstanceKey"])
        return OpenIncident(
            key=int(item.get("incidentKey") or item["key"]),
            process_id=str(item.get("processDefinitionId") or ""),
            element_id=str(item.get("elementId") or ""),
            process_instance_key=instance,
            case_id=await self._case(instance),
            message=str(item.get("errorMessage") or item.get("message") or ""),
            since=str(item.get("creationTime") or ""),
        )

    async def _with_place(self, item: dict[str, Any]) -> dict[str, Any]:
        """Add what Operate's incident does not tell: its process and its element."""
        at = await self._operate("flownode-instances", {"incidentKey": int(item["key"])})
        of = await self._operate("process-instances", {"key": int(item["processInstanceKey"])})
        return {
            **item,
            "elementId": at[0]["flowNodeId"] if at else "",
            "processDefinitionId": of[0]["bpmnProcessId"] if of else "",
        }

    async def _case(self, instance: int) -> str:
        wanted = {"processInstanceKey": instance, "name": "caseId"}
        found = await self._rest.search_all("variables", wanted)
        if found is None:
            found = await self._operate("variables", wanted)
        try:
            value = json.loads(found[0]["value"]) if found else ""
        except ValueError:  # cut off by the index
            return ""
        return value if isinstance(value, str) else ""

    async def _operate(self, what: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        return await self._tasklist.search_operate(what, wanted)
