"""One trial from the start of its engine to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from workers.packs import CityPacks
from workers.packs.closure import COMMON
from workers.settings import Settings
from workers.trial.broker import Broker
from workers.trial.casework import CaseWork
from workers.trial.past import Left, PastCase, past_cases
from workers.trial.replay import Replay, Replayed
from workers.trial.result import Result, Run
from workers.trial.trial import chosen, deployed_files, element_names, handed_on, side_by_side
from workers.wiring import pack_folders, services

_EARLIER: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A run with what was deployed for it; ``names`` are what the diagrams call their elements, by id."""

    run: Run
    files: Sequence[Path]
    names: Mapping[str, str]


def try_city(  # noqa: PLR0913 (what is tried, and who hears of it)
    settings: Settings,
    city: str,
    scenarios: Sequence[str],
    *,
    slow: bool,
    say: Callable[[str], None],
    told: Callable[[Result], None],
) -> Trial:
    """Play a city's scenarios on an engine of their own; call it from the main thread.

    ``say`` hears Japanese sentences of what is going on, ``told`` of each scenario as soon as it has ended. Raises
    InputError for a city or scenario that there is not and for a pack that cannot be deployed, StackError where the
    engine does not start.
    """
    packs = CityPacks(pack_folders(settings))
    names = chosen(packs.folder(city), scenarios, slow=slow)
    files = deployed_files(packs, city, settings.home / "bpmn" / COMMON)
    called = element_names(files)
    makes = [lambda office, _time, name=name: CaseWork(office, city, name, called) for name in names]
    say(f"{packs.city(city).name}: {len(names)} 本の筋書きを試します。この場だけの Camunda を起動しています…")
    with Broker(awaited=False) as broker:
        results, seconds = asyncio.run(side_by_side(settings, broker, files, makes, told))
    run = Run(city=city, results=results, seconds=seconds)
    return Trial(run=run, files=files, names=called)


@dataclass(frozen=True, kw_only=True)
class Replays:
    """Past cases that were played again, those that could not be, and how long each phase took in seconds."""

    cases: Sequence[Replayed]
    left: Sequence[Left]
    seconds: Mapping[str, float]

    @property
    def differing(self) -> list[Replayed]:
        """The cases that end elsewhere or ask for something new."""
        return [case for case in self.cases if case.differs]


def replay_city(
    settings: Settings, city: str, since: date, *, say: Callable[[str], None], told: Callable[[Replayed], None]
) -> Replays:
    """Play a city's past cases through the diagrams as they are now; call it from the main thread.

    The registry is only read. Raises as :func:`try_city`.
    """
    packs = CityPacks(pack_folders(settings))
    files = deployed_files(packs, city, settings.home / "bpmn" / COMMON)
    called = element_names(files)
    past, left = asyncio.run(_past(settings, city, since, handed_on(files)))
    if not past:
        return Replays(cases=[], left=left, seconds={})
    makes = [lambda office, time, case=case: Replay(office, case, time, called) for case in past]
    say(f"{packs.city(city).name}: {len(past)} 件を再生します。この場だけの Camunda を起動しています…")
    begins = min(case.began for case in past) - _EARLIER
    with Broker(awaited=False) as broker:
        cases, seconds = asyncio.run(side_by_side(settings, broker, files, makes, told, begins=begins))
    return Replays(cases=cases, left=left, seconds=seconds)


async def _past(
    settings: Settings, city: str, since: date, handed: Mapping[str, Sequence[str]]
) -> tuple[list[PastCase], list[Left]]:
    async with services(settings) as built, built.open_unit() as uow:
        return await past_cases(uow, city, since, handed)
