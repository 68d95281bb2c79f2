"""``renkei sync-groups``: against an API that checks every word with Camunda 8.9's published schemas."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from jsonschema import ValidationError
from ruamel.yaml import YAML

from tests.kit.camunda89api import FILE, Api, extract
from workers.adapters.camunda import identity
from workers.adapters.camunda.identity import carry_out, plan_access
from workers.adapters.camunda.identity_file import initialization
from workers.adapters.camunda.rest import RestClient
from workers.cli import main
from workers.errors import PermanentError
from workers.packs.access import START, Access, Grant, Group, wanted_access
from workers.packs.finding import CityPacks

ROOT = Path(__file__).parents[2]
_ACCESS = wanted_access(CityPacks([ROOT / "bpmn"]), ROOT / "bpmn" / "common")
_CITIES = tuple(CityPacks([ROOT / "bpmn"]).codes())


class Camunda:
    """Keeps groups, members and authorizations; refuses what the API's description does not have."""

    def __init__(self) -> None:
        self.api = Api()
        self.groups: dict[str, str] = {}
        self.members: set[str] = set()
        self.authorizations: dict[str, dict[str, Any]] = {}
        self.changes: list[str] = []
        self.refuses = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, both sides of it checked."""
        if self.refuses:
            return httpx.Response(self.refuses)
        name, told = self.api.find(request.method, request.url.path)
        body = json.loads(request.content) if request.content else None
        if body is not None:
            self.api.check(name, "body", body)
        method = re.sub("([A-Z])", r"_\1", f"_{name}").lower()
        status, answer = getattr(self, method)(told, body)
        if answer is not None:
            self.api.check(name, "answer", answer)
        if request.method == "PUT" or "search" not in request.url.path:
            self.changes.append(f"{request.method} {request.url.path}")
        return httpx.Response(status, json=answer) if answer is not None else httpx.Response(status)

    def client(self) -> RestClient:
        """Return a client that talks to this."""
        client = RestClient("http://camunda.invalid")
        client._http = httpx.AsyncClient(
            base_url="http://camunda.invalid", transport=httpx.MockTransport(self.answer), timeout=5
        )
        return client

    def _search_groups(self, _told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        found = [{"groupId": key, "name": name, "description": None} for key, name in sorted(self.groups.items())]
        return 200, _page(found, body)

    def _search_groups_for_role(self, told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        assert told == {"roleId": "task-worker"}
        return 200, _page([{"groupId": key} for key in sorted(self.members)], body)

    def _search_authorizations(self, _told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        found = [{**row, "authorizationKey": key} for key, row in self.authorizations.items()]
        return 200, _page([row for row in found if row["ownerType"] == body["filter"]["ownerType"]], body)

    def _create_group(self, _told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        self.groups[body["groupId"]] = body["name"]
        return 201, {**body, "description": None}

    def _update_group(self, told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        self.groups[told["groupId"]] = body["name"]
        return 200, {**body, "groupId": told["groupId"], "description": None}

    def _assign_role_to_group(self, told: dict[str, str], _body: object) -> tuple[int, Any]:
        assert told["groupId"] in self.groups, "a group gets a role after it was made"
        self.members.add(told["groupId"])
        return 204, None

    def _create_authorization(self, _told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        key = str(2251799813685249 + len(self.authorizations))
        self.authorizations[key] = {**body, "resourcePropertyName": None}
        return 201, {"authorizationKey": key}

    def _update_authorization(self, told: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        self.authorizations[told["authorizationKey"]].update(body)
        return 204, None


def _page(found: list[dict[str, Any]], body: dict[str, Any]) -> dict[str, Any]:
    first, limit = body["page"]["from"], body["page"]["limit"]
    cursors = {"startCursor": None, "endCursor": None, "hasMoreTotalItems": False}
    return {"items": found[first : first + limit], "page": {"totalItems": len(found), **cursors}}


def _sync(camunda: Camunda, access: Access, *, dry_run: bool = False) -> identity.Plan:
    async def work() -> identity.Plan:
        async with camunda.client() as rest:
            plan = await plan_access(rest, access, _CITIES)
            for step in () if dry_run else plan.steps:
                await carry_out(rest, step)
            return plan

    return asyncio.run(work())


def test_a_dry_run_changes_nothing_and_says_what_the_real_one_does() -> None:
    camunda = Camunda()
    planned = _sync(camunda, _ACCESS, dry_run=True)
    assert camunda.changes == []
    done = _sync(camunda, _ACCESS)
    assert planned == done
    assert len(camunda.changes) == len(done.steps)
    assert set(camunda.groups) == camunda.members == {group.id for group in _ACCESS.groups}
    assert _sync(camunda, _ACCESS).steps == (), "a second time there is nothing to do"


def test_offices_start_their_processes_and_departments_work_on_tasks() -> None:
    grants = {(grant.group, grant.resource_id): grant.permissions for grant in _ACCESS.grants}
    office = CityPacks([ROOT / "bpmn"]).city("isesaki").office.group
    assert grants[office, "isesaki-signing"] == START
    assert grants[office, "common-agreement-termination"] == START
    assert ("isesaki-koho", "isesaki-signing") not in grants
    assert ("isesaki-koho", "tasklist") in grants
    assert ("renkei", "tasklist") in grants
    assert not any("ageo" in resource for group, resource in grants if group.startswith("isesaki-"))


def test_what_is_there_is_corrected_and_nothing_is_taken_away() -> None:
    camunda = Camunda()
    access = Access(
        groups=(Group("isesaki-a", "伊勢崎市 甲課"),), grants=(Grant("isesaki-a", "PROCESS_DEFINITION", "p", START),)
    )
    camunda.groups = {"isesaki-a": "甲", "isesaki-old": "なくなった課", "others": "よそのもの"}
    camunda.authorizations["1"] = {
        "ownerId": "isesaki-a",
        "ownerType": "GROUP",
        "resourceType": "PROCESS_DEFINITION",
        "resourceId": "p",
        "permissionTypes": ["READ_PROCESS_DEFINITION", "READ_PROCESS_INSTANCE"],
        "resourcePropertyName": None,
    }
    plan = _sync(camunda, access)
    assert [step.says for step in plan.steps] == [
        "グループ isesaki-a の名前を「甲」から「伊勢崎市 甲課」に直す",
        "グループ isesaki-a に役割 task-worker を与える",
        "グループ isesaki-a に PROCESS_DEFINITION p の CREATE_PROCESS_INSTANCE を許す",
    ]
    assert [group.id for group in plan.strangers] == ["isesaki-old"]
    given = camunda.authorizations["1"]["permissionTypes"]
    assert sorted(given) == ["CREATE_PROCESS_INSTANCE", "READ_PROCESS_DEFINITION", "READ_PROCESS_INSTANCE"]
    assert set(camunda.groups) == {"isesaki-a", "isesaki-old", "others"}


@pytest.mark.parametrize("part", ["body", "answer"])
def test_the_description_refuses_what_it_does_not_have(part: str) -> None:
    with pytest.raises(ValidationError):
        Api().check("createGroup", part, {"groupId": 7})
    with pytest.raises(AssertionError, match="has no DELETE"):
        Api().find("DELETE", "/v2/nothing")


@pytest.mark.parametrize(
    ("status", "said"), [(404, r"8\.8 以降で使えます"), (403, "入れません（HTTP 403）")], ids=["8.6", "no permission"]
)
def test_an_engine_without_the_api_or_that_refuses_is_said(status: int, said: str) -> None:
    camunda = Camunda()
    camunda.refuses = status
    with pytest.raises(PermanentError, match=said):
        _sync(camunda, _ACCESS)


def test_the_file_for_a_new_cluster_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "groups.yaml"
    result = CliRunner().invoke(main, ["sync-groups", "--file", str(file)], env={"RENKEI_DATA": str(tmp_path)})
    assert result.exit_code == 0, result.output
    read = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    assert file.read_text(encoding="utf-8") == initialization(_ACCESS)
    assert [(group["groupId"], group["name"]) for group in read["groups"]] == [(g.id, g.name) for g in _ACCESS.groups]
    assert read["defaultRoles"]["task-worker"]["groups"] == [group.id for group in _ACCESS.groups]
    assert {(row["ownerId"], row["resourceId"], *row["permissions"]) for row in read["authorizations"]} == {
        (grant.group, grant.resource_id, *grant.permissions) for grant in _ACCESS.grants
    }


@pytest.mark.slow
def test_the_description_is_what_the_published_client_has() -> None:
    assert json.loads(extract()) == json.loads(FILE.read_text(encoding="utf-8"))
