"""The offline installer refuses what it cannot install, says why, and installs with the network refused (ALL-17)."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.compose import ROOT


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle without wheels: everything that the installer looks at before it installs."""
    folder = tmp_path / "renkei-0-offline"
    folder.mkdir()
    shutil.copy(ROOT / "bundle" / "install.sh", folder)
    (folder / "PYTHON").write_text(f"py{sys.version_info[0]}.{sys.version_info[1]}-linux-{os.uname().machine}\n")
    (folder / "constraints.txt").write_text("click==8\n")
    _sum(folder)
    return folder


def _sum(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  ./{name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines))


def _install(folder: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", folder / "install.sh", *arguments],
        env={**os.environ, "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_file_that_was_changed_is_refused_before_anything_is_written(bundle: Path, tmp_path: Path) -> None:
    (bundle / "constraints.txt").write_text("click==9\n")
    done = _install(bundle, "--to", str(tmp_path / "to"))
    assert (done.returncode, "もう一度写して" in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "to").exists()


def test_another_python_is_refused_by_name(bundle: Path, tmp_path: Path) -> None:
    (bundle / "PYTHON").write_text("py3.99-linux-x86_64\n")
    _sum(bundle)
    done = _install(bundle, "--to", str(tmp_path / "to"))
    assert (done.returncode, "py3.99-linux-x86_64 用" in done.stderr) == (1, True), done.stderr
    assert not (tmp_path / "to").exists()


def test_a_folder_with_something_else_is_left_alone(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "kept").write_text("x")
    done = _install(bundle, "--to", str(tmp_path / "to"))
    assert (done.returncode, "別のものがあります" in done.stderr) == (1, True), done.stderr
    assert (tmp_path / "to" / "kept").read_text() == "x"


def test_a_slip_in_an_option_is_told(bundle: Path) -> None:
    done = _install(bundle, "--too", "x")
    assert (done.returncode, "--too という指定はありません" in done.stderr) == (2, True)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_whole_bundle_installs_with_the_network_refused() -> None:
    subprocess.run(["/bin/sh", "bundle/make.sh"], cwd=ROOT, timeout=900, check=True)
    made = max((ROOT / "build" / "bundle").glob("renkei-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    subprocess.run(["/bin/sh", "bundle/check.sh", made], cwd=ROOT, timeout=900, check=True)
    log = (ROOT / "build" / "bundle" / "install.log").read_text(encoding="utf-8")
    assert "Network is unreachable" in log or "Connection refused" in log
    assert "入りました" in log
    assert "エラー 0 件" in log
