"""Node packages for tests: installed once into the cache, at the versions of a lock file, without their scripts."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from filelock import FileLock

from workers.lint.node_tools import find_node, run
from workers.settings import Settings

_OPTIONS = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")


def installed(sources: Path, name: str) -> Path:
    """Return a folder with the sources (package.json, its lock file, scripts) and the packages that they ask for.

    Raises NodeError when Node.js or the network is missing.
    """
    files = sorted(sources.glob("*.*js*"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
    folder = Settings().cache / name / digest
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock"), timeout=660):
        if not (folder / ".installed").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in files:
                shutil.copy(path, folder)
            run((*find_node().npm, *_OPTIONS), folder=folder, seconds=600)
            (folder / ".installed").touch()
    return folder
