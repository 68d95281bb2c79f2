"""Waits until every record of an engine up to now is here."""

from __future__ import annotations

import asyncio

from workers.trial.api import Api
from workers.trial.records import Records

_BARRIER = "renkei-barrier"


class Barrier:
    """A signal is broadcast; its own record comes after all that went before it.

    Cases side by side ask all the time: who asks while a signal is on its way waits for the next one, together with
    all others who ask meanwhile. One engine has one barrier.
    """

    def __init__(self, rest: str, records: Records) -> None:
        """``rest``: the base URL of the engine's REST API."""
        self._rest = rest
        self._records = records
        self._api: Api | None = None
        self._coming: asyncio.Task[None] | None = None
        self._under_way: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def passed(self, seconds: float) -> None:
        """Return when all that had happened before the call is recorded; raises NotReached."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # what another loop left behind ends no more
            self._loop, self._coming, self._under_way = loop, None, None
        if self._coming is None:
            self._coming = asyncio.create_task(self._pass(self._under_way, seconds))
        await asyncio.shield(self._coming)

    async def _pass(self, before: asyncio.Task[None] | None, seconds: float) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._under_way, self._coming = self._coming, None
        api = self._api = self._api or Api(self._rest)
        key = await asyncio.to_thread(api.broadcast, _BARRIER, {})
        await self._records.wait(lambda: self._records.last_signal >= key, timeout=seconds, what="the exporter")

    def close(self) -> None:
        """Close the connection."""
        if self._api is not None:
            self._api.close()
