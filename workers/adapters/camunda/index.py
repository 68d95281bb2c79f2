"""Searches what the engine exports: 8.9's own search, or Operate's on 8.6, which is one program with Tasklist there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist

_OPERATE_PATHS: Final = {"element-instances": "flownode-instances"}


class EngineIndex:
    """Which of the two searches there is, it finds out once. Raises RetryableError, PermanentError where refused."""

    def __init__(self, rest: RestClient, tasklist: Tasklist) -> None:
        self._rest = rest
        self._tasklist = tasklist
        self._has_search: bool | None = None

    async def search(
        self, what: str, wanted: Mapping[str, Any], old: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return all that a search of ``what`` finds (8.9's name); ``old`` holds Operate's names of a filter's fields.

        The items keep the names of whoever answered: see :func:`first_of`.
        """
        if self._has_search is not False:
            found = await self._rest.search_all(what, wanted)
            self._has_search = found is not None
            if found is not None:
                return found
        names = old or {}
        asked = {names.get(name, name): value for name, value in wanted.items()}
        return await self._tasklist.search_operate(_OPERATE_PATHS.get(what, what), asked)

    async def definition_xml(self, key: int) -> bytes | None:
        """Return the diagram of a process definition that :meth:`search` found; None where nobody has it."""
        return await (self._rest if self._has_search else self._tasklist).definition_xml(key)


def first_of(item: Mapping[str, Any], new: str, old: str) -> Any:
    """Return an item's value by 8.9's name, or by Operate's where it has none."""
    value = item.get(new)
    return item.get(old) if value is None else value
