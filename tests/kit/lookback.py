"""The tests that look back on a whole run: they come last, and where lanes share the run, in a lane of their own.

Without options a pytest is the whole run. A lane with ``--passed FILE`` writes down what it passed of the diagrams and
judges nothing; after all lanes ``--judge FILES`` runs the tests that look back, and only these, on what the files tell.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit import coverage_page
from tests.kit.coverage import COVERAGE, ROOT, Coverage
from tests.kit.returned import RETURNED, ReturnedInputs
from workers.errors import InputError

_LOOKING_BACK = {"diagram_coverage", "returned_inputs"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the lanes."""
    group = parser.getgroup("lanes", "a run that lanes share")
    group.addoption("--passed", metavar="FILE", help="write down what this lane passed of the diagrams")
    group.addoption("--judge", nargs="+", metavar="FILE", help="look back on what lanes have passed")


def pytest_configure(config: pytest.Config) -> None:
    """Read what the lanes have passed."""
    for file in config.getoption("--judge") or []:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
        COVERAGE.add(told["passed"])
        RETURNED.returned.update(told["returned"])


@pytest.fixture
def diagram_coverage() -> Coverage:
    """What this run passed of the diagrams; a test that asks for it runs after all others."""
    return COVERAGE


@pytest.fixture
def returned_inputs() -> ReturnedInputs:
    """What this run returned of the diagrams' tasks; a test that asks for it runs after all others."""
    return RETURNED


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the tests that look back on the run come last, or alone, or leave them to the lane that judges."""
    others: list[pytest.Item] = []
    back: list[pytest.Item] = []
    for item in items:
        (back if _LOOKING_BACK & set(getattr(item, "fixturenames", ())) else others).append(item)
    left = back if config.getoption("--passed") else others if config.getoption("--judge") else []
    items[:] = [item for item in (*others, *back) if item not in left]
    config.hook.pytest_deselected(items=left)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write down what a lane passed."""
    if file := session.config.getoption("--passed"):
        told = {"passed": COVERAGE.passed(), "returned": sorted(RETURNED.returned)}
        Path(file).write_text(json.dumps(told), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the coverage report of a run that passed elements of the diagrams, and say where it is.

    Not of one that measures, it knows few of them, nor of a lane that knows its part.
    """
    try:
        if config.getoption("bars") or config.getoption("--passed") or not COVERAGE.touched():
            return
        report = COVERAGE.report()
        page = coverage_page.write(report, ROOT / "build" / "coverage")
    except InputError as error:  # a diagram is being edited: the results of the tests matter more
        terminalreporter.write_line(f"図の網羅状況を書けません: {error.message}")
        return
    terminalreporter.section("図の網羅状況")
    for line in [*coverage_page.summary(report), f"絵: {page.relative_to(ROOT)}"]:
        terminalreporter.write_line(line)
