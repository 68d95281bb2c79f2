"""Fixtures of all tests: surroundings of their own, databases, the coverage of diagrams.

tests/process/conftest.py adds a broker.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import coverage_page
from tests.kit.apart import Apart
from tests.kit.coverage import COVERAGE, ROOT, Coverage
from tests.kit.postgres import Postgres, PostgresMissingError
from tests.kit.returned import RETURNED, ReturnedInputs
from workers.errors import InputError

pytest_plugins = ["tests.kit.bars", "tests.kit.pictures"]
_LOOKING_BACK = {"diagram_coverage", "returned_inputs"}

_APART = pytest.StashKey[Apart]()


def pytest_configure(config: pytest.Config) -> None:
    """Part this run from what belongs to the user before any module of tests is read."""
    config.stash[_APART] = Apart()
    config.stash[_APART].begin()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's surroundings."""
    if apart := config.stash.get(_APART, None):
        apart.end()


@pytest.fixture(scope="session")
def apart(request: pytest.FixtureRequest) -> Apart:
    """The surroundings of this run."""
    found: Apart = request.config.stash[_APART]
    return found


@pytest.fixture(autouse=True)
def _nothing_refused(apart: Apart) -> Iterator[None]:
    """Fail a test that reaches for a default port or for the user's data folder, itself or in a process it starts."""
    yield
    refused = apart.refused()
    assert not refused, "\n".join(refused)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL server for the whole run; skips, with the reason, where none is installed."""
    try:
        server = Postgres()
    except PostgresMissingError as error:
        pytest.skip(str(error))
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """The address of an empty PostgreSQL database of this test's own."""
    with postgres.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of this test's own: each test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'registry.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def diagram_coverage() -> Coverage:
    """What this run passed of the diagrams; a test that asks for it runs after all others."""
    return COVERAGE


@pytest.fixture
def returned_inputs() -> ReturnedInputs:
    """What this run returned of the diagrams' tasks; a test that asks for it runs after all others."""
    return RETURNED


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that look back on the run come last."""
    items.sort(key=lambda item: bool(_LOOKING_BACK & set(getattr(item, "fixturenames", ()))))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Write the coverage report of a run that passed elements of the diagrams, and say where it is.

    Not of one that measures: it knows few of them.
    """
    try:
        if config.getoption("bars") or not COVERAGE.touched():
            return
        report = COVERAGE.report()
        page = coverage_page.write(report, ROOT / "build" / "coverage")
    except InputError as error:  # a diagram is being edited: the results of the tests matter more
        terminalreporter.write_line(f"図の網羅状況を書けません: {error.message}")
        return
    terminalreporter.section("図の網羅状況")
    for line in [*coverage_page.summary(report), f"絵: {page.relative_to(ROOT)}"]:
        terminalreporter.write_line(line)
