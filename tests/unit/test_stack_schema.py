"""Tasklist's schema, repaired: it takes the moments that Tasklist itself writes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from workers.localstack import helpers
from workers.localstack.components import Options, components
from workers.localstack.progress import Reporter
from workers.settings import Settings

_TASKS = "schema/os/create/template/tasklist-list-view.json"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a distribution that holds Tasklist's schema alone."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "asm-9.jar").touch()
    dates = {"completionTime": {"type": "date", "format": "date_time || epoch_millis"}}
    with zipfile.ZipFile(tmp_path / "lib" / "tasklist-els-schema-8.6.0.jar", "w") as jar:
        jar.writestr(_TASKS, json.dumps(dates))
        jar.writestr("schema/os/create/index/tasklist-user.json", "{}")
        jar.writestr("schema/es/create/template/tasklist-list-view.json", json.dumps(dates))
    for module in ("helpers", "components"):
        monkeypatch.setattr(f"workers.localstack.{module}.camunda_home", lambda *_: tmp_path)
    monkeypatch.setattr("workers.localstack.components.broker_agent", lambda *_: tmp_path / "agent.jar")
    (tmp_path / "cache").mkdir()
    return Settings(data=tmp_path / "data", cache=tmp_path / "cache")


def test_a_moment_on_a_full_second_is_taken(settings: Settings) -> None:
    """Tasklist writes 18:25:43+09:00 for 18:25:43.000+09:00; refused once, no task was imported any more."""
    with zipfile.ZipFile(helpers.tasklist_schema(settings)) as jar:
        assert jar.namelist() == [_TASKS]
        schema = json.loads(jar.read(_TASKS))
    assert schema["completionTime"]["format"] == "date_time || date_time_no_millis || epoch_millis"


def _class_path(settings: Settings) -> list[str]:
    argv = components(settings, Options(), Reporter(quiet=True))["webapps"].launch().argv
    return argv[argv.index("-classpath") + 1].split(":")


def test_the_repaired_schema_comes_before_tasklists_own(settings: Settings) -> None:
    repaired = str(helpers.tasklist_schema(settings))
    assert _class_path(settings)[0] == repaired
    (settings.data / "opensearch" / "data").mkdir()
    assert _class_path(settings)[0] == repaired


def test_an_index_of_before_keeps_its_schema(settings: Settings) -> None:
    """Tasklist refuses to start when the schema of an existing index has changed."""
    (settings.data / "opensearch" / "data").mkdir(parents=True)
    assert str(helpers.tasklist_schema(settings)) not in _class_path(settings)
