"""Plays cases of a city side by side on a throw-away engine with a clock that is moved."""

from __future__ import annotations

import asyncio
import importlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from workers.drawing.picture import one_line
from workers.errors import InputError
from workers.packs import CityPacks
from workers.packs.closure import city_call, common_call
from workers.packs.diagrams.model import BPMN, extension, extensions, listed, parse_xml
from workers.packs.scenarios import read_scenario, scenario_files
from workers.settings import Settings
from workers.trial.api import Api, EngineRefused
from workers.trial.broker import Broker
from workers.trial.driver import EngineDriver
from workers.trial.offices import Office, Offices, open_office, trial_settings
from workers.trial.sharedtime import SharedTime

_BPMN: Final = f"{{{BPMN}}}"
_IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (only the parent of a folder with a name of its own)
_ROOM: Final = 256 << 20
_PATIENCE_SECONDS: Final = 180
_UNAVAILABLE: Final = 503
_NEEDED_SOON: Final = ("docxtpl", "openpyxl", "icalendar", "holidays")
"""What the first documents of a case would load while it is waited for: it is loaded while the engine starts."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


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
    roots = [parse_xml(path) for path in files if path.suffix == ".bpmn"]
    return {e.get("id", ""): one_line(e) for root in roots for e in root.iter(f"{_BPMN}*") if e.get("name")}


def handed_on(files: Sequence[Path]) -> dict[str, list[str]]:
    """Return the variables that diagrams hand on to a procedure that they start, by its kind."""
    found: dict[str, list[str]] = {}
    for path in files:
        for task in parse_xml(path).iter(f"{_BPMN}serviceTask") if path.suffix == ".bpmn" else ():
            definition = extension(task, "taskDefinition")
            if definition is not None and definition.get("type") == "start-procedure":
                headers = {h.get("key"): h.get("value") for h in extensions(task, "zeebe:taskHeaders/zeebe:header")}
                found.setdefault(headers.get("kind") or "", []).extend(listed(headers.get("values")))
    return found


class Playable(Protocol[R_co]):
    """A case that can be played."""

    async def play(self) -> R_co:
        """Play it to its end and return what came of it."""


Make = Callable[[Office, SharedTime], Playable[R]]


async def side_by_side(  # noqa: PLR0913 (what is played where, and who hears of it)
    settings: Settings,
    broker: Broker,
    files: Sequence[Path],
    makes: Sequence[Make[R]],
    told: Callable[[R], None],
    *,
    begins: datetime | None = None,
) -> tuple[list[R], dict[str, float]]:
    """Play cases on a broker that was launched and holds nothing yet, each in an office of its own.

    The offices are furnished while the broker starts. ``told`` hears of each case as soon as it has ended; ``begins``
    is the moment from which the engine's clock runs, now without it. Returns what came of the cases, and the seconds
    that each phase took. Raises InputError where the engine refuses a file.
    """
    phases = Phases()
    with tempfile.TemporaryDirectory(prefix="renkei-trial-", dir=_memory()) as name, ExitStack() as closing:
        folder = Path(name)
        driver = EngineDriver(broker)
        closing.callback(driver.api.close)
        time_of_all = SharedTime(driver, len(makes))
        with phases.phase("engine"):
            own = [trial_settings(settings, broker, folder / f"office-{number}") for number in range(len(makes))]
            offices: list[Office] = []
            for number, its in enumerate(own):
                first = offices[0] if offices else None
                offices.append(open_office(its, time_of_all, broker, number=number, first=first))
            for module in _NEEDED_SOON:
                importlib.import_module(module)
            await asyncio.to_thread(broker.wait_ready)
        if begins is not None:
            broker.begin_at(begins)
        with phases.phase("deploy"):
            await asyncio.to_thread(_deploy, broker, files)
        driver.served = set(offices[0].services.job_types)
        plays = [make(office, time_of_all) for make, office in zip(makes, offices, strict=True)]
        with phases.phase("play"):
            async with Offices(broker, own[0], offices).at_work():
                results = await asyncio.gather(*(_one(play, time_of_all, told) for play in plays))
        for office in offices:
            office.driver.api.close()
            await office.services.close()
    return list(results), phases.seconds


def _memory() -> Path | None:
    """Return the folder whose files are kept in memory where there is one with room: what is thrown away needs no disk.

    None stands for the usual folder of temporary files.
    """
    with suppress(OSError):
        if os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
            return _IN_MEMORY
    return None


async def _one(play: Playable[R], time_of_all: SharedTime, told: Callable[[R], None]) -> R:
    try:
        result = await play.play()
    finally:
        time_of_all.leave()
    told(result)
    return result


def _deploy(broker: Broker, files: Sequence[Path]) -> None:
    """Deploy; an engine on a busy machine may not answer in time, and deploying again changes nothing."""
    api, begun = Api(broker.rest), time.monotonic()
    try:
        while True:
            try:
                api.deploy(list(files))
            except EngineRefused as error:
                if error.status == _UNAVAILABLE and time.monotonic() - begun < _PATIENCE_SECONDS:
                    continue
                raise InputError("配備", f"エンジンが図を受け付けませんでした: {error}") from error
            return
    finally:
        api.close()


def _has_start_timer(path: Path) -> bool:
    if path.suffix != ".bpmn":
        return False
    starts = parse_xml(path).iterfind(f"{_BPMN}process/{_BPMN}startEvent")
    return any(start.find(f"{_BPMN}timerEventDefinition") is not None for start in starts)
