"""Open user tasks as one person sees and does them: assignee, permission and audit are the engine's own.

On 8.9 every call carries the person's Basic or bearer authentication, on 8.6 Tasklist's session of the person.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Final, Self

import httpx

from workers.adapters.camunda.http import raise_for_status, unreachable_is_retryable
from workers.adapters.camunda.instances import Instances
from workers.adapters.camunda.open_tasks import CASE, OpenTask, OpenTasks, from_engine, from_tasklist
from workers.adapters.camunda.rest import RestClient, TaskGoneError
from workers.adapters.camunda.signin import BASIC, COOKIES, SignedOutError
from workers.adapters.camunda.task_forms import ShownTask, TaskForms
from workers.adapters.camunda.tasklist import CSRF, Tasklist, named_values
from workers.errors import PermanentError
from workers.settings import Settings

_OPEN: Final = "CREATED"
_REFUSED: Final = {400, 403, 404, 409}


class NotAllowedError(PermanentError):
    """The engine does not let this person do it."""


@dataclass(frozen=True, kw_only=True)
class TaskState:
    """A user task and whether it is open; of one that is not, ``task.assignee`` did it."""

    task: OpenTask
    is_open: bool


class PersonTasklist(Tasklist):
    """Tasklist in a session that a person began; it is not begun again when it has ended."""

    def __init__(self, base_url: str, user: str, secret: Mapping[str, Any]) -> None:
        super().__init__(base_url, user, "")
        self._http.cookies.update(secret.get(COOKIES) or {})
        if secret.get("csrf"):
            self._http.headers[CSRF] = secret["csrf"]

    async def login(self) -> None:
        """Raise SignedOutError: there is no password to log in with."""
        raise SignedOutError("サインインの期限が切れました")

    async def take(self, task_id: int, *, over: bool) -> bool:
        """Claim a task for the person, with ``over`` also somebody else's; False where that is not to be had."""
        body = {"assignee": self._user, "allowOverrideAssignment": over}
        return await self._change(f"/v1/tasks/{task_id}/assign", body)

    async def give_back(self, task_id: int) -> bool:
        """Give a task back; False where it is not open, or nobody's."""
        return await self._change(f"/v1/tasks/{task_id}/unassign", None)

    async def finish(self, task_id: int, variables: Mapping[str, Any]) -> bool:
        """Complete a task with its form's variables; False where it is not open, or not this person's."""
        return await self._change(f"/v1/tasks/{task_id}/complete", {"variables": named_values(variables)})

    async def _change(self, path: str, body: Mapping[str, Any] | None) -> bool:
        with unreachable_is_retryable():
            response = await self._http.request("PATCH", path, json=body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self.login()
        if response.status_code in _REFUSED:
            return False
        raise_for_status(response, "Tasklist")
        return True


class PersonTasks:
    """``async with``: tasks as one person, by whichever API the engine has. Raises RetryableError, SignedOutError."""

    def __init__(self, settings: Settings, user: str, secret: Mapping[str, Any]) -> None:
        self._user = user
        self._by_cookies = secret["way"] == COOKIES
        self._rest = PersonRest(settings.rest, _auth(secret))
        self._tasklist = PersonTasklist(settings.tasklist, user, secret)
        self._tasks = OpenTasks(self._rest, self._tasklist, has_search=not self._by_cookies)
        self._forms = TaskForms(self._rest, self._tasklist)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._rest.close()
        await self._tasklist.close()

    async def all_open(self) -> list[OpenTask]:
        """Return every open task that the engine shows this person, with its case."""
        return await self._tasks.all_open()

    async def of_case(self, case_id: str) -> list[OpenTask]:
        """Return the open tasks of a case."""
        return [replace(task, case_id=case_id) for task in await self._tasks.find(case_id=case_id)]

    async def find(self, key: int) -> TaskState | None:
        """Return a task, open or not; None where the engine shows this person none."""
        if self._by_cookies:
            return await self._find_by_tasklist(key)
        found = await self._rest.search("/v2/user-tasks/search", {"filter": {"userTaskKey": str(key)}})
        if not found:
            return None
        task = from_engine(found[0])
        case = await self._tasks.case_of(task)
        return TaskState(task=replace(task, case_id=case), is_open=found[0].get("state") == _OPEN)

    async def form(self, task: OpenTask, names: Callable[[Mapping[str, Any]], Collection[str]]) -> ShownTask:
        """Return an open task's form and what it reads; raises PermanentError for one without a form."""
        return await self._forms.of_task(task.key, names)

    async def standing(self, instance: int) -> list[str]:
        """Return the elements of a process instance at which it stands; empty where it has ended."""
        return [element.element_id for element in await Instances(self._rest, self._tasklist).active(instance)]

    async def start_form(self, process_id: str) -> ShownTask:
        """Return the start form of a process's newest version; raises PermanentError where it has none."""
        if self._by_cookies:
            return ShownTask(form=await self._tasklist.start_form(process_id), values={})
        wanted = {"filter": {"processDefinitionId": process_id, "isLatestVersion": True}}
        found = await self._rest.search("/v2/process-definitions/search", wanted)
        if not found:
            raise PermanentError(f"プロセス {process_id} は配備されていません")
        key = found[0]["processDefinitionKey"]
        response = await self._rest.request("GET", f"/v2/process-definitions/{key}/form", None)
        if response.status_code != httpx.codes.OK:
            raise PermanentError(f"プロセス {process_id} には開始フォームがありません")
        return ShownTask(form=json.loads(response.json()["schema"]), values={})

    async def start(self, process_id: str, variables: Mapping[str, Any]) -> int:
        """Start a process with its start form's variables; returns the instance's key."""
        if self._by_cookies:
            return await self._tasklist.start(process_id, variables)
        body = {"processDefinitionId": process_id, "variables": dict(variables)}
        response = await self._rest.request("POST", "/v2/process-instances", body)
        if response.status_code == httpx.codes.FORBIDDEN:
            raise NotAllowedError("この手続を始める権限がありません")
        raise_for_status(response, "Camunda")
        return int(response.json()["processInstanceKey"])

    async def claim(self, key: int, *, over: bool = False) -> bool:
        """Claim a task, with ``over`` also one that somebody else has; False where it is not to be had."""
        if self._by_cookies:
            return await self._tasklist.take(key, over=over)
        return await self._done(self._rest.assign_user_task(key, self._user, allow_override=over))

    async def give_back(self, key: int) -> bool:
        """Give a task back; False where it is not open."""
        if self._by_cookies:
            return await self._tasklist.give_back(key)
        return await self._done(self._rest.unassign_user_task(key))

    async def complete(self, key: int, variables: Mapping[str, Any]) -> bool:
        """Complete a task; False where it is not open, or not this person's."""
        if self._by_cookies:
            return await self._tasklist.finish(key, variables)
        return await self._done(self._rest.complete_user_task(key, variables))

    async def _done(self, change: Awaitable[None]) -> bool:
        try:
            await change
        except TaskGoneError:
            return False
        return True

    async def _find_by_tasklist(self, key: int) -> TaskState | None:
        try:
            item = await self._tasklist.task(key)
        except PermanentError:
            return None
        found = await self._tasklist.variables(key, [CASE])
        case = found.get(CASE)
        task = replace(from_tasklist(item), case_id=case if isinstance(case, str) else "")
        return TaskState(task=task, is_open=item.get("taskState") == _OPEN)


class PersonRest(RestClient):
    """The REST API in a person's name: what the engine refuses to them is told apart from a fault of the settings."""

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        """Return the answer to a call; raises SignedOutError and NotAllowedError."""
        response = await super().request(method, path, body)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise SignedOutError("サインインの期限が切れました")
        if response.status_code == httpx.codes.FORBIDDEN and method != "POST":
            raise NotAllowedError("この操作は、Camunda の権限で許されていません")
        return response


def _auth(secret: Mapping[str, Any]) -> httpx.Auth | None:
    if secret["way"] == BASIC:
        return httpx.BasicAuth(secret["user"], secret["password"])
    return None if secret["way"] == COOKIES else _Bearer(secret["access"])


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request
