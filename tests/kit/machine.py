"""A machine on which only those programs are installed that a test puts there: for the scripts of ``.ci``."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Machine:
    """A checkout and a path that hold only what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        shutil.copytree(ROOT / ".ci", self.checkout / ".ci")
        shutil.copy(ROOT / "pyproject.toml", self.checkout)
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.log = folder / "log"
        self.environment = {"PATH": str(self.bin), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        for name in ("sh", "dirname", "awk", "df", "cat", "basename", "readlink", "rm", "id", "env", "mkdir"):
            (self.bin / name).symlink_to(shutil.which(name) or f"/bin/{name}")

    def program(self, name: str, body: str = "", *, folder: Path | None = None) -> None:
        """Put a program on the path, or into ``folder``, that notes its call and does ``body``."""
        path = (folder or self.bin) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> "{self.log}"\n{body}\n')
        path.chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of ``.ci``."""
        return subprocess.run(
            [str(self.checkout / ".ci" / script), *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=self.environment,
        )

    @property
    def calls(self) -> list[str]:
        """What was called, in order."""
        return self.log.read_text().splitlines() if self.log.exists() else []
