"""Groups, their role and their permissions in Camunda (8.9: ``/v2/groups``, ``/v2/roles``, ``/v2/authorizations``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from workers.adapters.camunda.http import raise_for_status
from workers.adapters.camunda.rest import RestClient
from workers.errors import PermanentError
from workers.packs.access import Access, Grant, Group

_WHAT: Final = "Camunda の管理"
_GROUP: Final = "GROUP"


@dataclass(frozen=True, kw_only=True)
class Step:
    """A change that is due. ``says`` tells a person what it is."""

    says: str
    method: str
    path: str
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``steps`` bring Camunda to what is wanted. ``strangers``: groups of the cities that no pack names any more."""

    steps: tuple[Step, ...]
    strangers: tuple[Group, ...]


async def plan_access(rest: RestClient, access: Access, cities: tuple[str, ...]) -> Plan:
    """Return what is to be done; nothing is changed, and nothing is ever taken away.

    Args:
        rest: Signed in as somebody who may read and change groups and authorizations.
        access: What is wanted.
        cities: The codes with which the ids of the cities' own groups begin.

    Raises:
        PermanentError: The engine has no such API (before 8.8), or refuses us.
        RetryableError: It does not answer.
    """
    there = {found["groupId"]: found["name"] for found in await _all(rest, "groups", {})}
    members = {found["groupId"] for found in await _all(rest, f"roles/{access.role}/groups", {})}
    steps = [step for group in access.groups for step in _group_steps(group, there, members, access.role)]
    granted = await _all(rest, "authorizations", {"ownerType": _GROUP})
    steps += [step for grant in access.grants if (step := _grant_step(grant, granted))]
    wanted = {group.id for group in access.groups}
    strangers = [Group(*item) for item in sorted(there.items()) if item[0] not in wanted and _is_ours(item[0], cities)]
    return Plan(steps=tuple(steps), strangers=tuple(strangers))


async def carry_out(rest: RestClient, step: Step) -> None:
    """Do one step; raises PermanentError, RetryableError."""
    raise_for_status(await rest.request(step.method, step.path, step.body), _WHAT)


async def _all(rest: RestClient, what: str, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = await rest.search_all(what, wanted)
    if found is None:
        raise PermanentError("この Camunda では、グループと権限を renkei から整えられません（8.8 以降で使えます）")
    return found


def _group_steps(group: Group, there: Mapping[str, str], members: set[str], role: str) -> list[Step]:
    path = f"/v2/groups/{quote(group.id, safe='')}"
    steps = []
    if group.id not in there:
        body = {"groupId": group.id, "name": group.name}
        steps.append(
            Step(says=f"グループ {group.id}（{group.name}）を作る", method="POST", path="/v2/groups", body=body)
        )
    elif there[group.id] != group.name:
        says = f"グループ {group.id} の名前を「{there[group.id]}」から「{group.name}」に直す"
        steps.append(Step(says=says, method="PUT", path=path, body={"name": group.name}))
    if group.id not in members:
        says = f"グループ {group.id} に役割 {role} を与える"
        steps.append(Step(says=says, method="PUT", path=f"/v2/roles/{role}{path.removeprefix('/v2')}"))
    return steps


def _grant_step(grant: Grant, granted: list[dict[str, Any]]) -> Step | None:
    """Return how a group gets what it lacks; permissions that somebody has added by hand stay."""
    same = [found for found in granted if _resource_of(found) == (grant.group, grant.resource_type, grant.resource_id)]
    given = {permission for found in same for permission in found["permissionTypes"]}
    missing = [permission for permission in grant.permissions if permission not in given]
    if not missing:
        return None
    what = f"{grant.resource_type} {grant.resource_id}"
    says = f"グループ {grant.group} に {what} の {'、'.join(missing)} を許す"
    body = {
        "ownerId": grant.group,
        "ownerType": _GROUP,
        "resourceId": grant.resource_id,
        "resourceType": grant.resource_type,
    }
    if not same:
        created = {**body, "permissionTypes": list(grant.permissions)}
        return Step(says=says, method="POST", path="/v2/authorizations", body=created)
    kept = {**body, "permissionTypes": [*same[0]["permissionTypes"], *missing]}
    return Step(says=says, method="PUT", path=f"/v2/authorizations/{same[0]['authorizationKey']}", body=kept)


def _resource_of(found: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    return found["ownerId"], found["resourceType"], found["resourceId"]


def _is_ours(group: str, cities: tuple[str, ...]) -> bool:
    return group.startswith(tuple(f"{code}-" for code in cities))
