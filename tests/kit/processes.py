"""Processes that end with the test run, however it ends."""

from __future__ import annotations

import shutil


def dies_with_parent(signal: str = "KILL") -> list[str]:
    """Return a prefix for a command line: the kernel sends the signal when the thread that starts it has ended.

    So start from the main thread. Empty where util-linux's ``setpriv`` is missing.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal] if setpriv else []
