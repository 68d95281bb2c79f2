"""Fault tests run on a broker of their own, which they may kill; it ends before other folders start theirs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.broker import Broker
from tests.kit.fixtures import driver, settings

__all__ = ["driver", "settings"]

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
