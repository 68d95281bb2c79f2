"""A fault of configuration is no clerk's task: it stands still in the engine, and our commands name it (ALL-10)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.browser.apart import run_apart
from tests.kit.stack import renkei, wait_for
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.cli.packdeploy import deploy_city
from workers.cli.standstill import open_incidents, until_one_more
from workers.errors import PermanentError
from workers.packs.new_pack import write_pack
from workers.settings import Settings
from workers.wiring import services

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
_CITY = "midori"
_CONSULTATION = {
    "origin": "partner",
    "name": "株式会社みほん",
    "representative": "代表取締役 見本 太郎",
    "contact": "見本 花子",
    "email": "hanako@mihon.example",
}


def test_a_case_of_a_city_that_the_worker_lacks_stands_still_and_is_named(stack: Settings, tmp_path: Path) -> None:
    """The worker runs without the pack of a city that was deployed from elsewhere; ``status`` and ``demo`` tell it."""
    instance = run_apart(_start_where_the_worker_lacks_the_pack(stack, tmp_path / "packs"))
    wait_for(lambda: bool(run_apart(open_incidents(stack))), 120, "an incident")
    status = renkei("status", data=stack.data)
    told = renkei("status", "--json", data=stack.data)
    with pytest.raises(PermanentError) as stopped:
        run_apart(_watched(stack))
    tasks = run_apart(_ended_and_its_tasks(stack, instance))
    assert status.returncode == 1
    assert "止まっている仕事（インシデント）: 1 件" in status.stdout
    assert f"「{_CITY}」という市はありません" in status.stdout
    assert [f"「{_CITY}」という市はありません" in line for line in json.loads(told.stdout)["incidents"]] == [True]
    assert f"「{_CITY}」という市はありません" in stopped.value.message
    assert tasks == []


async def _start_where_the_worker_lacks_the_pack(stack: Settings, folder: Path) -> int:
    write_pack(folder, _CITY, "みどり市", taken=[])
    async with services(stack.model_copy(update={"packs": [folder]})) as built, Tasklist.from_settings(stack) as desk:
        await deploy_city(built, _CITY)
        return await desk.start(built.packs.city(_CITY).signing_process, _CONSULTATION)


async def _watched(stack: Settings) -> None:
    async with services(stack) as built, asyncio.timeout(60):
        await until_one_more(stack, built.packs, known=())


async def _ended_and_its_tasks(stack: Settings, instance: int) -> list[str]:
    """Return the ids of the tasks that the instance gave to anybody; it is cancelled."""
    async with Tasklist.from_settings(stack) as desk, RestClient.from_settings(stack) as rest:
        tasks = await desk.search({"processInstanceKey": str(instance)})
        await rest.request("POST", f"/v2/process-instances/{instance}/cancellation", {})
    return [task["id"] for task in tasks]
