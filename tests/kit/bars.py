"""The bars of ``make chaos`` and ``make bench``: each has a figure, a bound and a verdict; a run fails with its bars.

A pytest plugin that tests/conftest.py loads. A test asks for the fixture ``bars``, does its work and says what came
of it::

    bars.add("B1", "ワーカーを 20 回 kill -9", figure="500 通着、欠け 0、重なり 7", bound="欠け 0、重なり 20 以下",
             holds=lost == 0 and doubles <= 20)

``bars.full`` tells whether this run measures full sizes (``--bars NAME``) or only sees that all works (``make test``).
``bars.random(NAME)`` draws from the run's seed (``--seed N``), so that a run with the same seed does the same.
The table stands at the end of the output; a test of ``--bars NAME`` that failed or was skipped has a row that does not
hold. With ``--bars NAME`` each bar is also shown as soon as it is measured and
kept in build/NAME.json, so that a run that is stopped loses nothing; ``python -m tests.kit.bars build/NAME.json`` makes
the Markdown of docs/ from it.
"""

from __future__ import annotations

import json
import os
import platform
import random
import secrets
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest
from rich.console import Console
from rich.table import Column, Table

from workers.domain.jst import JST

ROOT = Path(__file__).parent.parent.parent
_HEADINGS = ("番号", "したこと", "測った値", "基準", "判定")
_PACKAGES = ("pyzeebe", "grpcio", "aiosmtplib", "sqlalchemy", "aiosqlite", "psycopg")
_ENGINE = "Zeebe 8.6.0"


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar. ``id`` is DESIGN's (B1 … P5) or a word; texts are Japanese, for the table."""

    id: str
    done: str
    figure: str
    bound: str
    holds: bool
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> tuple[str, ...]:
        """The table's row."""
        return self.id, self.done, self.figure, self.bound, "○" if self.holds else "× 不足"


@dataclass
class Bars:
    """The bars of one run; without a name they are not written. ``full``: whether full sizes are measured."""

    name: str
    seed: int
    full: bool = False
    rows: list[Bar] = field(default_factory=list)

    def add(self, id_: str, done: str, *, figure: str, bound: str, holds: bool, **details: Any) -> None:
        """Note a bar that was measured. ``details`` (JSON) are kept in the file only.

        A bar that does not hold fails the run at its end, not the test: the others are still measured.
        """
        self.rows.append(Bar(id=id_, done=done, figure=figure, bound=bound, holds=holds, details=details))

    def random(self, name: str) -> random.Random:
        """Return a generator for one test: the same for a seed and a name, whatever else runs."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 (a repeatable schedule, not a secret)

    def write(self, seconds: float) -> Path:
        """Write build/NAME.json and return its path."""
        report = {
            "run": self.name,
            "seed": self.seed,
            "full": self.full,
            "at": datetime.now(JST).isoformat(timespec="seconds"),
            "seconds": round(seconds),
            **surroundings(),
            "bars": [asdict(bar) for bar in self.rows],
        }
        path = ROOT / "build" / f"{self.name}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(report, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
        return path


def surroundings() -> dict[str, Any]:
    """Return commit, machine and versions of a measurement."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    )
    return {
        "commit": commit.stdout.strip(),
        "machine": f"{psutil.cpu_count()} コア、メモリ {psutil.virtual_memory().total / 2**30:.0f} GiB、"
        f"{platform.system()} {platform.release().split('-')[0]}",
        "versions": f"{_ENGINE}、Python {platform.python_version()}、"
        + "、".join(f"{package} {version(package)}" for package in _PACKAGES),
    }


def markdown(report: dict[str, Any]) -> str:
    """Return a report as Markdown: where and how it was measured, then the table."""
    command = f"make {report['run']}" + (f" SEED={report['seed']}" if report["run"] == "chaos" else "")
    lines = [
        *([] if report["full"] else ["- **小さな件数（`--small`）で測ったもの**"]),
        f"- 命令: `{command}`（{report['at']}、{report['seconds'] // 60} 分、版 {report['commit']}）",
        f"- 機械: {report['machine']}",
        f"- 版: {report['versions']}",
        "",
        "| " + " | ".join(_HEADINGS) + " |",
        "|---" * len(_HEADINGS) + "|",
    ]
    rows = [Bar(**bar).row for bar in report["bars"]]
    return "\n".join([*lines, *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)])


