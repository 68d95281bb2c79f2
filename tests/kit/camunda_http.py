"""Two Camundas as far as user tasks go, with answers as recorded of 8.6.0 and as 8.9 documents them.

They refuse what the real ones refuse: 8.6 has no search of its own and wants Tasklist's login with its token; 8.9 takes
no property that it does not know.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
_TOKEN = "token"  # noqa: S105 (of a test)
_COMPLETED = {"entityType": "USER_TASK", "operationType": "COMPLETE", "result": "SUCCESS"}
_STARTED = {"entityType": "PROCESS_INSTANCE", "operationType": "CREATE", "result": "SUCCESS"}
_FILTERS_OF_89 = {"state", "elementId", "candidateGroup", "processInstanceKey", "processInstanceVariables"}


@dataclass(frozen=True, kw_only=True)
class Task:
    """A user task of a case. ``actor``: who completed it, where the audit log knows: USER or CLIENT and its id."""

    key: int
    element: str
    name: str
    case: str
    group: str
    due: str | None = None
    state: str = "CREATED"
    instance: int = 2251799813692907
    element_instance: int = 2251799813693042
    loop: int | None = None
    assignee: str | None = None
    actor: tuple[str, str] | None = None


class Camunda(ThreadingHTTPServer):
    """A running server; ``away`` lets it answer 503, ``seen`` holds method and path of every call."""

    def __init__(self, version: str, tasks: Sequence[Task]) -> None:
        super().__init__((HOST, 0), _Calls)
        self.version = version
        self.tasks = list(tasks)
        self.away = False
        self.audited = True
        self.starter = ""
        self.users: dict[str, str] = {}
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://{HOST}:{self.server_address[1]}"

    def found(self, search: dict[str, Any], case: str | None, element: str | None, group: str | None) -> list[Task]:
        """Return the tasks that a search wants."""
        instance = search.get("processInstanceKey")
        return [
            task
            for task in self.tasks
            if case in {None, json.dumps(task.case)}
            and element in {None, task.element}
            and group in {None, task.group}
            and instance in {None, str(task.instance)}
            and search.get("state", task.state) == task.state
        ]


@contextmanager
def camunda(version: str, tasks: Sequence[Task]) -> Iterator[Camunda]:
    """Run a server of version 8.6 or 8.9."""
    with Camunda(version, tasks) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(timeout=5)


class _Calls(BaseHTTPRequestHandler):
    server: Camunda

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(f"POST {self.path}")
        if self.server.away:
            self._answer(503, {})
        elif self.path == "/api/login":
            self._answer(204, None, [("Set-Cookie", "TASKLIST-SESSION=1; Path=/"), ("X-CSRF-TOKEN", _TOKEN)])
        elif self.server.version == "8.6":
            self._of_86(json.loads(body))
        else:
            self._of_89(json.loads(body))

    def _of_86(self, search: dict[str, Any]) -> None:
        if self.path != "/v1/tasks/search":
            self._answer(405, {"status": 405, "error": "Method Not Allowed", "path": self.path})
        elif self.headers.get("X-CSRF-TOKEN") != _TOKEN or "TASKLIST-SESSION=1" not in self.headers.get("Cookie", ""):
            self._answer(401, {})
        else:
            # Tasklist overlooks what it does not know, and would return every task.
            (condition,) = search.get("taskVariables") or [{}]
            assert not condition or (condition["name"], condition["operator"]) == ("caseId", "eq")
            found = self.server.found(
                search, condition.get("value"), search.get("taskDefinitionId"), search.get("candidateGroup")
            )
            names = [each["name"] for each in search.get("includeVariables") or []]
            self._answer(200, [_task_of_86(task, names) for task in found])

    def _of_89(self, search: dict[str, Any]) -> None:
        wanted = search["filter"]
        if self.path == "/v2/audit-logs/search":
            found = [task for task in self.server.tasks if task.actor and self.server.audited]
            operation = {name: value for name, value in wanted.items() if isinstance(value, str)}
            if operation == _STARTED:
                keys = wanted["processInstanceKey"]["$in"]
                items = [_started(int(key), self.server.starter) for key in keys if self.server.starter]
            else:
                assert operation == _COMPLETED
                keys = wanted["elementInstanceKey"]["$in"]
                items = [_audited(t, *t.actor) for t in found if t.actor and str(t.element_instance) in keys]
            self._answer(200, {"items": items, "page": {"totalItems": len(items)}})
        elif self.path == "/v2/variables/search":
            assert wanted["name"] == "caseId"
            cases = {str(task.instance): task.case for task in self.server.tasks}
            items = [_variable(wanted["name"], cases[key], key) for key in wanted["scopeKey"]["$in"] if key in cases]
            self._answer(200, {"items": items, "page": {"totalItems": len(items)}})
        elif self.path != "/v2/user-tasks/search":
            self._answer(404, {})
        elif unknown := set(wanted) - _FILTERS_OF_89:
            self._answer(
                400, {"title": "Bad Request", "detail": f"Request property {sorted(unknown)} cannot be parsed"}
            )
        else:
            (condition,) = wanted.get("processInstanceVariables") or [{}]
            assert condition.get("name") in {None, "caseId"}
            group = wanted.get("candidateGroup")
            found = self.server.found(wanted, condition.get("value"), wanted.get("elementId"), group)
            page = {"totalItems": len(found), "hasMoreTotalItems": False, "startCursor": None, "endCursor": None}
            self._answer(200, {"items": [_task_of_89(task) for task in found], "page": page})

    def do_GET(self) -> None:
        self.server.seen.append(f"GET {self.path}")
        user = self.path.removeprefix("/v2/users/")
        if self.server.version == "8.9" and user in self.server.users:
            self._answer(200, {"username": user, "name": self.server.users[user], "email": ""})
        else:
            self._answer(404, {"title": "NOT_FOUND"})

    def _answer(self, status: int, content: Any, headers: Sequence[tuple[str, str]] = ()) -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


def _task_of_86(task: Task, names: Sequence[str] = ()) -> dict[str, Any]:
    known = {"caseId": json.dumps(task.case), "loopCounter": None if task.loop is None else json.dumps(task.loop)}
    return {
        "id": str(task.key),
        "name": task.name,
        "taskDefinitionId": task.element,
        "processName": "伊勢崎市 包括連携協定の締結",
        "creationDate": "2026-11-29T09:30:30.358+0900",
        "completionDate": None,
        "assignee": task.assignee,
        "taskState": task.state,
        "sortValues": ["1795912230358", str(task.key)],
        "isFirst": True,
        "formKey": "2251799813692711",
        "formId": "isesaki-offer",
        "formVersion": 2,
        "isFormEmbedded": False,
        "processDefinitionKey": "2251799813692714",
        "processInstanceKey": str(task.instance),
        "tenantId": "<default>",
        "dueDate": task.due,
        "followUpDate": None,
        "candidateGroups": [task.group],
        "candidateUsers": None,
        "variables": [{"name": name, "value": known[name]} for name in names if known.get(name)] or None,
        "context": None,
        "implementation": "ZEEBE_USER_TASK",
        "priority": 50,
    }


def _task_of_89(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "state": task.state,
        "assignee": task.assignee,
        "elementId": task.element,
        "candidateGroups": [task.group],
        "candidateUsers": [],
        "processDefinitionId": "isesaki-signing",
        "creationDate": "2026-11-29T00:30:30.358Z",
        "completionDate": None,
        "followUpDate": None,
        "dueDate": task.due,
        "tenantId": "<default>",
        "externalFormReference": None,
        "processDefinitionVersion": 2,
        "customHeaders": {},
        "priority": 50,
        "userTaskKey": str(task.key),
        "elementInstanceKey": str(task.element_instance),
        "processName": "伊勢崎市 包括連携協定の締結",
        "processDefinitionKey": "2251799813692714",
        "processInstanceKey": str(task.instance),
        "rootProcessInstanceKey": "2251799813692907",
        "formKey": "2251799813692711",
        "businessId": None,
        "tags": [],
    }


def _audited(task: Task, kind: str, actor: str) -> dict[str, Any]:
    return {
        "auditLogKey": "8f0e1c0e-2251799813693999",
        "entityKey": str(task.key),
        "entityType": "USER_TASK",
        "operationType": "COMPLETE",
        "batchOperationKey": None,
        "batchOperationType": None,
        "timestamp": "2026-11-29T01:12:00.000Z",
        "actorId": actor,
        "actorType": kind,
        "agentElementId": None,
        "tenantId": "<default>",
        "result": "SUCCESS",
        "category": "USER_TASKS",
        "processDefinitionId": "isesaki-signing",
        "processInstanceKey": str(task.instance),
        "elementInstanceKey": str(task.element_instance),
        "jobKey": None,
        "userTaskKey": str(task.key),
    }


def _variable(name: str, value: str, scope: str) -> dict[str, Any]:
    return {
        "name": name,
        "value": json.dumps(value),
        "tenantId": "<default>",
        "isTruncated": False,
        "variableKey": f"{scope}1",
        "scopeKey": scope,
        "processInstanceKey": scope,
        "rootProcessInstanceKey": scope,
    }


def _started(instance: int, actor: str) -> dict[str, Any]:
    task = Task(key=instance, element="", name="", case="", group="", instance=instance)
    return {
        **_audited(task, "USER", actor),
        "entityType": "PROCESS_INSTANCE",
        "operationType": "CREATE",
        "category": "DEPLOYED_RESOURCES",
        "elementInstanceKey": None,
        "userTaskKey": None,
    }
