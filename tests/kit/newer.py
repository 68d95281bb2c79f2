"""Camunda's in-memory engine of a newer version than the local stack's: gRPC alone, no REST, no web applications.

``python -m tests.kit.newer`` fetches it (133 MB) without starting it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from workers.localstack.distribution import copy_files
from workers.localstack.errors import StackError
from workers.localstack.helpers import compiled_jar
from workers.localstack.java import camunda_java, java_options
from workers.localstack.launch import dies_with_parent
from workers.localstack.packages import Package, ensure
from workers.localstack.progress import Reporter
from workers.settings import Settings
from workers.trial.broker import free_ports
from workers.trial.clock import EngineClock
from workers.trial.receiver import HOST
from workers.trial.records import Records

VERSION = "8.8.21"
"""The newest that Maven Central has; there is none of 8.9."""

_FOLDER = Path(__file__).with_name("newer_engine")
_MAIN_CLASS = "renkei.NewerEngine"
_SERVICES = {"META-INF/services/io.grpc.ServerProvider": f"{_MAIN_CLASS}$LoopbackServers\n"}
_STOP_SECONDS = 10


def class_path(settings: Settings, reporter: Reporter | None = None) -> list[Path]:
    """Return the engine's jars with our main class, fetching them the first time; raises StackError."""
    lines = (_FOLDER / "jars.sha256").read_text(encoding="ascii").splitlines()
    package = Package(
        name=f"zeebe-process-test-engine-{VERSION}",
        title=f"Camunda {VERSION}（試験用）",
        coordinates=f"io.camunda:zeebe-process-test-engine:{VERSION}",
        alone=False,
        sha256={name: digest for digest, name in (line.split() for line in lines)},
        cache_mb=140,
        maven_mb=140,
    )
    folder = ensure(settings.cache, package, copy_files, reporter or Reporter())
    jars = sorted(folder.glob("*.jar"))
    return [compiled_jar(settings, _FOLDER / "NewerEngine.java", jars, files=_SERVICES), *jars]


class NewerEngine:
    """A running engine, with what ``EngineDriver`` needs of a broker except REST."""

    rest = f"http://{HOST}:1"

    def __init__(self) -> None:
        self.ports = free_ports()
        self.clock = EngineClock()
        self.records = Records()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed in __exit__)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def gateway(self) -> str:
        """The gRPC address as host:port."""
        return f"{HOST}:{self.ports.gateway}"

    @property
    def pid(self) -> int | None:
        """The engine's process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def version(self) -> str:
        """The version that the engine writes into its records."""
        return self._version

    def __enter__(self) -> Self:
        """Start the engine; it answers once its first record is here."""
        jars = os.pathsep.join(map(str, class_path(Settings())))
        options = java_options(heap="512m", quick=True)
        self._process = subprocess.Popen(
            [*dies_with_parent(), str(camunda_java()), *options, _MAIN_CLASS, str(self.ports.gateway)],
            env={**os.environ, "CLASSPATH": jars},
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        first = self._process.stdout.readline()
        if not first:
            self._log.seek(0)
            raise RuntimeError(f"the engine did not start:\n{self._log.read().decode(errors='replace')[-4000:]}")
        self._version: str = json.loads(first)["brokerVersion"]
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the engine; it keeps nothing."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(_STOP_SECONDS)
        self._reader.join(_STOP_SECONDS)
        self._log.close()

    def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.records.take([json.loads(line)])


def main() -> int:
    """Fetch; return the exit code."""
    reporter = Reporter()
    try:
        class_path(Settings(), reporter)
    except StackError as error:
        reporter.note(error.message)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
