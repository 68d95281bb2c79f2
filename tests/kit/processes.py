"""Processes that end with the test run, however it ends, and the memory that one needed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


def dies_with_parent(signal: str = "KILL") -> list[str]:
    """Return a prefix for a command line: the kernel sends the signal when the thread that starts it has ended.

    So start from the main thread. Empty where util-linux's ``setpriv`` is missing.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal] if setpriv else []


def peak_megabytes() -> float:
    """Return this process's largest resident memory so far in MB.

    Not ``ru_maxrss``: a process that was started by ``vfork`` begins with its parent's figure there.
    """
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def reported(*arguments: str | Path) -> dict[str, Any]:
    """Run Python with these arguments in a process of its own, whose peak memory is its own, and return its JSON."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
