"""Keeps this Python process off ports and folders that belong to the user; standard library only, see ``kit.apart``.

Python's audit events tell of every socket and file that Python opens. What C libraries open by themselves (gRPC) is
not among them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from typing import Any

PORTS = "GUARDED_PORTS"
FOLDERS = "GUARDED_FOLDERS"
REPORT = "GUARD_REPORT"
_HERE = {"", "0.0.0.0", "::", "localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1"}  # noqa: S104 (compared with)
_SOCKETS = {"socket.bind", "socket.connect"}
_FILES = {"open", "sqlite3.connect", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir"}


class Guard:
    """Refuses with PermissionError, and reports, since code under test may take that for an engine that is away.

    The report is the file that the environment names by then: a process of ``pytest -n`` is guarded before it has one.
    """

    def __init__(self, ports: Collection[int], folders: Collection[str]) -> None:
        self._ports = frozenset(ports)
        self._folders = tuple(folders)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Look at one audit event."""
        if event in _SOCKETS:
            self.address(event, arguments[1])
        elif event in _FILES:
            for path in arguments[: 2 if event == "os.rename" else 1]:
                self._file(event, path)

    def address(self, what: str, address: Any) -> None:
        """Refuse a guarded port of this machine; other kinds of sockets pass."""
        if isinstance(address, tuple) and len(address) >= 2 and address[1] in self._ports and address[0] in _HERE:
            self._refuse(f"{what} {address[0]}:{address[1]}")

    def _file(self, what: str, path: Any) -> None:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.fsdecode(path)
            # Without a look at the disk, which would be the next event.
            full = os.path.abspath(name)  # noqa: PTH100
            if any(full == folder or full.startswith(f"{folder}/") for folder in self._folders):
                self._refuse(f"{what} {full}")

    def _refuse(self, what: str) -> None:
        descriptor = os.open(os.environ[REPORT], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(descriptor, f"{what} by {' '.join(sys.argv[:3])}\n".encode())
        os.close(descriptor)
        raise PermissionError(f"tests may not use what belongs to the user: {what}")


def install_from_environment() -> None:
    """Guard this process as ``PORTS`` and ``FOLDERS`` (absolute; both separated by ``:``) say; nothing without them."""
    if PORTS in os.environ:
        sys.addaudithook(from_environment())


def from_environment() -> Guard:
    """Return the guard that the environment asks for."""
    return Guard([int(port) for port in os.environ[PORTS].split(":")], os.environ[FOLDERS].split(":"))
