"""A build of the past beside today's: the CPU that a command costs on each, or a worker of it."""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.kit.bars import ROOT

BEFORE = "bcac247"
"""The last build in which every command imported SQLAlchemy, pyzeebe and the worker."""

BEFORE_GROUPS = "cdb052ff"
"""The last build in which every job had a transaction or a savepoint of its own."""

_TENACITY = "def __getattr__(name):\n    return lambda *a, **k: lambda function: function\n"
"""The build before needs a package that is not installed any more; what is measured does not use it."""


def built(folder: Path, commit: str = BEFORE) -> Path:
    """Return the tree of a build before, from the repository's own history."""
    try:
        archive = subprocess.run(
            ["git", "archive", commit, "workers", "bpmn", "templates"], cwd=ROOT, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.fail(f"the build to compare with is not here: {error}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    (folder / "tenacity.py").write_text(_TENACITY, encoding="utf-8")
    return folder


def cpu(build: Path, data: Path, *arguments: str) -> float:
    """Return the CPU seconds of one run of Python on a build; what it prints is not of interest."""
    environment = {**os.environ, "PYTHONPATH": str(build), "RENKEI_HOME": str(build), "RENKEI_DATA": str(data)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=data, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def worker_of(build: Path | None, program: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the command and environment of a peer's program on a build; None: today's."""
    if build is None:
        return (sys.executable, "-m", program), {}
    # Not the folder in which it starts, which has today's workers, but the build's before the tests' own.
    path = os.pathsep.join([str(build), str(ROOT)])
    return (sys.executable, "-P", "-m", program), {"PYTHONPATH": path, "RENKEI_HOME": str(build)}
