"""What the engine that is deployed to has by now, whoever put it there: by Operate on 8.6, by its own index on 8.9.

It may not answer: a broker alone has no index. Then nothing is known, which is no error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from workers.adapters.camunda.index import EngineIndex, first_of
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.errors import RenkeiError
from workers.settings import Settings

_OPERATE: Final = {"processDefinitionId": "bpmnProcessId"}


class There(NamedTuple):
    """A version of a process in the engine."""

    key: int
    version: int


class EngineThere:
    """Asks the index until it fails once."""

    def __init__(self, index: EngineIndex) -> None:
        self._index: EngineIndex | None = index

    async def newest(self, processes: Sequence[str]) -> dict[str, There]:
        """Return the newest version of each process that the engine has; none where it does not answer."""
        found = {process: await self._versions(process) for process in processes}
        return {
            process: max(versions, key=lambda there: there.version) for process, versions in found.items() if versions
        }

    async def xml(self, key: int) -> bytes | None:
        """Return the diagram of a version; None where it cannot be had."""
        if self._index is None:
            return None
        try:
            return await self._index.definition_xml(key)
        except RenkeiError:
            return None

    async def running(self, process: str) -> dict[int, int] | None:
        """Return how many cases run in each version of a process; None where the index does not answer."""
        if self._index is None:
            return None
        try:
            found = await self._index.search(
                "process-instances", {"processDefinitionId": process, "state": "ACTIVE"}, _OPERATE
            )
        except RenkeiError:
            self._index = None
            return None
        return dict(Counter(int(first_of(item, "processDefinitionVersion", "processVersion")) for item in found))

    async def _versions(self, process: str) -> list[There]:
        if self._index is None:
            return []
        try:
            found = await self._index.search("process-definitions", {"processDefinitionId": process}, _OPERATE)
        except RenkeiError:
            self._index = None
            return []
        return [There(int(first_of(item, "processDefinitionKey", "key")), int(item["version"])) for item in found]


@asynccontextmanager
async def engine_of(settings: Settings) -> AsyncIterator[EngineThere]:
    """Open the configured engine's index."""
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        yield EngineThere(EngineIndex(rest, tasklist))
