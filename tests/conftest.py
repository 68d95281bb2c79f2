"""Fixtures of all tests: surroundings of their own, databases.

tests/process/conftest.py adds a broker.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import holidays  # noqa: F401 (a rule imports it when it is first asked; hypothesis' deadlines are for the rule)
import pytest

from tests.kit.apart import Apart
from tests.kit.inmemory import use_memory
from tests.kit.postgres import Postgres, PostgresMissingError

pytest_plugins = ["tests.kit.bars", "tests.kit.lookback", "tests.kit.pictures"]

_COLLECT_AFTER_OBJECTS = 20_000
_APART = pytest.StashKey[Apart]()


def pytest_configure(config: pytest.Config) -> None:
    """Part this run from what belongs to the user before any module of tests is read."""
    gc.disable()  # modules, packs and parameters of thousands of tests: nothing of it is garbage
    use_memory(os.environ)
    config.stash[_APART] = Apart()
    config.stash[_APART].begin()


def pytest_collection_finish() -> None:
    """Look for garbage as rarely as a worker does, and not among what collecting has made.

    Python's own way took up to a fifth of the tests' work, and more with every record of the engine that is kept.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER_OBJECTS)
    gc.enable()


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
