"""Open user tasks: by 8.9's own search, or by Tasklist's on 8.6. Both read an index that lags about a second."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workers.adapters.camunda.rest import InstanceGoneError, RestClient, TaskGoneError
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.acts import SYSTEM_USER
from workers.errors import RetryableError
from workers.logs import get_logger

_log = get_logger(__name__)

_PAGE = 200
_POLL_SECONDS = 0.3
CASE = "caseId"
"""The process variable with the case."""


@dataclass(frozen=True, kw_only=True)
class OpenTask:
    """An open user task. ``due_date``: ISO with offset, or empty."""

    key: int
    element_id: str
    name: str
    process_instance_key: int
    assignee: str
    candidate_groups: tuple[str, ...]
    due_date: str
    case_id: str = ""
    """Only where all open tasks are asked for (``all_open``)."""


class OpenTasks:
    """Finds and changes open user tasks on 8.6 and 8.9; which of the two answers is found out at the first search."""

    def __init__(self, rest: RestClient, tasklist: Tasklist, *, has_search: bool | None = None) -> None:
        """Create one; ``has_search``: whether the engine itself searches, where that is known."""
        self._rest = rest
        self._tasklist = tasklist
        self._has_search = has_search

    async def find(
        self,
        *,
        process_instance_key: int | None = None,
        element_id: str | None = None,
        group: str | None = None,
        case_id: str | None = None,
    ) -> list[OpenTask]:
        """Return the open tasks of an instance (not of what it calls), element, candidate group or case.

        A case is found by its process variable, which every process that is called for it has, too.
        Raises RetryableError when neither search answers. The newest tasks may be missing for about a second.
        """
        wanted = {"processInstanceKey": process_instance_key, "elementId": element_id, "candidateGroup": group}
        given = {name: str(value) for name, value in wanted.items() if value is not None}
        found = await self._by_engine(given, case_id)
        return await self._by_tasklist(given, case_id) if found is None else found

    async def all_open(self) -> list[OpenTask]:
        """Return every open task with its case, as far as the index shows the case already; raises as ``find``."""
        tasks = await self._by_engine({}, None)
        if tasks is None:
            rows = await self._tasklist.search({}, variables=[CASE])
            return [replace(from_tasklist(row), case_id=_case_of(row.get("variables") or ())) for row in rows]
        cases = await self._cases(sorted({task.process_instance_key for task in tasks}))
        return [replace(task, case_id=cases.get(task.process_instance_key, "")) for task in tasks]

    async def case_of(self, task: OpenTask) -> str:
        """8.9: return a task's case, empty where the index does not show it."""
        return (await self._cases([task.process_instance_key])).get(task.process_instance_key, "")

    async def wait_for(
        self, wanted: Callable[[OpenTask], bool], *, seconds: float = 30, process_instance_key: int | None = None
    ) -> OpenTask:
        """Return a task as soon as the index shows it; raises RetryableError at the deadline."""
        deadline = time.monotonic() + seconds
        while True:
            found = [task for task in await self.find(process_instance_key=process_instance_key) if wanted(task)]
            if found:
                return found[0]
            if time.monotonic() > deadline:
                raise RetryableError("待っている作業が現れません")
            await asyncio.sleep(_POLL_SECONDS)

    async def open_keys(self, process_instance_key: int) -> list[int]:
        """Return the keys of an instance's open tasks."""
        return [task.key for task in await self.find(process_instance_key=process_instance_key)]

    async def of_instance(self, process_instance_key: int) -> list[OpenTask]:
        """Return an instance's open tasks, not those of what it calls."""
        return await self.find(process_instance_key=process_instance_key)

    async def set_due_date(self, key: int, due_date: str) -> None:
        """Set a due date (ISO with offset); a task that is gone meanwhile is left alone."""
        try:
            await self._rest.update_user_task(key, {"dueDate": due_date})
        except TaskGoneError:
            _log.info("user task is gone", key=key)

    async def complete(self, key: int, variables: Mapping[str, Any]) -> None:
        """Complete a task in our own name, whoever has claimed it; one that is gone was completed by somebody else."""
        if not await self.take(key, SYSTEM_USER, variables):
            _log.info("user task is gone", key=key)

    async def take(self, key: int, assignee: str, variables: Mapping[str, Any]) -> bool:
        """Complete a task in somebody's name, whoever has claimed it; False where it was not open any more."""
        try:
            await self._rest.assign_user_task(key, assignee)
            await self._rest.complete_user_task(key, variables)
        except TaskGoneError:
            return False
        return True

    async def assignee(self, key: int) -> str | None:
        """Return to whom a task is or was assigned, empty for nobody; None where the index does not show it yet."""
        found = await self._rest.search("/v2/user-tasks/search", {"filter": {"userTaskKey": str(key)}})
        if found is None:
            found = [await self._tasklist.task(key)]
        return str(found[0].get("assignee") or "") if found else None

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Set variables in a process or element instance; in one that has ended there is nobody to see them."""
        try:
            await self._rest.set_variables(scope_key, variables)
        except InstanceGoneError:
            _log.info("instance is gone", key=scope_key)

    async def _cases(self, instances: Sequence[int]) -> dict[int, str]:
        """8.9: the case of each process instance, by its variable."""
        found: dict[int, str] = {}
        for first in range(0, len(instances), _PAGE):
            keys = [str(key) for key in instances[first : first + _PAGE]]
            wanted = {"name": CASE, "scopeKey": {"$in": keys}}
            page = {"from": 0, "limit": _PAGE}  # a scope has each variable once
            items = await self._rest.search("/v2/variables/search", {"filter": wanted, "page": page})
            found |= {int(item["scopeKey"]): _case_of([item]) for item in items or []}
        return found

    async def _by_engine(self, given: Mapping[str, str], case_id: str | None) -> list[OpenTask] | None:
        """Return what the engine finds, None where it has no search."""
        if self._has_search is False:
            return None
        variables = {} if case_id is None else {"processInstanceVariables": [_case_variable(case_id)]}
        tasks: list[OpenTask] = []
        while True:
            page = {"from": len(tasks), "limit": _PAGE}
            sort = [{"field": "creationDate", "order": "ASC"}]
            found = await self._rest.search_user_tasks(
                {"filter": {**given, **variables, "state": "CREATED"}, "page": page, "sort": sort}
            )
            self._has_search = found is not None
            if found is None:
                return None
            tasks += [from_engine(item) for item in found]
            if len(found) < _PAGE:
                return tasks

    async def _by_tasklist(self, given: Mapping[str, str], case_id: str | None) -> list[OpenTask]:
        names = {"elementId": "taskDefinitionId"}
        wanted: dict[str, Any] = {names.get(name, name): value for name, value in given.items()}
        if case_id is not None:
            wanted["taskVariables"] = [{**_case_variable(case_id), "operator": "eq"}]
        return [from_tasklist(item) for item in await self._tasklist.search(wanted)]


def _case_of(variables: Iterable[Mapping[str, Any]]) -> str:
    """Return the case that variables name, empty where they name none."""
    values = (json.loads(each["value"]) for each in variables if each["name"] == CASE and each.get("value"))
    return next((value for value in values if isinstance(value, str)), "")


def _case_variable(case_id: str) -> dict[str, str]:
    """Return the condition that a process belongs to a case; both searches compare values as JSON."""
    return {"name": CASE, "value": json.dumps(case_id, ensure_ascii=False)}


def from_engine(item: Mapping[str, Any]) -> OpenTask:
    """Return a task of 8.9's search."""
    return OpenTask(
        key=int(item["userTaskKey"]),
        element_id=item["elementId"],
        name=item.get("name") or "",
        process_instance_key=int(item["processInstanceKey"]),
        assignee=item.get("assignee") or "",
        candidate_groups=tuple(item.get("candidateGroups") or ()),
        due_date=item.get("dueDate") or "",
    )


def from_tasklist(item: Mapping[str, Any]) -> OpenTask:
    """Return a task of Tasklist 8.6."""
    return OpenTask(
        key=int(item["id"]),
        element_id=item["taskDefinitionId"],
        name=item.get("name") or "",
        process_instance_key=int(item["processInstanceKey"]),
        assignee=item.get("assignee") or "",
        candidate_groups=tuple(item.get("candidateGroups") or ()),
        due_date=item.get("dueDate") or "",
    )
