"""The test run's own surroundings: nothing of the user's is within reach, and who reaches for it is told of."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import grpc
import pytest

from tests.kit.apart import Apart, own_environment
from tests.kit.guarded import renkei_guard
from tests.kit.stack import _drawn, free_offset
from workers.localstack.ports import HOST, Ports
from workers.settings import Settings

_DEFAULT_PORTS = set(asdict(Ports()).values())
_USERS_DATA = Path(os.environ[renkei_guard.FOLDERS].split(":")[0])


def test_settings_that_name_nothing_are_those_of_the_run() -> None:
    """Data, home and every port: what a test forgets to name is not the user's."""
    settings = Settings()
    assert settings.data != _USERS_DATA
    assert Path.home() in settings.data.parent.iterdir()
    assert not _DEFAULT_PORTS & set(asdict(Ports.shifted(settings.port_offset)).values())


def test_the_environment_keeps_downloads_and_the_settings_of_programs(tmp_path: Path) -> None:
    """Nothing of renkei's own but the cache; npm and Git find their files without the home, pip has none here."""
    user = tmp_path / "user"
    user.mkdir()
    for name in (".npmrc", ".gitconfig"):
        (user / name).touch()
    given = {
        "HOME": str(user),
        "PATH": "/bin",
        "PYTHONPATH": "/checkout",
        "RENKEI_DATA": "/data",
        "RENKEI_SMTP_HOST": "mail.example.jp",
        "XDG_DATA_HOME": "/data",
        "GIT_CONFIG_GLOBAL": "/given",
    }
    made = own_environment(given, tmp_path / "run", Settings(data=user / "data", cache=user / "cache"), 4000)
    assert {name: made[name] for name in made if name.startswith(("RENKEI_", "XDG_"))} == {
        "RENKEI_CACHE": str(user / "cache"),
        "RENKEI_DATA": str(tmp_path / "run" / "data"),
        "RENKEI_PORT_OFFSET": "4000",
    }
    assert (made["NPM_CONFIG_USERCONFIG"], made["GIT_CONFIG_GLOBAL"]) == (str(user / ".npmrc"), "/given")
    assert "PIP_CONFIG_FILE" not in made
    assert list(Path(made["HOME"]).iterdir()) == []
    assert made["PYTHONPATH"].endswith(":/checkout")
    again = own_environment(made, tmp_path / "part", Settings(data=tmp_path / "run" / "data"), 4000)
    assert again[renkei_guard.FOLDERS] == f"{tmp_path / 'run' / 'data'}:{user / 'data'}"


@pytest.mark.parametrize("port", sorted(_DEFAULT_PORTS))
def test_a_default_port_is_refused(apart: Apart, port: int) -> None:
    """Neither taken nor called."""
    with socket.socket() as made, pytest.raises(PermissionError):
        made.bind((HOST, port))
    with socket.socket() as made, pytest.raises(PermissionError):
        made.connect_ex(("localhost", port))
    assert [line.split(" by ")[0] for line in apart.refused()] == [
        f"socket.bind {HOST}:{port}",
        f"socket.connect localhost:{port}",
    ]


def test_a_channel_to_the_users_engine_is_refused(apart: Apart) -> None:
    """Its sockets are opened without Python."""
    with pytest.raises(PermissionError):
        grpc.insecure_channel(f"{HOST}:26500")
    assert len(apart.refused()) == 1
    grpc.insecure_channel("engine.city.example:26500").close()
    grpc.insecure_channel(f"{HOST}:1").close()


def test_the_users_data_are_refused(apart: Apart, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither read nor written nor listed, by whatever way to them."""
    monkeypatch.chdir("/")
    with pytest.raises(PermissionError):
        (_USERS_DATA / "stack.json").read_text(encoding="utf-8")
    with pytest.raises(PermissionError):
        sqlite3.connect(_USERS_DATA / "registry.sqlite3")
    with pytest.raises(PermissionError):
        list(_USERS_DATA.iterdir())
    with pytest.raises(PermissionError):
        Path("/tmp").rename(_USERS_DATA / "a")  # noqa: S108 (refused)
    with pytest.raises(PermissionError):
        (Path("tmp/..") / _USERS_DATA.relative_to("/") / "mails").mkdir()
    assert len(apart.refused()) == 5


def test_a_process_that_a_test_starts_is_guarded_too(apart: Apart) -> None:
    """It is refused, and the test learns of it even where the program takes it for an engine that is away."""
    code = f"import socket; socket.socket().connect_ex(({HOST!r}, 8090))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert "PermissionError" in done.stderr
    assert apart.refused() == [f"socket.connect {HOST}:8090 by -c"]


def test_two_runs_on_a_machine_never_draw_the_same_ports() -> None:
    """An offset is taken until the process ends that drew it, whether it listens there already or not."""
    code = "from tests.kit.stack import _draw; import sys; sys.exit(not _draw(int(sys.argv[1])))"
    offset = free_offset()

    def drawn_by_another() -> bool:
        return subprocess.run([sys.executable, "-c", code, str(offset)], timeout=60, check=False).returncode == 0

    assert not drawn_by_another()
    _drawn.pop().close()
    assert drawn_by_another()
    assert drawn_by_another()
