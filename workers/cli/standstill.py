"""Open incidents in words for people: ``renkei status`` and ``renkei demo`` (ALL-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Protocol

from workers.adapters.camunda.incidents import Incidents, OpenIncident
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.errors import PermanentError, RenkeiError
from workers.packs import CityPacks
from workers.settings import Settings
from workers.wiring import pack_folders

_LOOK_AGAIN_SECONDS = 2.0


class Names(Protocol):
    """Tells what the diagrams call things."""

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return the name of an element, or its id."""

    def process_name(self, process_id: str) -> str:
        """Return the name of a process, or its id."""


def said(incident: OpenIncident, names: Names) -> str:
    """Return one line: which case stands still at which step, and why."""
    place = f"「{names.process_name(incident.process_id)}」" if incident.process_id else "場所の分からないプロセス"
    if incident.element_id:
        place += f"の「{names.task_name(incident.process_id, incident.element_id)}」"
    case = f"案件 {incident.case_id}、" if incident.case_id else ""
    return f"{case}{place}: {incident.message}"


async def open_incidents(settings: Settings) -> list[OpenIncident]:
    """Return the engine's open incidents; raises RetryableError, PermanentError where it does not tell them."""
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        return await Incidents(rest, tasklist).open()


def standstill(settings: Settings) -> list[str] | None:
    """Return a line for each open incident; None where the engine's index does not answer (blocking)."""
    try:
        found = asyncio.run(open_incidents(settings))
    except RenkeiError:
        return None
    names = CityPacks(pack_folders(settings))
    return [said(incident, names) for incident in found]


async def until_one_more(settings: Settings, names: Names, known: Collection[int]) -> None:
    """Wait until an incident is open that is not ``known`` (keys); raises PermanentError with its words then.

    An index that does not answer for a moment is asked again: who waits for something else has a deadline.
    """
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        incidents = Incidents(rest, tasklist)
        while True:
            try:
                found = await incidents.open()
            except RenkeiError:
                found = []
            if new := [incident for incident in found if incident.key not in known]:
                lines = "\n".join(f"  {said(incident, names)}" for incident in new)
                raise PermanentError(f"仕事が止まりました。直してから、Operate で「再試行」してください。\n{lines}")
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
