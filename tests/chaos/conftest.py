"""Fault tests run on a broker of their own, which they may kill; it ends before other folders start theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.broker import Broker
from tests.kit.driver import EngineDriver
from tests.kit.fixtures import driver
from workers.settings import Settings

__all__ = ["driver"]

_LONGEST_FIRST = ("redelivery", "hostile_forms", "kill_workers", "overload", "hostile_files", "broker_restart")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest: side by side (``-n``), a long test that comes last would run alone."""
    if config.getoption("bars"):
        rank = {f"test_{name}": number for number, name in enumerate(_LONGEST_FIRST)}
        items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


@pytest.fixture(scope="package")
def broker() -> Iterator[Broker]:
    """The broker that these tests break."""
    with Broker() as running:
        yield running


@pytest.fixture
def settings(driver: EngineDriver, tmp_path: Path) -> Settings:
    """Settings of a worker on the broker with a registry of the test's own."""
    broker = driver.broker
    return Settings(
        data=tmp_path, gateway_address=broker.gateway, rest_address=broker.rest, health_port=broker.ports.health
    )
