"""Temporary files of a test run in memory: most of what databases and engines did on disk was making files.

A copy of the registry's template, a thousand files to PostgreSQL, takes a tenth of the work there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 (Linux's own; each takes a folder of its own name in it)
NEEDED = 6 << 30
"""Bytes that have to be free: three lanes with a broker and a database server each need a quarter of it."""
_VARIABLE = "TMPDIR"


def use_memory(environment: MutableMapping[str, str], memory: Path = MEMORY, needed: int = NEEDED) -> bool:
    """Let this process, and those that it starts, make temporary files in memory; tell whether they do.

    Not where the user has said where they belong, where memory is short, or where nothing in it may be executed: the
    engine's libraries are unpacked there.
    """
    if _VARIABLE in environment or not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return False
    if os.statvfs(memory).f_flag & os.ST_NOEXEC or shutil.disk_usage(memory).free < needed:
        return False
    environment[_VARIABLE] = str(memory)
    tempfile.tempdir = None  # asked before, by pytest's own capturing
    return True
