"""How much CPU ``renkei lint`` takes: afresh, after a saved file, with nothing changed, beside a build from before."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.backlog import told
from tests.bench.builds import BEFORE, built, cpu
from tests.kit.bars import ROOT, Bars

_ROUNDS = 5
_LINT = ("-m", "workers.cli", "lint", "--no-node")
_SAVED = "bpmn/isesaki/isesaki-signing.bpmn"


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", ["bpmn/isesaki", "bpmn"])
def test_lint_judges_again_only_what_has_changed(
    bars: Bars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Medians of five, in turn; the saved file differs each time, and byte-code is written by unmeasured runs."""
    if not bars.full:
        pytest.skip("only in make bench")
    before, today = built(tmp_path / "before"), tmp_path / "today"
    for folder in ("workers", "bpmn", "templates"):
        shutil.copytree(ROOT / folder, today / folder, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.setenv("RENKEI_CACHE", str(tmp_path / "cache"))
    saved = today / _SAVED

    def run(build: Path, *more: str) -> float:
        return cpu(build, tmp_path, *_LINT, *more, str(build / what))

    def after_a_save() -> float:
        saved.write_text(saved.read_text(encoding="utf-8") + f"<!-- {os.urandom(8).hex()} -->\n", encoding="utf-8")
        return run(today)

    kinds: dict[str, Callable[[], float]] = {
        "before": lambda: run(before),
        "fresh": lambda: run(today, "--fresh"),
        "saved": after_a_save,
        "same": lambda: run(today),
    }
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(_ROUNDS + 1):
        for name, measure in kinds.items():
            seconds = measure()
            if number:
                found[name].append(seconds)
    medians = {name: statistics.median(several) for name, several in found.items()}
    told(f"{what}: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items()))
    for name, said, bound in (
        ("fresh", "はじめから", 0.4),
        ("saved", "1 ファイルを保存した後", 0.1),
        ("same", "何も変わっていないとき", 0.1),
    ):
        ratio = medians[name] / medians["before"]
        bars.add(
            "始まり",
            f"`renkei lint --no-node {what}` の CPU 時間（{_ROUNDS} 回の中央値）、{said}、前の版（{BEFORE}）との比",
            figure=f"{ratio:.2f} 倍、今 {medians[name]:.2f} 秒、前 {medians['before']:.2f} 秒",
            bound=f"{bound:g} 倍以下",
            holds=ratio <= bound,
            before=found["before"],
            today=found[name],
        )
