"""Who completed a user task: by 8.9's audit log, by its user tasks, or by Tasklist's on 8.6. All lag about a second.

8.6 does not tell which element instance a task belongs to. It gives out its keys in the order of what happens, so the
task of an element instance is the first one of this element after it; in a multi-instance body, of the same round.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.acts import Act, Completion

_LOOP: Final = "loopCounter"
_AT_ONCE: Final = 4
_PAGE: Final = 200
_PROGRAM: Final = "プログラム"
_UNTOLD: Final = Completion(task_key=None, person="", name="")
"""Before 8.9 nothing says who started an instance."""

Group = tuple[int, str]
"""Process instance and element."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A completed task as Tasklist shows it."""

    key: int
    loop: int | None
    assignee: str


class People:
    """Looks up who did what; which API answers is found out at the first look."""

    def __init__(self, rest: RestClient, tasklist: Tasklist | None) -> None:
        """Create one; ``tasklist`` is None where none is configured."""
        self._rest = rest
        self._tasklist = tasklist
        self._has_audit: bool | None = None
        self._has_search: bool | None = None
        self._names: dict[str, str] = {}

    async def look_up(self, acts: Sequence[Act], taken: Iterable[int]) -> dict[int, Completion] | None:
        """Return what is known of the acts' tasks, by the act's number; None where no engine tells at all.

        ``taken``: tasks that are known to be other acts'. What the index does not show yet is missing. Raises
        RetryableError when the engine or Tasklist does not answer, PermanentError when they refuse.
        """
        found = await self._by_audit(acts)
        rest = [act for act in acts if act.id not in found and not act.is_start]
        if not self._has_audit:
            found |= {act.id: _UNTOLD for act in acts if act.is_start and act.id is not None}
        searched = await self._by_search(rest) if rest else {}
        if searched is not None:
            return found | searched
        if self._tasklist is None:
            return None
        return found | await self._by_tasklist(self._tasklist, rest, set(taken))

    async def _by_audit(self, acts: Sequence[Act]) -> dict[int, Completion]:
        """8.9: the log of who did what; empty where there is none, or no permission to read it."""
        starts = [act for act in acts if act.is_start]
        tasks = [act for act in acts if not act.is_start]
        found = await self._logged(tasks, "elementInstanceKey", entityType="USER_TASK", operationType="COMPLETE")
        return found | await self._logged(
            starts, "processInstanceKey", entityType="PROCESS_INSTANCE", operationType="CREATE"
        )

    async def _logged(self, acts: Sequence[Act], field: str, **operation: str) -> dict[int, Completion]:
        if self._has_audit is False or not acts:
            return {}
        by_key = {str(act.element_instance_key): act for act in acts}
        wanted = {field: {"$in": list(by_key)}, **operation, "result": "SUCCESS"}
        items = await self._rest.search("/v2/audit-logs/search", {"filter": wanted, "page": {"limit": len(by_key)}})
        self._has_audit = items is not None
        found = {}
        for item in items or []:
            act = by_key.get(str(item.get(field)))
            if act is not None and act.id is not None:
                found[act.id] = await self._audited(item)
        return found

    async def _audited(self, item: Mapping[str, Any]) -> Completion:
        actor, key = item.get("actorId") or "", item.get("userTaskKey")
        if item.get("actorType") == "USER":
            name = await self._name(actor)
        else:
            name = f"{_PROGRAM}（{actor}）" if actor else _PROGRAM
        return Completion(task_key=int(key) if key else None, person=actor or _PROGRAM, name=name)

    async def _by_search(self, acts: Sequence[Act]) -> dict[int, Completion] | None:
        """Since 8.8: the completed tasks with their assignees; None where the engine has no such search."""
        if self._has_search is False:
            return None
        found: dict[int, Completion] = {}
        for (instance, element), members in _groups(acts).items():
            wanted = {"processInstanceKey": str(instance), "elementId": element, "state": "COMPLETED"}
            items = await self._all_pages(wanted)
            self._has_search = items is not None
            if items is None:
                return None
            by_key = {int(item["elementInstanceKey"]): item for item in items}
            for act in members:
                item = by_key.get(act.element_instance_key)
                if item is not None and act.id is not None:
                    assignee = item.get("assignee") or ""
                    name = await self._name(assignee)
                    found[act.id] = Completion(task_key=int(item["userTaskKey"]), person=assignee, name=name)
        return found

    async def _all_pages(self, wanted: Mapping[str, str]) -> list[dict[str, Any]] | None:
        items: list[dict[str, Any]] = []
        while True:
            search = {"filter": dict(wanted), "page": {"from": len(items), "limit": _PAGE}}
            page = await self._rest.search("/v2/user-tasks/search", search)
            if page is None:
                return None
            items += page
            if len(page) < _PAGE:
                return items

    async def _name(self, user: str) -> str:
        """Return what the engine calls a user; empty where it does not say."""
        if user and user not in self._names:
            self._names[user] = await self._rest.user_name(user)
        return self._names.get(user, "")

    async def _by_tasklist(self, tasklist: Tasklist, acts: Sequence[Act], taken: set[int]) -> dict[int, Completion]:
        free = asyncio.Semaphore(_AT_ONCE)
        found: dict[int, Completion] = {}

        async def look(group: Group, members: list[Act]) -> None:
            instance, element = group
            wanted = {"processInstanceKey": str(instance), "taskDefinitionId": element}
            async with free:
                items = await tasklist.search(wanted, state="COMPLETED", variables=[_LOOP])
            found.update(matched(members, [_row(item) for item in items], taken))

        looks = [look(group, members) for group, members in _groups(acts).items()]
        await asyncio.gather(*looks)
        return found


def matched(acts: Iterable[Act], rows: Iterable[Row], taken: set[int]) -> dict[int, Completion]:
    """Return the task of each act among the completed tasks of the same element, by the order of the engine's keys."""
    free = sorted((row for row in rows if row.key not in taken), key=lambda row: row.key)
    found: dict[int, Completion] = {}
    for act in sorted(acts, key=lambda act: act.element_instance_key):
        row = next((row for row in free if row.key > act.element_instance_key and _same_round(row, act)), None)
        if row is not None and act.id is not None:
            free.remove(row)
            found[act.id] = Completion(task_key=row.key, person=row.assignee, name="")
    return found


def _same_round(row: Row, act: Act) -> bool:
    return row.loop is None or act.loop is None or row.loop == act.loop


def _groups(acts: Iterable[Act]) -> dict[Group, list[Act]]:
    groups: dict[Group, list[Act]] = defaultdict(list)
    for act in acts:
        groups[act.process_instance_key, act.element_id].append(act)
    return groups


def _row(item: Mapping[str, Any]) -> Row:
    values = {each["name"]: each["value"] for each in item.get("variables") or ()}
    loop = json.loads(values[_LOOP]) if _LOOP in values else None
    return Row(key=int(item["id"]), loop=loop if isinstance(loop, int) else None, assignee=item.get("assignee") or "")
