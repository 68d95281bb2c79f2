"""The wheel that the image installs: it brings the packs and templates along and works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.compose import ROOT

SCRIPT = """
import json, workers
from workers.settings import Settings
home = Settings().home
cities = sorted(path.parent.name for path in home.glob("bpmn/*/city.toml"))
print(json.dumps([workers.__file__, str(home), cities, (home / "templates").is_dir()]))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    command += ["--disable-pip-version-check", "--wheel-dir", str(out), str(ROOT)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = out.glob("renkei-*.whl")
    return path


def committed(folder: str) -> set[str]:
    """Return the files of a folder that git knows."""
    result = subprocess.run(
        ["git", "ls-files", "-z", folder], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True
    )
    return {name for name in result.stdout.split("\0") if name and (ROOT / name).exists()}


def test_the_wheel_holds_every_module_pack_and_template(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    packs = {f"workers/_packs/{name}" for name in committed("bpmn") | committed("templates")}
    assert "workers/_packs/bpmn/isesaki/city.toml" in packs
    assert packs | committed("workers") <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"workers"}


@dataclass(frozen=True)
class Installed:
    """The wheel in an environment of its own."""

    folder: Path
    site: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python far from the checkout."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("RENKEI_", "PYTHON"))}
        return subprocess.run(
            [self.folder / "venv" / "bin" / "python", *arguments],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    tmp_path = tmp_path_factory.mktemp("installed")
    fresh = tmp_path / "venv"
    venv.create(fresh, with_pip=False)
    python = fresh / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--disable-pip-version-check", str(wheel)], check=True, timeout=240)
    # The dependencies come from our environment; a path file adds the folder without its editable installs.
    site = next(fresh.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installed(tmp_path, site)


def test_the_installed_wheel_finds_its_packs_far_from_the_checkout(installed: Installed) -> None:
    result = installed.run("-c", SCRIPT)
    assert result.returncode == 0, result.stderr
    module, home, cities, templates = json.loads(result.stdout)
    assert Path(module).is_relative_to(installed.site)
    assert Path(home) == installed.site / "workers" / "_packs"
    assert cities == sorted(path.parent.name for path in ROOT.glob("bpmn/*/city.toml"))
    assert templates
    assert (installed.folder / "venv" / "bin" / "renkei").exists()


def test_the_installed_wheel_writes_a_pack_for_another_city(installed: Installed) -> None:
    """ALL-8: the starting point comes along; its pack is linted with the wheel's own common processes."""
    made = installed.run("-m", "workers.cli", "new-city", "midori", "みどり野市", "--dir", "packs")
    assert made.returncode == 0, made.stderr
    checked = installed.run("-m", "workers.cli", "lint", "packs/midori", "--packs", "packs", "--no-node")
    assert checked.returncode == 0, checked.stdout + checked.stderr
