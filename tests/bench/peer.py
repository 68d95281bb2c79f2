"""The programs that are measured against each other. All speak the same few lines.

======================  ===========================================================
harness writes          program answers
======================  ===========================================================
(start)                 ``ready``
``open TYPE COUNT``     ``opened``, and ``done COUNT`` once so many jobs were
                        completed and the engine has acknowledged each
``count``               ``count N``: N jobs were completed since the opening
``close``               ``closed N``
======================  ===========================================================

A program lives through all rounds, so that what it compiles or imports is not counted in any.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.kit.nodepackages import installed
from workers.errors import RenkeiError
from workers.lint.node_tools import find_node
from workers.localstack.distribution import camunda_home
from workers.localstack.helpers import compiled_jar
from workers.localstack.java import camunda_java
from workers.localstack.launch import dies_with_parent
from workers.settings import Settings

ROOT = Path(__file__).parent.parent.parent
_FOLDER = Path(__file__).parent / "peers"
_READY_SECONDS = 60.0


class MissingPeer(Exception):  # noqa: N818 (a state of affairs that the report tells)
    """A peer cannot be built here; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A program to be measured. ``argv`` builds it (the gateway's address comes last) and may raise MissingPeer."""

    name: str
    argv: Callable[[], Sequence[str]]
    env: dict[str, str] = field(default_factory=dict)


class Peer:
    """A running program. ``with Peer(kind, gateway) as peer:`` starts and ends it."""

    def __init__(self, kind: Kind, gateway: str) -> None:
        self.kind = kind
        self._argv = [*kind.argv(), gateway]
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)

    def __enter__(self) -> Self:
        """Start the program and wait until it takes orders."""
        self._process = subprocess.Popen(
            [*dies_with_parent(), *self._argv],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.kind.env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self._expect("ready", _READY_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the program."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._errors.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def open(self, job_type: str, count: int = 0) -> None:
        """Let it work on a job type."""
        self._order(f"open {job_type} {count}")
        self._expect("opened", _READY_SECONDS)

    def close(self) -> int:
        """Let it end its work; returns how many jobs it has completed."""
        self._order("close")
        return int(self._expect("closed", 60))

    def done(self) -> int:
        """Return how many jobs it has completed since the opening; only our own programs tell."""
        self._order("count")
        return int(self._expect("count", 60))

    def rate(self, job_type: str, count: int, *, seconds: float) -> float:
        """Work off a backlog of ``count`` jobs, for at most so many seconds; returns jobs per second.

        From the order to open, so that connecting and the first poll are part of it.
        """
        started = time.monotonic()
        self.open(job_type, count)
        try:
            self._expect("done", seconds)
        except TimeoutError:
            pass
        else:
            elapsed = time.monotonic() - started
            self.close()
            return count / elapsed
        elapsed = time.monotonic() - started
        return self.close() / elapsed

    def _order(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise RuntimeError(f"{self.kind.name} ended:\n{self.errors()}") from None

    def _expect(self, word: str, seconds: float) -> str:
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._lines.get(timeout=max(deadline - time.monotonic(), 0.001))
            except queue.Empty:
                raise TimeoutError(f"{self.kind.name}: no {word} within {seconds:g} s\n{self.errors()}") from None
            if line == "":
                raise RuntimeError(f"{self.kind.name} ended:\n{self.errors()}")
            first, _, rest = line.partition(" ")
            if first == word:
                return rest

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip() or " ")
        self._lines.put("")

    def errors(self) -> str:
        """Return the end of what the program wrote to stderr."""
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace")[-3000:]


def pyzeebe(kind: str) -> Kind:
    """Return pyzeebe without renkei: ``stock``, ``tuned`` or ``streaming``."""
    command = (sys.executable, "-m", "tests.bench.peers.pyzeebe_peer", kind)
    return Kind(name=f"pyzeebe {kind}", argv=lambda: command)


def renkei(name: str, data: Path, *, program: str = "renkei_peer", port: int = 18_200, **env: str) -> Kind:
    """Return renkei's whole worker with a registry in ``data`` or where ``RENKEI_DATABASE_URL`` says."""
    command = (sys.executable, "-m", f"tests.bench.peers.{program}")
    return Kind(name=name, argv=lambda: command, env={"RENKEI_DATA": str(data), "RENKEI_HEALTH_PORT": str(port), **env})


def java() -> Kind:
    """Camunda's Java client 8.6, out of the distribution."""

    def argv() -> Sequence[str]:
        settings = Settings()
        try:
            libraries = camunda_home(settings) / "lib"
            jar = compiled_jar(settings, _FOLDER / "JavaPeer.java", sorted(libraries.glob("*.jar")))
        except RenkeiError as error:
            raise MissingPeer(error.message) from error
        path = os.pathsep.join([str(jar), f"{libraries}/*"])
        return (str(camunda_java()), "-Xmx256m", "-classpath", path, "renkei.JavaPeer")

    return Kind(name="Java client", argv=argv)


def node() -> Kind:
    """Camunda's Node SDK, installed by npm into the cache."""

    def argv() -> Sequence[str]:
        try:
            return (*find_node().node, str(installed(_FOLDER / "node", "node-peer") / "peer.mjs"))
        except (RenkeiError, OSError) as error:
            raise MissingPeer(str(error)) from error

    return Kind(name="Node SDK", argv=argv)