# --- pytest


_KEY = pytest.StashKey[Bars]()
_PROPERTY = "renkei-bar"
_STARTED = time.monotonic()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of ``make chaos`` and ``make bench``."""
    group = parser.getgroup("bars", "renkei's bars")
    group.addoption("--bars", default="", metavar="NAME", help="measure full sizes and write build/NAME.json")
    group.addoption("--small", action="store_true", help="with --bars: small sizes all the same")
    group.addoption("--seed", default=os.environ.get("SEED", ""), help="seed of the fault schedules")


def pytest_configure(config: pytest.Config) -> None:
    """Open the run's bars."""
    seed = config.getoption("--seed")
    name = config.getoption("--bars")
    if run := getattr(config, "workerinput", None):
        seed = run["seed"]
    config.stash[_KEY] = Bars(
        name=name,
        seed=int(seed) if seed else secrets.randbelow(10**6),
        full=bool(name) and not config.getoption("--small"),
    )
    if run is None:
        config.pluginmanager.register(_Collector(config), "renkei-bars-collector")


def pytest_report_header(config: pytest.Config) -> str:
    """Print the seed before anything can hang."""
    return f"SEED={config.stash[_KEY].seed}"


@pytest.fixture(scope="session")
def bars(request: pytest.FixtureRequest) -> Bars:
    """The bars of this run."""
    bars: Bars = request.config.stash[_KEY]
    return bars


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Send what a test has measured along with its report, which reaches the collector from any process."""
    rows = item.config.stash[_KEY].rows
    if call.when == "call":
        item.user_properties += [(_PROPERTY, json.dumps(asdict(bar), default=str)) for bar in rows]
        rows.clear()


def _not_measured(report: pytest.TestReport) -> Bar:
    """Return the row of a test that failed or was skipped: a table without it would look complete."""
    happened, why = "失敗", (report.longreprtext.splitlines() or [""])[-1]
    if isinstance(report.longrepr, tuple):
        happened, why = "省略", report.longrepr[2]
    return Bar(id="試験", done=report.nodeid, figure=f"{happened}: {why}", bound="最後まで測れること", holds=False)


class _Collector:
    """Shows, keeps and judges what the tests of this run have measured, in whatever process."""

    def __init__(self, config: pytest.Config) -> None:
        run = config.stash[_KEY]
        self._bars = Bars(name=run.name, seed=run.seed, full=run.full)
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over what a test has measured."""
        fresh = []
        if report.when == "call":
            fresh = [Bar(**json.loads(str(text))) for name, text in report.user_properties if name == _PROPERTY]
        if self._bars.name and not report.passed:
            fresh.append(_not_measured(report))
        if not fresh:
            return
        self._bars.rows = sorted([*self._bars.rows, *fresh], key=lambda bar: bar.id)
        if self._bars.name:
            self._bars.write(time.monotonic() - _STARTED)
            terminal: Any = self._config.pluginmanager.get_plugin("terminalreporter")
            for bar in fresh:
                terminal.write_line("  ".join(("", *bar.row)))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table."""
        if not self._bars.rows:
            return
        terminalreporter.section(f"基準（SEED={self._bars.seed}）")
        table = Table(*(Column(heading, overflow="fold") for heading in _HEADINGS), show_lines=True)
        for bar in self._bars.rows:
            table.add_row(*bar.row)
        Console(width=max(140, Console().width)).print(table)
        if self._bars.name:
            path = self._bars.write(time.monotonic() - _STARTED)
            terminalreporter.write_line(str(path.relative_to(ROOT)))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail the run when a bar does not hold."""
        if session.exitstatus == pytest.ExitCode.OK and not all(bar.holds for bar in self._bars.rows):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give the run's seed to a process that measures a part of it side by side with others (``-n``)."""
    node.workerinput["seed"] = node.config.stash[_KEY].seed


if __name__ == "__main__":
    print(markdown(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))  # noqa: T201 (its only output)
