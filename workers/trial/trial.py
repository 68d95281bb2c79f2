"""Plays scenarios of a city's pack side by side on a throw-away engine with a clock that is moved."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lxml import etree

from workers.drawing.picture import one_line
from workers.errors import InputError
from workers.packs import CityPacks
from workers.packs.closure import city_call, common_call
from workers.packs.scenarios import read_scenario, scenario_files
from workers.settings import Settings
from workers.trial.api import Api, EngineRefused
from workers.trial.broker import Broker
from workers.trial.casework import CaseWork
from workers.trial.driver import EngineDriver
from workers.trial.offices import Office, Offices, open_office, trial_settings
from workers.trial.result import Result, Run
from workers.trial.sharedtime import SharedTime

_BPMN: Final = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
_PARSER: Final = etree.XMLParser(resolve_entities=False, no_network=True)

Told = Callable[[Result], None]


@dataclass
class Phases:
    """How long each phase took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Any:
        """Measure a block."""
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began


def chosen(folder: Path, names: Sequence[str], *, slow: bool) -> list[str]:
    """Return the names of the scenarios to play: those that are named, else all, without the slow ones unless wanted.

    Raises InputError for a name that the pack does not have and for a pack without scenarios.
    """
    there = {path.stem: path for path in scenario_files(folder)}
    if not there:
        raise InputError(folder.name, "筋書き（scenarios/*.toml）がありません")
    for name in names:
        if name not in there:
            raise InputError(name, f"{folder.name} にこの筋書きはありません（{'、'.join(sorted(there))}）")
    return [name for name in there if (name in names if names else slow or not read_scenario(there[name]).slow)]


def deployed_files(packs: CityPacks, city: str, common: Path) -> list[Path]:
    """Return what goes to the engine for a city: its call and the common processes that a message or a form starts.

    Not those that a timer starts: on a clock that is moved they would begin again and again.
    """
    own = city_call(packs.folder(city), common)
    rest = common_call(common)
    return [path for path in {*own.files, *(rest.files if rest else ())} if not _has_start_timer(path)]


def element_names(files: Sequence[Path]) -> dict[str, str]:
    """Return what diagrams call their elements, by id."""
    roots = [etree.parse(path, _PARSER).getroot() for path in files if path.suffix == ".bpmn"]
    return {e.get("id", ""): one_line(e) for root in roots for e in root.iter(f"{_BPMN}*") if e.get("name")}


async def run_trial(  # noqa: PLR0913 (what is played, on what, and who hears of it)
    settings: Settings, city: str, names: Sequence[str], *, files: Sequence[Path], told: Told, broker: Broker
) -> Run:
    """Play scenarios on a broker that runs and holds nothing yet; ``told`` hears of each as soon as it has ended.

    Raises InputError where the engine refuses a file.
    """
    phases = Phases()
    with tempfile.TemporaryDirectory(prefix="renkei-trial-") as folder:
        with phases.phase("deploy"):
            await asyncio.to_thread(_deploy, broker, files)
        driver = EngineDriver(broker)
        time_of_all = SharedTime(driver, len(names))
        with phases.phase("offices"):
            offices = [
                open_office(settings, time_of_all, broker, number=number, folder=Path(folder))
                for number in range(len(names))
            ]
        driver.served = set(offices[0].services.job_types)
        works = _works(offices, city, names, element_names(files))
        with phases.phase("play"):
            async with Offices(broker, trial_settings(settings, broker, Path(folder)), offices).at_work():
                results = await asyncio.gather(*(_one(work, time_of_all, told) for work in works))
        for office in offices:
            office.driver.api.close()
            await office.services.close()
        driver.api.close()
    return Run(city=city, results=results, seconds=phases.seconds)


def _works(offices: Sequence[Office], city: str, names: Sequence[str], called: Mapping[str, str]) -> list[CaseWork]:
    return [CaseWork(office, city, name, called) for office, name in zip(offices, names, strict=True)]


async def _one(work: CaseWork, time_of_all: SharedTime, told: Told) -> Result:
    try:
        result = await work.play()
    finally:
        time_of_all.leave()
    told(result)
    return result


def _deploy(broker: Broker, files: Sequence[Path]) -> None:
    api = Api(broker.rest)
    try:
        api.deploy(list(files))
    except EngineRefused as error:
        raise InputError("配備", f"エンジンが図を受け付けませんでした: {error}") from error
    finally:
        api.close()


def _has_start_timer(path: Path) -> bool:
    if path.suffix != ".bpmn":
        return False
    starts = etree.parse(path, _PARSER).getroot().iterfind(f"{_BPMN}process/{_BPMN}startEvent")
    return any(start.find(f"{_BPMN}timerEventDefinition") is not None for start in starts)
