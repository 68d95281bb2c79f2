"""How much CPU a command takes before it does anything, beside a build from before commands were imported on demand."""

from __future__ import annotations

import statistics
from pathlib import Path
from random import Random

import pytest

from tests.bench.backlog import told
from tests.bench.builds import BEFORE, built, cpu
from tests.kit.bars import ROOT, Bars
from workers.adapters.registry.database import migrate

_ROUNDS = 5
_BOUNDS = {("--help",): 0.15, ("status",): 0.5, ("agreements",): 0.35, ("case", "none"): 0.5}
_BARE = "import click, rich.console, rich.table"


@pytest.mark.timeout(1200)
def test_a_command_starts_with_what_it_needs(bars: Bars, tmp_path: Path) -> None:
    """Medians of five, in turn with the build before; byte-code is written by a first, unmeasured start of each."""
    if not bars.full:
        pytest.skip("only in make bench")
    builds = {"before": built(tmp_path / "before"), "today": ROOT}
    migrate(f"sqlite:///{tmp_path / 'registry.sqlite3'}")
    bare = statistics.median(cpu(ROOT, tmp_path, "-c", _BARE) for _ in range(_ROUNDS))
    for arguments, bound in _BOUNDS.items():
        found: dict[str, list[float]] = {name: [] for name in builds}
        for number in range(_ROUNDS + 1):
            for name in Random(number).sample(sorted(builds), len(builds)):  # noqa: S311 (an order, not a secret)
                seconds = cpu(builds[name], tmp_path, "-m", "workers.cli", *arguments)
                if number:
                    found[name].append(seconds)
        before, today = (statistics.median(found[name]) for name in ("before", "today"))
        command = " ".join(("renkei", *arguments))
        told(f"{command}: {before:.2f} s, {today:.2f} s")
        bars.add(
            "始まり",
            f"`{command}` の CPU 時間（{_ROUNDS} 回の中央値）、前の版（{BEFORE}）との比",
            figure=f"{today / before:.2f} 倍、今 {today:.2f} 秒、前 {before:.2f} 秒（click と rich だけで {bare:.2f}）",
            bound=f"{bound:g} 倍以下",
            holds=today <= before * bound,
            **found,
        )
