"""Camunda's own backup is asked for and waited for as its published description says (8.8 and later)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from jsonschema import Draft202012Validator

from workers.adapters.camunda.backups import PATH, EngineBackups
from workers.errors import PermanentError, RetryableError

pytestmark = pytest.mark.asyncio
_SCHEMAS: Final = json.loads((Path(__file__).parents[1] / "data" / "camunda-backup.json").read_text(encoding="utf-8"))


def _as_described(what: str, value: Any) -> Any:
    Draft202012Validator(_SCHEMAS[what]).validate(value)
    return value


class Camunda:
    """The management port. ``own_ids``: continuous backups are on. ``states``: what it says of a backup, in turn."""

    def __init__(self, *states: str, own_ids: bool = False, known: tuple[int, ...] = ()) -> None:
        self.own_ids = own_ids
        self.states = list(states)
        self.backups = list(known)
        self.taken: list[int] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as the description says."""
        path = request.url.path
        if request.method == "POST":
            return self._take(request)
        if path == PATH:
            return httpx.Response(200, json=[self._info(number, "COMPLETED") for number in reversed(self.backups)])
        number = int(path.removeprefix(f"{PATH}/"))
        if number not in self.taken:
            return httpx.Response(404, json={"message": "no such backup"})
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, json=self._info(number, state))

    def _take(self, request: httpx.Request) -> httpx.Response:
        if self.own_ids:
            if request.content or "content-type" in request.headers:
                return httpx.Response(400, json={"message": "backupId must not be given"})
            number = max(self.backups, default=0) + 7
            self.backups.append(number)
        else:
            number = _as_described("TakeBackupRuntimeRequest", json.loads(request.content))["backupId"]
            if number <= max(self.backups, default=0):
                return httpx.Response(409, json={"message": "a backup with the same or a higher id exists"})
        self.taken.append(number)
        return httpx.Response(202, json=_as_described("TakeBackupRuntimeResponse", {"message": "scheduled"}))

    def _info(self, number: int, state: str) -> dict[str, Any]:
        part = {"partitionId": 1, "state": state, "brokerVersion": "8.9.21"}
        found: dict[str, Any] = _as_described(
            "BackupInfo", {"backupId": number, "state": state, "failureReason": "", "details": [part]}
        )
        return found


def _client(camunda: Camunda) -> EngineBackups:
    http = httpx.AsyncClient(transport=httpx.MockTransport(camunda), base_url="http://camunda.example:9600")
    return EngineBackups(http, poll_seconds=0.001)


async def test_a_backup_is_asked_for_by_number_and_waited_for() -> None:
    camunda = Camunda("IN_PROGRESS", "IN_PROGRESS", "COMPLETED")
    async with _client(camunda) as backups:
        assert await backups.take(1748937221, seconds=5) == {"backup_id": 1748937221, "version": "8.9.21"}
    assert camunda.taken == [1748937221]


async def test_an_engine_that_numbers_its_backups_itself_is_asked_without_a_number() -> None:
    camunda = Camunda("COMPLETED", own_ids=True, known=(10, 20))
    async with _client(camunda) as backups:
        assert (await backups.take(1748937221, seconds=5))["backup_id"] == 27


async def test_a_backup_that_fails_or_is_refused_or_late_is_told() -> None:
    async with _client(Camunda("IN_PROGRESS", "FAILED")) as backups:
        with pytest.raises(PermanentError, match="FAILED"):
            await backups.take(5, seconds=5)
    async with _client(Camunda("COMPLETED", known=(9,))) as backups:
        with pytest.raises(PermanentError, match="番号"):
            await backups.take(5, seconds=5)
    async with _client(Camunda("IN_PROGRESS")) as backups:
        with pytest.raises(RetryableError, match="待っても"):
            await backups.take(5, seconds=0.05)
