"""The real stack: Camunda and OpenSearch started, killed, repaired, stopped; what it listens on; what survives."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.kit.stack import free_offset, open_sockets, wait_for
from workers.localstack import processes
from workers.localstack.components import Options
from workers.localstack.control import PartStatus, Stack, StackStatus
from workers.localstack.ports import HOST, Ports
from workers.localstack.progress import Reporter
from workers.settings import Settings

_PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="http://renkei.test">
  <bpmn:process id="stack-test" name="試験" isExecutable="true">
    <bpmn:startEvent id="Start"><bpmn:outgoing>f1</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="Start" targetRef="Task"/>
    <bpmn:userTask id="Task" name="内容を確認する">
      <bpmn:extensionElements><zeebe:userTask/></bpmn:extensionElements>
      <bpmn:incoming>f1</bpmn:incoming><bpmn:outgoing>f2</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="f2" sourceRef="Task" targetRef="End"/>
    <bpmn:endEvent id="End"><bpmn:incoming>f2</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


class Running:
    """A stack of the test's own, with what the tests ask of it."""

    def __init__(self, data: Path, names: list[str], options: Options) -> None:
        self.names = names
        self.offset = free_offset()
        self.ports = Ports.shifted(self.offset)
        self.data = data
        self.stack = Stack(Settings(data=data, port_offset=self.offset), options=options, reporter=Reporter(quiet=True))

    def up(self) -> StackStatus:
        """Start or repair it."""
        return self.stack.up(self.names)

    def part(self, name: str) -> PartStatus:
        """Return one component's state."""
        return next(part for part in self.stack.status().parts if part.name == name)

    def pids(self) -> dict[str, int | None]:
        """Return the pid of everything that was started."""
        return {part.name: part.pid for part in self.stack.status().parts if part.name in self.names}

    def rest(self, path: str, **options: Any) -> httpx.Response:
        """Call the broker's REST API."""
        url = f"http://{HOST}:{self.ports.rest}/v2{path}"
        return httpx.post(url, timeout=30, trust_env=False, **options).raise_for_status()

    def deploy(self) -> None:
        """Deploy the test's diagram."""
        self.rest("/deployments", files={"resources": ("stack-test.bpmn", _PROCESS.encode(), "application/xml")})

    def start_case(self) -> None:
        """Start an instance of it."""
        self.rest("/process-instances", json={"processDefinitionId": "stack-test"})

    def kill(self, name: str) -> int:
        """Kill a component as the kernel would when memory runs out, and return its pid."""
        pid = self.part(name).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.part(name).state == "killed", 20, f"{name} is seen as killed")
        return pid


def _run(data: Path, names: list[str], options: Options) -> Iterator[Running]:
    running = Running(data, names, options)
    try:
        running.up()
        yield running
    finally:
        running.stack.down()
        assert processes.leftovers(data) == []


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    yield from _run(tmp_path_factory.mktemp("broker"), ["zeebe"], Options(clock_controlled=True, export=False))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    names = ["opensearch", "zeebe", "webapps", "mail"]
    yield from _run(tmp_path_factory.mktemp("whole"), names, Options())


@pytest.mark.process
def test_the_broker_alone_listens_on_its_ports_of_this_machine_only(broker: Running) -> None:
    near, far = open_sockets([pid for pid in broker.pids().values() if pid])
    ports = broker.ports
    tcp = (ports.gateway, ports.rest, ports.management, ports.command, ports.internal)
    assert near == {f"tcp {HOST}:{port}" for port in tcp} | {f"udp {HOST}:{ports.internal}"}
    assert far == set()


@pytest.mark.process
def test_the_engines_clock_moves_when_asked_for(broker: Running) -> None:
    url = f"http://{HOST}:{broker.ports.management}/actuator/clock/add"
    before = httpx.post(url, json={"offsetMilli": 0}, trust_env=False).json()["epochMilli"]
    after = httpx.post(url, json={"offsetMilli": 3_600_000}, trust_env=False).json()["epochMilli"]
    assert 3_600_000 <= after - before < 3_660_000


@pytest.mark.process
def test_a_killed_broker_is_repaired_with_its_data(broker: Running) -> None:
    broker.deploy()
    killed = broker.kill("zeebe")
    assert not broker.stack.status().ok
    assert broker.stack.ended() == ["Zeebe"]
    assert broker.up().ok
    assert broker.part("zeebe").pid != killed
    broker.start_case()


@pytest.mark.process
def test_data_survive_down_and_up(broker: Running) -> None:
    broker.deploy()
    assert broker.stack.down() == [], "nothing had to be killed"
    assert broker.stack.ended() is None
    assert broker.up().ok
    broker.start_case()


@pytest.mark.stack
def test_every_listener_of_the_whole_stack_is_on_this_machine_and_in_the_table(whole: Running) -> None:
    near, far = open_sockets([pid for pid in whole.pids().values() if pid])
    assert far == set()
    known = {port for part in whole.stack.status().parts if part.name in whole.names for port in part.ports}
    assert {int(address.rpartition(":")[2]) for address in near} == known


@pytest.mark.stack
def test_every_java_keeps_japanese_time(whole: Running) -> None:
    for name in ("opensearch", "zeebe", "webapps"):
        assert "-Duser.timezone=Asia/Tokyo" in psutil.Process(whole.pids()[name]).cmdline()


def open_tasks(running: Running) -> list[str]:
    """Return names of open tasks as Tasklist's own page gets them."""
    base = f"http://{HOST}:{running.ports.web}"
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as client:
        login = client.post("/api/login", params={"username": "demo", "password": "demo"}).raise_for_status()
        token = login.headers.get("X-CSRF-TOKEN")
        headers = {"X-CSRF-TOKEN": token} if token else {}
        found = client.post("/v1/tasks/search", json={"state": "CREATED"}, headers=headers).raise_for_status()
        return [task["name"] for task in found.json()]


@pytest.mark.stack
def test_a_killed_opensearch_is_repaired_alone_and_tasklist_goes_on(whole: Running) -> None:
    whole.deploy()
    whole.start_case()
    wait_for(lambda: open_tasks(whole) == ["内容を確認する"], 60, "the task is in Tasklist")
    before = whole.pids()
    whole.kill("opensearch")
    assert not whole.stack.status().ok
    assert whole.up().ok
    after = whole.pids()
    assert {name for name in before if before[name] != after[name]} == {"opensearch"}
    whole.start_case()
    wait_for(lambda: open_tasks(whole) == ["内容を確認する"] * 2, 60, "the second task is in Tasklist")


@pytest.mark.stack
def test_tasks_survive_down_and_up_of_the_whole_stack(whole: Running) -> None:
    whole.deploy()
    whole.start_case()
    wait_for(lambda: len(open_tasks(whole)) >= 1, 60, "the task is in Tasklist")
    known = len(open_tasks(whole))
    assert whole.stack.down() == [], "nothing had to be killed"
    assert whole.up().ok
    wait_for(lambda: len(open_tasks(whole)) >= known, 60, "the tasks are in Tasklist again")
