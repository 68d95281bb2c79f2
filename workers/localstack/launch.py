"""How a process is started: program, environment, folder."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

# A shell set up for another Camunda must not reconfigure this one: Spring reads all of these.
_FOREIGN_PREFIXES = ("ZEEBE_", "CAMUNDA_", "SPRING_", "SERVER_", "MANAGEMENT_", "OPERATE_", "TASKLIST_", "ATOMIX_")
_FOREIGN_NAMES = frozenset({"CLASSPATH", "JAVA_OPTS"})


@dataclass(frozen=True, slots=True)
class Launch:
    """A command line with its working folder and the variables that it adds to the environment."""

    argv: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None

    def with_env(self, extra: Mapping[str, str]) -> Launch:
        """Return a copy with more environment variables; ``extra`` wins."""
        return replace(self, settings={**self.settings, **extra})

    @property
    def env(self) -> dict[str, str]:
        """The whole environment for the new process."""
        return {**clean_environment(), **self.settings}

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with the command line or a setting."""
        content = json.dumps([self.argv, sorted(self.settings.items())])
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def clean_environment() -> dict[str, str]:
    """Return this process's environment without variables that would reconfigure an embedded server."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN_NAMES and not name.startswith(_FOREIGN_PREFIXES)
    }


def dies_with_parent(signal: str = "KILL") -> list[str]:
    """Return a prefix for a command line: the kernel sends the signal when the thread that starts it has ended.

    So start from the main thread. Empty where util-linux's ``setpriv`` is missing.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal] if setpriv else []
