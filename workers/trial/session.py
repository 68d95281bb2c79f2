"""One trial from the start of its engine to its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workers.packs import CityPacks
from workers.packs.closure import COMMON
from workers.settings import Settings
from workers.trial.broker import Broker
from workers.trial.result import Result, Run
from workers.trial.trial import chosen, deployed_files, element_names, run_trial
from workers.wiring import pack_folders


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
    say(f"{packs.city(city).name}: {len(names)} 本の筋書きを試します。この場だけの Camunda を起動しています…")
    began = time.monotonic()
    with Broker() as broker:
        engine = time.monotonic() - began
        run = asyncio.run(run_trial(settings, city, names, files=files, told=told, broker=broker))
    seconds = {"engine": engine, **run.seconds}
    return Trial(run=replace(run, seconds=seconds), files=files, names=element_names(files))
