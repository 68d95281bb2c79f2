"""Camunda's REST API (``/v2``): what gRPC cannot do, above all user tasks. Alike on 8.6 and 8.9."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import quote

import httpx

from workers.adapters.camunda.auth import authentication
from workers.adapters.camunda.http import HttpClient, raise_for_status, trusted, unreachable_is_retryable
from workers.errors import PermanentError
from workers.settings import Settings

TIMEOUT_SECONDS = 15
_NOT_FOUND = 404
_PAGE = 1000


class TaskGoneError(PermanentError):
    """The user task is not open: completed or cancelled before, or never there."""


class UnknownProcessError(PermanentError):
    """No version of the process is deployed."""

    def __init__(self, process_id: str) -> None:
        super().__init__(f"プロセス {process_id} は配備されていません")


class AlreadyStartedError(PermanentError):
    """An instance with the same business id runs: the engine lets no second one begin (8.9)."""


class InstanceGoneError(PermanentError):
    """The process or element instance has ended, or was never there."""


class RestClient(HttpClient):
    """Calls of the REST API. RetryableError: try again later; PermanentError: the engine refuses the call."""

    def __init__(self, base_url: str, auth: httpx.Auth | None = None) -> None:
        """Create a client for ``base_url`` without ``/v2``. No proxy of the environment is used."""
        super().__init__(
            httpx.AsyncClient(base_url=base_url, auth=auth, timeout=TIMEOUT_SECONDS, trust_env=False, verify=trusted())
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a client for the configured engine."""
        return cls(settings.rest, authentication(settings))

    async def create_instance(self, process_id: str, variables: Mapping[str, Any], *, business_id: str) -> None:
        """Start an instance of a process's newest version (8.9: 8.6 knows no business id).

        Raises UnknownProcessError where the process was never deployed, AlreadyStartedError where one with the same
        business id runs; the engine has to be told to look (``business-id-uniqueness-enabled``).
        """
        body = {"processDefinitionId": process_id, "variables": dict(variables), "businessId": business_id}
        response = await self.request("POST", "/v2/process-instances", body)
        if response.status_code == httpx.codes.NOT_FOUND:
            raise UnknownProcessError(process_id)
        if response.status_code == httpx.codes.CONFLICT:
            raise AlreadyStartedError(f"案件 {business_id} は、もう始まっています")
        _raise_for(response)

    async def complete_user_task(self, key: int, variables: Mapping[str, Any] | None = None) -> None:
        """Complete a user task; raises TaskGoneError when it is not open (404 or 409)."""
        await self._user_task("POST", f"{key}/completion", {"variables": dict(variables or {})})

    async def assign_user_task(self, key: int, assignee: str, *, allow_override: bool = True) -> None:
        """Assign a user task to a person."""
        await self._user_task("POST", f"{key}/assignment", {"assignee": assignee, "allowOverride": allow_override})

    async def unassign_user_task(self, key: int) -> None:
        """Take a user task's assignee away."""
        await self._user_task("DELETE", f"{key}/assignee", None)

    async def update_user_task(self, key: int, changeset: Mapping[str, Any]) -> None:
        """Change ``dueDate``, ``followUpDate`` (ISO with offset), ``candidateGroups`` or ``candidateUsers``."""
        await self._user_task("PATCH", str(key), {"changeset": dict(changeset)})

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Set variables in the scope of a process or element instance; raises InstanceGoneError when it has ended."""
        body = {"variables": dict(variables), "local": True}
        response = await self.request("PUT", f"/v2/element-instances/{scope_key}/variables", body)
        if response.status_code == _NOT_FOUND:
            raise InstanceGoneError("このプロセスはもう終わっています")
        _raise_for(response)

    async def search_user_tasks(self, search: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Return user tasks found by ``/v2/user-tasks/search`` (8.9), or None where the engine has no such search."""
        response = await self.request("POST", "/v2/user-tasks/search", dict(search))
        if response.status_code in (404, 405):
            return None
        _raise_for(response)
        found: list[dict[str, Any]] = response.json()["items"]
        return found

    async def search(self, path: str, query: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Return a page of what a search of ``/v2`` finds, or None where the engine has none or lets nobody use it."""
        response = await self.request("POST", path, dict(query))
        if response.status_code in (403, 404, 405):
            return None
        _raise_for(response)
        found: list[dict[str, Any]] = response.json()["items"]
        return found

    async def user_name(self, username: str) -> str:
        """Return a user's name (8.8 and later); empty where the engine does not know it: users of an identity provider.

        No failure of this call matters: the user's id says who it was.
        """
        response = await self.request("GET", f"/v2/users/{quote(username, safe='')}", None)
        if not response.is_success:
            return ""
        return str(response.json().get("name") or "")

    async def search_all(self, what: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """Return all that ``/v2/WHAT/search`` finds by a filter (8.9), or None where the engine has no such search."""
        found: list[dict[str, Any]] = []
        while True:
            body = {"filter": {name: _text_key(value) for name, value in wanted.items()}}
            response = await self.request(
                "POST", f"/v2/{what}/search", {**body, "page": {"from": len(found), "limit": _PAGE}}
            )
            if response.status_code in (404, 405):
                return None
            _raise_for(response)
            page: list[dict[str, Any]] = response.json()["items"]
            found += page
            if len(page) < _PAGE:
                return found

    async def definition_xml(self, key: int) -> bytes | None:
        """Return the diagram of a process definition (8.8 and later); None where none is to be had."""
        response = await self.request("GET", f"/v2/process-definitions/{key}/xml", None)
        if response.status_code in (403, 404, 405):
            return None
        _raise_for(response)
        return response.content or None  # 204: known, without a diagram

    async def modify_process_instance(self, key: int, *, leave: Sequence[int], enter: str) -> None:
        """End element instances of a process instance and enter an element instead, in one step.

        Raises PermanentError where the engine refuses: an element instance has ended meanwhile.
        """
        body = {
            "activateInstructions": [{"elementId": enter}],
            "terminateInstructions": [{"elementInstanceKey": str(element)} for element in leave],
        }
        _raise_for(await self.request("POST", f"/v2/process-instances/{key}/modification", body))

    async def topology(self) -> dict[str, Any]:
        """Return the cluster's topology."""
        response = await self.request("GET", "/v2/topology", None)
        _raise_for(response)
        topology: dict[str, Any] = response.json()
        return topology

    async def _user_task(self, method: str, path: str, body: Mapping[str, Any] | None) -> None:
        response = await self.request(method, f"/v2/user-tasks/{path}", body)
        if response.status_code in (404, 409):
            raise TaskGoneError("この作業はもう開いていません（完了したか、取り消されています）")
        _raise_for(response)

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        """Return the answer to a call, whatever its status; raises RetryableError when there is none."""
        with unreachable_is_retryable():
            return await self._http.request(method, path, json=body)


def _text_key(value: Any) -> Any:
    """Return a key as 8.9 wants it: it writes 64-bit numbers as text."""
    return str(value) if isinstance(value, int) else value


def _raise_for(response: httpx.Response) -> None:
    raise_for_status(response, "Camunda の REST API")
