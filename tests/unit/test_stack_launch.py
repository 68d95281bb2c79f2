"""How processes of the local stack are started, without starting one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from workers.localstack import broker, webapps
from workers.localstack.components import Options, choose, components
from workers.localstack.errors import StackError
from workers.localstack.launch import Launch, clean_environment
from workers.localstack.ports import Ports
from workers.localstack.progress import Reporter
from workers.settings import Settings


def test_an_offset_moves_every_port() -> None:
    shifted, default = asdict(Ports.shifted(1000)), asdict(Ports())
    assert shifted == {name: port + 1000 for name, port in default.items()}


def test_every_port_of_a_component_is_one_of_the_table() -> None:
    parts = components(Settings(port_offset=700), Options(), Reporter(quiet=True))
    used = [port for part in parts.values() for port in part.ports]
    assert sorted(used) == sorted(asdict(Ports.shifted(700)).values())


def test_variables_of_another_camunda_do_not_reach_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ZEEBE_BROKER_NETWORK_HOST", "SPRING_PROFILES_ACTIVE", "SERVER_PORT", "CLASSPATH", "JAVA_OPTS"):
        monkeypatch.setenv(name, "foreign")
    monkeypatch.setenv("RENKEI_KEPT", "yes")
    environment = clean_environment()
    assert "foreign" not in environment.values()
    assert environment["RENKEI_KEPT"] == "yes"


def test_a_fingerprint_follows_what_is_started_and_not_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    launch = Launch(("java",), {"A": "1"})
    before = launch.fingerprint
    monkeypatch.setenv("SOMETHING_OF_THE_SHELL", "1")
    assert launch.fingerprint == before
    assert launch.with_env({"A": "2"}).fingerprint != before


def test_the_broker_listens_only_on_this_machine_and_keeps_japanese_time(tmp_path: Path) -> None:
    launch = broker.command(tmp_path, Ports.shifted(5), tmp_path / "zeebe", log=tmp_path / "zeebe.log")
    hosts = {value for name, value in launch.settings.items() if name.endswith(("_HOST", "_ADDRESS"))}
    assert hosts == {"127.0.0.1"}
    assert "-Duser.timezone=Asia/Tokyo" in launch.argv
    assert launch.settings["ZEEBE_CLOCK_CONTROLLED"] == "false"


def test_the_clock_is_controlled_only_when_asked_for(tmp_path: Path) -> None:
    launch = broker.command(tmp_path, Ports(), tmp_path, log=tmp_path / "log", clock_controlled=True)
    assert launch.settings["ZEEBE_CLOCK_CONTROLLED"] == "true"


def test_operate_and_tasklist_find_the_shifted_neighbours(tmp_path: Path) -> None:
    launch = webapps.command(tmp_path, Ports.shifted(1000), tmp_path, log=tmp_path / "log", agent=tmp_path / "jar")
    addresses = {value for name, value in launch.settings.items() if name.endswith(("_URL", "ADDRESS"))}
    assert addresses == {"http://127.0.0.1:10200", "127.0.0.1:27500", "http://127.0.0.1:9088", "127.0.0.1"}
    opened = {value for name, value in launch.settings.items() if name.endswith("_PORT")}
    assert opened == {"9080", "10601", "27503"}


def test_an_unknown_component_is_refused_by_name() -> None:
    parts = components(Settings(), Options(), Reporter(quiet=True))
    with pytest.raises(StackError, match="zeebee: そのような部品はありません"):
        choose(parts, ["zeebee"])
    assert [part.name for part in choose(parts, ["mail", "zeebe"])] == ["zeebe", "mail"]
