"""A build of the past beside today's, and the CPU that a command costs on each."""

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

_TENACITY = "def __getattr__(name):\n    return lambda *a, **k: lambda function: function\n"
"""The build before needs a package that is not installed any more; what is measured does not use it."""


def built(folder: Path) -> Path:
    """Return the tree of the build before, from the repository's own history."""
    try:
        archive = subprocess.run(
            ["git", "archive", BEFORE, "workers", "bpmn", "templates"], cwd=ROOT, capture_output=True, check=True
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
