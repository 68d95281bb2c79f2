"""Tasklist 8.6 over HTTP, the way its own pages use it: log in, start a process, find, claim and complete tasks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Self

import httpx

from workers.adapters.camunda.http import HttpClient, raise_for_status, trusted, unreachable_is_retryable
from workers.errors import PermanentError
from workers.settings import Settings

_WHAT = "Tasklist"
_PAGE = 200
_OPERATE_PAGE = 1000
_TIMEOUT_SECONDS = 20
CSRF = "X-CSRF-TOKEN"
"""Tasklist hands a token out with the login and wants it back with every request that changes or searches."""


class Tasklist(HttpClient):
    """A logged-in user of Tasklist. Logs in at the first call and again when the session has ended.

    Every method raises RetryableError when Tasklist does not answer, PermanentError when it refuses.
    """

    def __init__(self, base_url: str, user: str, password: str) -> None:
        """Create a client; ``base_url`` ends before ``/tasklist`` or ``/v1``."""
        self._user = user
        self._password = password
        self._login_lock = asyncio.Lock()
        super().__init__(
            httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT_SECONDS, trust_env=False, verify=trusted())
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return a client for the configured Tasklist."""
        return cls(settings.tasklist, settings.camunda_user, settings.camunda_password.get_secret_value())

    async def login(self) -> None:
        """Log in; the session's cookie stays in the client."""
        with unreachable_is_retryable():
            response = await self._http.post("/api/login", data={"username": self._user, "password": self._password})
        raise_for_status(response, _WHAT)
        if CSRF in response.headers:
            self._http.headers[CSRF] = response.headers[CSRF]

    async def start(self, process_id: str, variables: Mapping[str, Any] | None = None) -> int:
        """Start a process's newest version with its start form's variables; returns the instance's key."""
        answer = await self._call(
            "PATCH", f"/v1/internal/processes/{process_id}/start", {"variables": named_values(variables or {})}
        )
        return int(answer["id"])

    async def search(
        self, wanted: Mapping[str, Any], *, state: str = "CREATED", variables: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """Return tasks; ``wanted`` has Tasklist's names, such as processInstanceKey and taskDefinitionId.

        A task brings those of the named ``variables`` that the index has already.
        """
        tasks: list[dict[str, Any]] = []
        sort = [{"field": "creationTime", "order": "ASC"}]
        search: dict[str, Any] = {**wanted, "state": state, "pageSize": _PAGE, "sort": sort}
        if variables:
            search["includeVariables"] = [{"name": name} for name in variables]
        while True:
            found: list[dict[str, Any]] = await self._call("POST", "/v1/tasks/search", search)
            tasks += found
            if len(found) < _PAGE:
                return tasks
            search["searchAfter"] = found[-1]["sortValues"]

    async def search_operate(self, what: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return all that Operate's API finds by a filter; on 8.6 it is the same program, with the same login."""
        found: list[dict[str, Any]] = []
        body: dict[str, Any] = {"filter": dict(wanted), "size": _OPERATE_PAGE}
        while True:
            answer = await self._call("POST", f"/v1/{what}/search", body)
            found += answer["items"]
            if len(answer["items"]) < _OPERATE_PAGE:
                return found
            body["searchAfter"] = answer["sortValues"]

    async def definition_xml(self, key: int) -> bytes | None:
        """Return the diagram of a process definition as Operate has it; None for a definition that it does not know."""
        response = await self._answer("GET", f"/v1/process-definitions/{key}/xml", None)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        raise_for_status(response, _WHAT)
        return response.content or None

    async def task(self, task_id: str | int) -> dict[str, Any]:
        """Return a task."""
        found: dict[str, Any] = await self._call("GET", f"/v1/tasks/{task_id}", None)
        return found

    async def variables(self, task_id: str | int, names: Sequence[str] = ()) -> dict[str, Any]:
        """Return the variables that a task sees, by name."""
        found = await self._call("POST", f"/v1/tasks/{task_id}/variables/search", {"variableNames": list(names)})
        values: dict[str, Any] = {}
        for item in found:
            text = item["value"]
            if item.get("isValueTruncated"):
                text = (await self._call("GET", f"/v1/variables/{item['id']}", None))["value"]
            values[item["name"]] = json.loads(text)
        return values

    async def form(self, task_id: str | int) -> dict[str, Any]:
        """Return the form of a task, as form-js reads it; raises PermanentError for a task without a form."""
        task = await self.task(task_id)
        if not task.get("formId"):
            raise PermanentError(f"作業 {task.get('taskDefinitionId')} にはフォームがありません")
        path = f"/v1/forms/{task['formId']}"
        parameters = {"processDefinitionKey": task["processDefinitionKey"]}
        if task.get("formVersion") is not None:
            parameters["version"] = str(task["formVersion"])
        answer = await self._call("GET", path, None, parameters)
        schema: dict[str, Any] = json.loads(answer["schema"])
        return schema

    async def start_form(self, process_id: str) -> dict[str, Any]:
        """Return the start form of a process's newest version; raises PermanentError where it has none."""
        found = await self._call("GET", "/v1/internal/processes", None, {"query": process_id})
        process = next((item for item in found if item["bpmnProcessId"] == process_id), None)
        if process is None or not process.get("startEventFormId"):
            raise PermanentError(f"プロセス {process_id} には開始フォームがありません")
        path = f"/v1/forms/{process['startEventFormId']}"
        answer = await self._call("GET", path, None, {"processDefinitionKey": process["id"]})
        schema: dict[str, Any] = json.loads(answer["schema"])
        return schema

    async def assign(self, task_id: str | int, assignee: str | None = None) -> None:
        """Claim a task for the logged-in user, or for another one."""
        body = {"assignee": assignee or self._user, "allowOverrideAssignment": True}
        await self._call("PATCH", f"/v1/tasks/{task_id}/assign", body)

    async def complete(self, task_id: str | int, variables: Mapping[str, Any] | None = None) -> None:
        """Complete a task with its form's variables."""
        await self._call("PATCH", f"/v1/tasks/{task_id}/complete", {"variables": named_values(variables or {})})

    async def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None, parameters: Mapping[str, str] | None = None
    ) -> Any:
        response = await self._answer(method, path, body, parameters)
        raise_for_status(response, _WHAT)
        return response.json() if response.content else None

    async def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None, parameters: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Return the answer to a call, whatever its status, after a login where one is needed."""
        response = await self._request(method, path, body, parameters)
        if response.status_code in (401, 403):
            async with self._login_lock:
                await self.login()
            response = await self._request(method, path, body, parameters)
        return response

    async def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None, parameters: Mapping[str, str] | None
    ) -> httpx.Response:
        with unreachable_is_retryable():
            return await self._http.request(method, path, json=body, params=parameters)


def named_values(variables: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return variables as Tasklist takes them."""
    return [{"name": name, "value": json.dumps(value, ensure_ascii=False)} for name, value in variables.items()]
