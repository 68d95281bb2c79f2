"""Processes of their own, and the memory that one needed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent


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
