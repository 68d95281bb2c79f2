"""How long ``renkei test`` takes for all signing scenarios of a city: the engine's start apart, and in CPU time."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.backlog import told
from tests.kit.bars import ROOT, Bars
from workers.packs.scenarios import read_scenario, scenario_files

_CITY = "isesaki"
_BOUND = 20.0


@pytest.mark.timeout(900)
def test_the_signing_scenarios_of_a_city(bars: Bars, tmp_path: Path) -> None:
    """Deployment and play are what an owner waits for with every change; the CPU time counts the engine's, too."""
    if not bars.full:
        pytest.skip("only in make bench")
    files = scenario_files(ROOT / "bpmn" / _CITY)
    names = [path.stem for path in files if read_scenario(path).agreement is None and not read_scenario(path).slow]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "workers.cli", "test", _CITY, *names, "--json"],
        env={**os.environ, "RENKEI_DATA": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    seconds = json.loads(done.stdout)["seconds"]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    waited = seconds["deploy"] + seconds["play"]
    parts = f"配備 {seconds['deploy']:.1f}、筋書き {seconds['play']:.1f}。起動 {seconds['engine']:.1f}"
    told(f"renkei test {_CITY}: {waited:.1f} s, engine {seconds['engine']:.1f} s, CPU {cpu:.1f} s")
    bars.add(
        "試す",
        f"`renkei test {_CITY}`、締結の筋書き {len(names)} 本（エンジンの起動を除く）",
        figure=f"{waited:.1f} 秒（{parts}、全部で {wall:.1f}、CPU {cpu:.1f}）",
        bound=f"{_BOUND:g} 秒以下（空いた 2 コア）",
        holds=waited <= _BOUND,
        seconds=seconds,
        cpu=cpu,
    )
