"""Several page servers behind one address: one that dies is replaced, none outlives the first (ALL-16)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest

_SECONDS = 120


@pytest.fixture(name="first")
def _first() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.kit.sharedserver", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def _served_by(first: subprocess.Popen[str], seen: set[int]) -> Callable[[], set[int]]:
    """Return what asks once more, by a connection of its own, and tells which processes have answered so far."""
    assert first.stdout
    url = f"http://127.0.0.1:{first.stdout.readline().strip()}/"

    def asked() -> set[int]:
        seen.add(int(httpx.get(url, timeout=_SECONDS, trust_env=False).text))
        return seen

    return asked


def _until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not wanted():
        assert time.monotonic() < deadline


def test_two_processes_serve_one_that_is_killed_is_replaced_and_all_end_together(first: subprocess.Popen[str]) -> None:
    seen: set[int] = set()
    asked = _served_by(first, seen)
    _until(lambda: len(asked()) == 2)
    killed = seen.pop()
    os.kill(killed, signal.SIGKILL)
    _until(lambda: len(asked() - {killed}) == 2)
    first.terminate()
    assert first.wait(_SECONDS) == 0
    assert [pid for pid in seen if psutil.pid_exists(pid)] == []


def test_where_the_first_process_is_killed_the_others_end(first: subprocess.Popen[str]) -> None:
    seen: set[int] = set()
    asked = _served_by(first, seen)
    _until(lambda: len(asked()) == 2)
    first.kill()
    _until(lambda: not any(psutil.pid_exists(pid) for pid in seen))
