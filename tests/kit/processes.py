"""Processes that end with the test run, however it ends, and the memory that one needed."""

from __future__ import annotations

import shutil
from pathlib import Path


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
