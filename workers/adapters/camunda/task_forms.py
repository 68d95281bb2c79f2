"""What an open user task shows: its form and the variables that the form reads. By 8.9's API, or Tasklist's on 8.6."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist

_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class ShownTask:
    """An open task's form as form-js reads it, and the values of what it reads."""

    form: Mapping[str, Any]
    values: Mapping[str, Any]


class TaskForms:
    """Reads open tasks; changes nothing. Raises RetryableError while the engine or its index does not answer."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._rest = rest
        self._tasklist = tasklist
        self._tasks = OpenTasks(rest, tasklist)

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the newest open task of an element in a case, None where there is none.

        ``names`` tells which variables a form reads: no other one leaves the engine.
        """
        found = await self._tasks.find(case_id=case_id, element_id=element_id)
        if not found:
            return None
        return await self.of_task(found[-1].key, names)

    async def of_task(self, key: int, names: Callable[[Mapping[str, Any]], Collection[str]]) -> ShownTask:
        """Return the form and the values of an open task, by its key; raises PermanentError where it has no form."""
        response = await self._rest.request("GET", f"/v2/user-tasks/{key}/form", None)
        if response.is_success:
            form: Mapping[str, Any] = json.loads(response.json()["schema"])
            return ShownTask(form=form, values=await self._by_engine(key, names(form)))
        form = await self._tasklist.form(key)
        return ShownTask(form=form, values=await self._tasklist.variables(key, sorted(names(form))))

    async def _by_engine(self, key: int, names: Collection[str]) -> dict[str, Any]:
        wanted = {"filter": {"name": {"$in": sorted(names)}}, "page": {"from": 0, "limit": _PAGE}}
        path = f"/v2/user-tasks/{key}/variables/search?truncateValues=false"
        found = await self._rest.search(path, wanted)
        return {item["name"]: json.loads(item["value"]) for item in found or []}
