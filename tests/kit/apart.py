"""A test run lives apart from what belongs to the user: other folders, other ports, whatever a test asks for.

``Apart`` gives the run's process, and so every process that a test starts, an environment without the user's settings:
an empty home, a data folder and a port offset of the run's own; a test that forgets to name its own gets these. The
guard then refuses, and reports, the default ports and the user's data folder, so that the test that reached for them
fails. Only downloads are shared (``RENKEI_CACHE``), and what a package manager was told.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import grpc

from tests.kit.guarded import renkei_guard
from tests.kit.stack import free_offset
from workers.localstack.ports import Ports
from workers.settings import Settings

_GUARDED = Path(__file__).with_name("guarded")
_XDG = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
# A program's own file of settings, by the variable that names it: these keep downloads and Git working without a home.
_PROGRAMS = {
    "NPM_CONFIG_USERCONFIG": ".npmrc",
    "PIP_CONFIG_FILE": ".config/pip/pip.conf",
    "GIT_CONFIG_GLOBAL": ".gitconfig",
}
# Hundreds of tests start Python: compiling every module of every one anew would be most of what they do.
_WITHOUT_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_GRPC = (
    (grpc, "insecure_channel"),
    (grpc, "secure_channel"),
    (grpc.aio, "insecure_channel"),
    (grpc.aio, "secure_channel"),
)


class Apart:
    """The surroundings of one test run (one process: each that runs a part of it has its own)."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="renkei-tests-"))
        self._report = self._folder / "refused"
        self._before = dict(os.environ)

    def begin(self) -> None:
        """Change this process's environment and guard it."""
        environment = own_environment(self._before, self._folder, Settings(), free_offset())
        os.environ.clear()
        os.environ.update(environment | {renkei_guard.REPORT: str(self._report)})
        renkei_guard.install_from_environment()
        for module, name in _GRPC:
            setattr(module, name, self._watched(getattr(module, name)))

    def end(self) -> None:
        """Remove the run's folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def refused(self) -> list[str]:
        """Return what was refused since the last call, in this process and in those that it started."""
        try:
            lines = self._report.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        self._report.unlink()
        return lines

    @staticmethod
    def _watched(make_channel: Callable[..., Any]) -> Callable[..., Any]:
        """Let the guard see the address of a channel, whose sockets Python knows nothing of."""
        guard = renkei_guard.from_environment()

        @functools.wraps(make_channel)
        def watched(target: str, *arguments: Any, **options: Any) -> Any:
            host, _, port = target.rpartition(":")
            guard.address("grpc", (host.strip("[]"), int(port) if port.isdigit() else 0))
            return make_channel(target, *arguments, **options)

        return watched


def own_environment(given: Mapping[str, str], folder: Path, user: Settings, port_offset: int) -> dict[str, str]:
    """Return the environment of a test run in ``folder``.

    Args:
        given: The user's environment; renkei's settings in it are left out.
        folder: Of the run.
        user: The settings that the user's environment makes: their cache is shared, their data are guarded.
        port_offset: Under which nothing listens.
    """
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    left_out = {*_XDG, _WITHOUT_BYTECODE}
    kept = {name: value for name, value in given.items() if not name.startswith("RENKEI_") and name not in left_out}
    users = Path(given.get("HOME", "/nonexistent"))
    programs = {name: str(users / file) for name, file in _PROGRAMS.items() if (users / file).is_file()}
    # The process of a `pytest -n` is given a run's environment: what that guards stays guarded.
    folders = [str(user.data.resolve()), *filter(None, given.get(renkei_guard.FOLDERS, "").split(":"))]
    return {
        **programs,
        **kept,
        "HOME": str(home),
        "RENKEI_CACHE": str(user.cache.resolve()),
        "RENKEI_DATA": str(folder / "data"),
        "RENKEI_PORT_OFFSET": str(port_offset),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(_GUARDED), given.get("PYTHONPATH")])),
        renkei_guard.PORTS: ":".join(str(port) for port in asdict(Ports()).values()),
        renkei_guard.FOLDERS: ":".join(folders),
    }
