"""Scenarios played side by side on the run's one broker, as ``renkei test`` plays them, each with a result of its own.

Alone a scenario mostly waits: for the engine, its records, its own outbox. Side by side the waiting is shared.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.kit.broker import Broker
from tests.kit.desk import BrokerDesk, scenario_files_of
from tests.kit.driver import EngineDriver
from tests.kit.returned import RETURNED
from workers.packs.scenarios import read_scenario
from workers.scenarios.player import REVIEW_TASK
from workers.settings import Settings
from workers.trial.api import Variables
from workers.trial.casework import CaseWork
from workers.trial.happened import UserTask
from workers.trial.offices import CaseDriver, Office, Offices, open_office, trial_settings
from workers.trial.result import Result
from workers.trial.sharedtime import SharedTime
from workers.trial.trial import element_names

_AT_ONCE = 24
_MAIL_SECONDS = 60.0


class _Hands(CaseDriver):
    """Hands on one case whose tasks, when they come back, have to show what was typed."""

    async def complete_task(self, task: UserTask, variables: Variables | None = None) -> None:
        """Complete a task (see :mod:`tests.kit.returned`)."""
        RETURNED.completing(self.records, task, variables or {})
        await super().complete_task(task, variables)


@dataclass(frozen=True, kw_only=True)
class Played:
    """What came of a scenario. ``undue``: the tasks that were done without ever having had a due date."""

    result: Result
    undue: Sequence[str]


class SideBySide:
    """Plays all scenarios of a city that the run has selected when the first of them is asked for."""

    def __init__(self, broker: Broker, folder: Path, wanted: dict[str, list[str]]) -> None:
        """``folder``: for the registries; ``wanted``: the selected scenarios by city."""
        self._broker = broker
        self._folder = folder
        self._wanted = wanted
        self._played: dict[tuple[str, str], Played | BaseException] = {}

    async def played(self, city: str, name: str) -> Played:
        """Return what came of a scenario; raises what it raised."""
        if (city, name) not in self._played:
            wanted = self._wanted[city]
            for begun in range(0, len(wanted), _AT_ONCE):
                await self._play(city, wanted[begun : begun + _AT_ONCE], begun)
        found = self._played[city, name]
        if isinstance(found, BaseException):
            raise found
        return found

    async def _play(self, city: str, names: Sequence[str], begun: int) -> None:
        """Play some scenarios; ``begun``: how many offices had numbers of this city before, which the engine knows."""
        folder = self._folder / f"{city}-{begun}"
        whole = EngineDriver(self._broker)
        files = scenario_files_of(city)
        await whole.deploy(files)
        time = SharedTime(whole, len(names))
        own = [trial_settings(Settings(), self._broker, folder / name) for name in names]
        offices: list[Office] = []
        for number, its in enumerate(own, begun):
            first = offices[0] if offices else None
            offices.append(open_office(its, time, self._broker, number=number, first=first, hands=_Hands))
        whole.served = set(offices[0].services.job_types)
        called = element_names(files)
        async with Offices(self._broker, own[0], offices).at_work():
            found = await asyncio.gather(
                *(_one(office, city, name, called, time) for office, name in zip(offices, names, strict=True)),
                return_exceptions=True,
            )
        self._played.update({(city, name): played for name, played in zip(names, found, strict=True)})
        for office in offices:
            office.driver.api.close()
            await office.services.close()
        whole.cancel_all()
        whole.api.close()


async def _one(office: Office, city: str, name: str, called: dict[str, str], time: SharedTime) -> Played:
    desk = BrokerDesk(office.driver)
    scenario = read_scenario(office.services.packs.folder(city) / "scenarios" / f"{name}.toml")
    desk.goes_back = not any(step.task == REVIEW_TASK for step in scenario.steps)
    try:
        result = await CaseWork(office, city, name, called, desk=desk, mail_seconds=_MAIL_SECONDS).play()
    finally:
        time.leave()
    return Played(result=result, undue=[task.element_id for task in desk.completed if task.due_date is None])
