"""What the build server runs: demo and tests one after the other, in a home that is not the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.kit.machine import ROOT, Machine

_KEEP, _COMPARE = "python -m tests.kit.untouched keep", "python -m tests.kit.untouched compare"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine whose ``make`` and ``.venv`` only note what they are asked, with home, cache and npm's settings."""
    machine = Machine(tmp_path)
    (machine.bin / "mktemp").symlink_to("/bin/mktemp")
    (tmp_path / ".npmrc").touch()
    told = '"$HOME" "$RENKEI_CACHE" "${RENKEI_DATA-none}" "${NPM_CONFIG_USERCONFIG-none}"'
    machine.program("make", f'printf "%s|" {told} > {tmp_path}/$1.env; [ ! -e "{tmp_path}/$1.fails" ]')
    programs = machine.checkout / ".venv" / "bin"
    machine.program("python", f'[ ! -e "{tmp_path}/$3.fails" ]', folder=programs)
    machine.program("renkei", folder=programs)
    machine.environment["RENKEI_DATA"] = str(tmp_path / "mine")
    return machine


def _steps(machine: Machine) -> list[str]:
    return [call.partition(" /")[0] for call in machine.calls]


def test_the_demo_is_looked_at_before_and_after_the_tests(machine: Machine, tmp_path: Path) -> None:
    """It is taken down last, and nothing of the home stays."""
    result = machine.run("run")
    assert result.returncode == 0, result.stderr
    assert _steps(machine) == ["make demo", _KEEP, "make test", _COMPARE, "renkei down"]
    home, *told = (tmp_path / "test.env").read_text(encoding="utf-8").split("|")
    assert told == [str(tmp_path / ".cache" / "renkei"), "none", str(tmp_path / ".npmrc"), ""]
    assert (tmp_path / "demo.env").read_text(encoding="utf-8").startswith(f"{home}|")
    assert Path(home) != tmp_path
    assert not Path(home).exists()


@pytest.mark.parametrize(
    ("broken", "expected"),
    [
        ("demo", ["make demo", "renkei down"]),
        ("test", ["make demo", _KEEP, "make test", _COMPARE, "renkei down"]),
        ("compare", ["make demo", _KEEP, "make test", _COMPARE, "renkei down"]),
    ],
)
def test_each_failure_fails_the_run(machine: Machine, tmp_path: Path, broken: str, expected: list[str]) -> None:
    """The demo is taken down whatever happened."""
    (tmp_path / f"{broken}.fails").touch()
    assert machine.run("run").returncode != 0
    assert _steps(machine) == expected


def test_the_build_server_can_run_it() -> None:
    """Git keeps the permission."""
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
