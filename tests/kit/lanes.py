"""Runs the tests in lanes side by side: those that wait for an engine beside those that calculate.

``python -m tests.kit.lanes ARGUMENTS`` gives each lane's pytest the arguments; ``make check`` is one more lane, the
first to end, so that its one processor is not all that works meanwhile. A lane is a process of its own with a
broker of its own where it needs one: a test and its broker mostly wait for each other, so three lanes keep two
processors at work. The fault tests, with a broker of theirs, follow the scenarios, whose lane ends first.
What each passed of the diagrams is counted when all have ended, by a last lane (``lookback.py``).
What a lane prints while it works appears line by line with its name before it; its report (failures, what took longest)
follows in one piece when it has ended. The last line adds the lanes up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from lxml import etree

from workers.localstack.launch import dies_with_parent

ROOT = Path(__file__).resolve().parents[2]
_SCENARIOS = "tests/process/test_scenarios.py"
LANES = {
    "scenarios": (_SCENARIOS, "tests/chaos"),
    "engine": ("tests/process", "tests/browser", f"--ignore={_SCENARIOS}"),
    "rest": ("tests/unit", "tests/contract", "tests/bench"),
}
CHECK = "check"
"""The lane without tests."""
_LOOKING_BACK = ("tests/process/test_coverage.py", "tests/process/test_returned_inputs.py")
_REPORTS = ROOT / "build" / "tests"
_NO_TESTS = 5
_STOP_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What came of a lane. ``failed`` counts errors beside tests, too."""

    name: str
    code: int
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing failed; a selection may leave a lane without tests."""
        return self.code in {0, _NO_TESTS} and not self.failed

    @property
    def counts(self) -> str:
        """The figures in words."""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Lane:
    """A pytest process of its own, and what it prints."""

    def __init__(self, name: str, command: Sequence[str], output: TextIO, turn: threading.Lock) -> None:
        self.name = name
        self.xml = _REPORTS / f"{name}.xml"
        self._output = output
        self._turn = turn
        self._started = time.monotonic()
        self._seconds = 0.0
        self.process = subprocess.Popen(
            [*dies_with_parent("INT"), *command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,  # a second Ctrl-C, the terminal's own, would keep pytest from ending what it has started
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        """Show progress at once and the report, which begins with the first heading, in one piece."""
        assert self.process.stdout is not None
        report: list[str] = []
        for line in self.process.stdout:
            if report or (line.startswith("===") and "test session starts" not in line):
                report.append(line)
            else:
                self._print(f"{self.name} | {line}")
        self._seconds = time.monotonic() - self._started
        self._print("".join([f"\n{self.name}:\n", *report, "\n"]))

    def _print(self, text: str) -> None:
        with self._turn:
            self._output.write(text)
            self._output.flush()

    def wait(self) -> Result:
        """Return when the lane has ended."""
        code = self.process.wait()
        self._reader.join()
        if self.name == CHECK:
            return Result(self.name, code, self._seconds, failed=int(code != 0))
        return read_result(self.name, code, self._seconds, self.xml)

    def stop(self) -> None:
        """End the lane as Ctrl-C does, so that it ends what it has started."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()


def read_result(name: str, code: int, seconds: float, xml: Path) -> Result:
    """Return what a lane's report tells; a lane that ended without one counts as one failure."""
    if not xml.exists():
        return Result(name, code, seconds, failed=1)
    suite = next(etree.parse(xml).iter("testsuite"))
    tests, skipped, *failures = (int(suite.attrib[name]) for name in ("tests", "skipped", "failures", "errors"))
    failed = sum(failures)
    return Result(name, code, seconds, max(tests - failed - skipped, 0), failed, skipped)


def command(name: str, paths: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Return a lane's command line. Lanes would overwrite each other's memory of what failed last."""
    memory = ["-o", f"cache_dir=.pytest_cache/{name}"]
    return [
        *(sys.executable, "-u", "-m", "pytest", *paths, *memory),
        *(f"--junit-xml={_REPORTS / name}.xml", *arguments),
    ]


def run(lanes: Mapping[str, Sequence[str]], output: TextIO, *, then: Mapping[str, Sequence[str]] | None = None) -> int:
    """Run the lanes' commands side by side to their end, ``then`` those that look back; return the exit code."""
    results = _side_by_side(lanes, output) + _side_by_side(then or {}, output)
    for result in results:
        minutes, seconds = divmod(round(result.seconds), 60)
        output.write(f"{result.name}: {result.counts} in {minutes}:{seconds:02}, exit code {result.code}\n")
    total = Result("all", 0, 0, *(sum(getattr(r, n) for r in results) for n in ("passed", "failed", "skipped")))
    output.write(f"{total.counts}\n")
    return 0 if all(result.ok for result in results) and total.passed else 1


def _side_by_side(lanes: Mapping[str, Sequence[str]], output: TextIO) -> list[Result]:
    _REPORTS.mkdir(parents=True, exist_ok=True)
    turn = threading.Lock()
    for name in lanes:
        for report in (f"{name}.xml", f"{name}.passed.json"):
            (_REPORTS / report).unlink(missing_ok=True)
    running = [Lane(name, line, output, turn) for name, line in lanes.items()]
    try:
        return [lane.wait() for lane in running]
    finally:
        for lane in running:
            lane.stop()


def main() -> int:
    """Run every lane with the arguments of the command line."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    os.environ.setdefault("COLUMNS", "120")
    try:
        passed = {name: str(_REPORTS / f"{name}.passed.json") for name in LANES}
        lanes = {
            name: command(name, paths, [f"--passed={passed[name]}", *sys.argv[1:]]) for name, paths in LANES.items()
        }
        lanes[CHECK] = ["make", "--no-print-directory", CHECK]
        last = command("last", _LOOKING_BACK, [*sys.argv[1:], "--judge", *passed.values()])
        return run(lanes, sys.stdout, then={"last": last})
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
