"""Camunda's own backups of the engine (8.8 and later): the runtime backup API of its management port.

The engine writes into the backup store that it is configured with; here it is only asked to, and waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, Self

import httpx

from workers.adapters.camunda.http import HttpClient, raise_for_status, trusted, unreachable_is_retryable
from workers.errors import PermanentError, RetryableError

PATH: Final = "/actuator/backupRuntime"
_WHAT: Final = "Camunda のバックアップの API"
_DONE: Final = "COMPLETED"
_UNDER_WAY: Final = {"IN_PROGRESS", "INCOMPLETE", "DOES_NOT_EXIST"}
_POLL_SECONDS: Final = 1.0


class EngineBackups(HttpClient):
    """Asks for backups. RetryableError: try again later; PermanentError: it is refused, or failed."""

    def __init__(self, http: httpx.AsyncClient, *, poll_seconds: float = _POLL_SECONDS) -> None:
        super().__init__(http)
        self._poll = poll_seconds

    @classmethod
    def at(cls, address: str) -> Self:
        """Return a client of the management port (8.9: 9600). No proxy of the environment is used."""
        return cls(httpx.AsyncClient(base_url=address, timeout=60, trust_env=False, verify=trusted()))

    async def take(self, number: int, *, seconds: float) -> dict[str, Any]:
        """Have a backup taken and wait for it; returns its id, state and the engine's version.

        ``number``: an id larger than any before. An engine with continuous or scheduled backups takes none and gives
        its own.
        """
        before = {int(one["backupId"]) for one in await self.all()}
        response = await self._call("POST", PATH, {"backupId": number})
        if response.status_code == httpx.codes.BAD_REQUEST:
            response = await self._call("POST", PATH, None)
            number = 0
        if response.status_code == httpx.codes.CONFLICT:
            raise PermanentError(
                "同じか、より大きい番号のバックアップがすでにあります。少し待ってからやり直してください"
            )
        raise_for_status(response, _WHAT)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = await self._find(number, before)
            if found is not None and found["state"] == _DONE:
                details = found.get("details") or [{}]
                return {"backup_id": int(found["backupId"]), "version": str(details[0].get("brokerVersion") or "")}
            if found is not None and found["state"] not in _UNDER_WAY:
                raise PermanentError(f"Camunda のバックアップが失敗しました（{found['state']}）")
            await asyncio.sleep(self._poll)
        raise RetryableError(f"Camunda のバックアップが {seconds:.0f} 秒待っても終わりません")

    async def all(self) -> list[dict[str, Any]]:
        """Return the backups that the engine knows."""
        response = await self._call("GET", PATH, None)
        raise_for_status(response, _WHAT)
        found: list[dict[str, Any]] = response.json()
        return found

    async def _find(self, number: int, before: set[int]) -> dict[str, Any] | None:
        if number:
            response = await self._call("GET", f"{PATH}/{number}", None)
            if response.status_code == httpx.codes.NOT_FOUND:
                return None
            raise_for_status(response, _WHAT)
            found: dict[str, Any] = response.json()
            return found
        new = [one for one in await self.all() if int(one["backupId"]) not in before]
        return max(new, key=lambda one: int(one["backupId"])) if new else None

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        """Return an answer, whatever its status. Without a body there is no content type: the engine refuses one."""
        with unreachable_is_retryable():
            return await self._http.request(method, path, json=body) if body else await self._http.request(method, path)
