"""A worker as a process of its own, which the tests kill, stop and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil

from tests.kit.desk import ROOT
from workers.localstack.launch import dies_with_parent
from workers.settings import Settings

READY_SECONDS = 60.0
_PASSED_ON = ("gateway_address", "rest_address", "smtp_host", "smtp_port", "health_port", "database_url", "engine_id")


class WorkerProcess:
    """``renkei worker`` with the job types of tests.chaos.program, on the settings of a test.

    Args:
        settings: Where everything is; ``health_port`` must differ between processes that run at once.
        name: Names the log, where there are several.
    """

    def __init__(self, settings: Settings, *, name: str = "worker") -> None:
        self.settings = settings
        self._log = settings.data / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        passed = {f"RENKEI_{key.upper()}": str(getattr(settings, key)) for key in _PASSED_ON}
        self._env = {
            "RENKEI_DATA": str(settings.data),
            "RENKEI_HOME": str(settings.home),
            "RENKEI_CONCURRENCY": str(settings.concurrency),
            "RENKEI_LOG_LEVEL": settings.log_level,
            "PYTHONPATH": str(ROOT),
            **passed,
        }

    def start(self, *, ready: bool = True, **env: str) -> None:
        """Start the process and wait until it is ready."""
        command = [*dies_with_parent(), sys.executable, "-m", "tests.chaos.program", "worker"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=os.environ | self._env | env,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        deadline = time.monotonic() + READY_SECONDS
        while ready and not self.is_ready():
            assert self.running, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def is_ready(self) -> bool:
        """Whether ``/readyz`` is green."""
        try:
            return self._get("readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def metrics(self) -> str:
        """Return ``/metrics``."""
        return self._get("metrics").text

    def _get(self, page: str) -> httpx.Response:
        url = f"http://127.0.0.1:{self.settings.health_port}/{page}"
        return httpx.get(url, timeout=5, trust_env=False)

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def megabytes(self) -> float:
        """Return the resident memory of the running process."""
        assert self._process is not None
        return float(psutil.Process(self._process.pid).memory_info().rss) / 2**20

    def wait(self, seconds: float) -> int:
        """Wait for the process's own end and return its exit code."""
        process, self._process = self._process, None
        assert process is not None
        return process.wait(timeout=seconds)

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> tuple[int, float]:
        """Stop the process with SIGTERM; returns its exit code and the seconds that it took."""
        started = time.monotonic()
        return self._end(signal.SIGTERM), time.monotonic() - started

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(number)
        try:
            return process.wait(timeout=20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(timeout=5)

    def log(self) -> str:
        """Return what the process has logged."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""


@contextmanager
def worker_process(settings: Settings, *, name: str = "worker") -> Iterator[WorkerProcess]:
    """Yield a process that is not started yet and is dead afterwards."""
    process = WorkerProcess(settings, name=name)
    try:
        yield process
    finally:
        process.kill()
