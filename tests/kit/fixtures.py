"""Fixtures of tests on a real broker; a folder's conftest imports the names that it wants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.broker import Broker
from tests.kit.driver import EngineDriver
from tests.kit.made_packs import MadePacks, made_packs
from tests.kit.prepared import prepare
from workers.settings import Settings


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    """One broker for the whole run. Its clock only moves on, so tests compute their dates from ``broker.clock``."""
    with Broker() as running:
        yield running


@pytest.fixture
def driver(broker: Broker) -> Iterator[EngineDriver]:
    """A driver of the run's broker; what a test leaves active is cancelled after it."""
    driver = EngineDriver(broker)
    try:
        yield driver
        driver.cancel_all()
        _stop_the_watch(driver)
    finally:
        driver.api.close()


_WITHOUT_TIMER = b"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="Stopped" targetNamespace="http://bpmn.io/schema/bpmn">
  <bpmn:process id="common-renewal-watch" isExecutable="true">
    <bpmn:startEvent id="Start"><bpmn:outgoing>Flow</bpmn:outgoing></bpmn:startEvent>
    <bpmn:endEvent id="End"><bpmn:incoming>Flow</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="Flow" sourceRef="Start" targetRef="End"/>
  </bpmn:process>
</bpmn:definitions>
"""


def _stop_the_watch(driver: EngineDriver) -> None:
    """Replace the daily watch by a version without a timer: else it works in every later test that passes a morning."""
    with driver.records.snapshot():
        runs = [t for t in driver.records.timers.alive() if t.element_id == "StartEvent_EveryMorning"]
    if runs:
        driver.api.deploy({"common-renewal-watch.bpmn": _WITHOUT_TIMER})


def settings_of(broker: Broker, data: Path) -> Settings:
    """Return settings of a worker on a broker, with an empty registry in a folder."""
    settings = Settings(
        data=data, gateway_address=broker.gateway, rest_address=broker.rest, health_port=broker.ports.health
    )
    prepare(settings.registry_url)
    return settings


@pytest.fixture
def settings(driver: EngineDriver, tmp_path: Path) -> Settings:
    """Settings of a worker on the run's broker with a registry of this test's own."""
    return settings_of(driver.broker, tmp_path)


@pytest.fixture
def packs(tmp_path: Path) -> MadePacks:
    """Packs of invented cities in a home of their own; so far there is ``common`` alone."""
    return made_packs(tmp_path)


@pytest.fixture
def at_home(settings: Settings, packs: MadePacks) -> Settings:
    """The settings of a test's worker, with the made packs."""
    return settings.model_copy(update={"home": packs.home})
