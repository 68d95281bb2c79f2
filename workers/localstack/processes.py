"""Starting, recognising and stopping processes that outlive this one.

A process is ours when its environment holds the mark it was given at its start. A pid alone may have gone to another
program since, and start times move when the machine's clock is set.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from workers.localstack.launch import Launch
from workers.localstack.ports import HOST
from workers.localstack.state import Handle

_MARK = "RENKEI_STACK_MARK"
_STACK = "RENKEI_STACK_DATA"
_START_TOLERANCE_SECONDS = 2.0
_LOG_LIMIT_BYTES = 20_000_000


def running(handle: Handle) -> psutil.Process | None:
    """Return the running process, or None when it has ended (or its pid belongs to another program now)."""
    try:
        process = psutil.Process(handle.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            _reap(handle.pid)
            return None
        return process if _is_ours(process, handle) else None
    except psutil.Error:
        return None


def _is_ours(process: psutil.Process, handle: Handle) -> bool:
    environment = {}
    with contextlib.suppress(psutil.AccessDenied):
        environment = process.environ()
    if environment:
        return environment.get(_MARK) == handle.mark
    # Empty for a moment after the start, while the kernel puts the new program in place.
    return abs(process.create_time() - handle.create_time) < _START_TOLERANCE_SECONDS


def _reap(pid: int) -> None:
    """Take the exit status of a child that has ended, if it is ours; zombies of others are theirs."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def start(launch: Launch, data: Path, output: Path) -> Handle:
    """Start a process of its own session, which this process's end or Ctrl-C does not reach; output goes to a file.

    Raises:
        OSError: The program cannot be run.
    """
    mark = secrets.token_hex(12)
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.exists() and output.stat().st_size > _LOG_LIMIT_BYTES:
        output.replace(output.with_name(f"{output.name}.1"))
    with output.open("ab") as sink:
        child = subprocess.Popen(  # noqa: S603 (command lines of this package)
            launch.argv,
            env={**launch.env, _MARK: mark, _STACK: str(data)},
            cwd=launch.cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    child.returncode = 0  # it is meant to go on after us; keeps Popen from warning that it still runs
    return Handle(child.pid, psutil.Process(child.pid).create_time(), mark, launch.fingerprint)


def stop(processes: Iterable[tuple[psutil.Process, float]]) -> list[psutil.Process]:
    """Ask processes to end, wait for each as many seconds as given, then kill; return those that had to be killed."""
    waiting = list(processes)
    for process, _ in waiting:
        _signal(process, signal.SIGTERM)
    begun = time.monotonic()
    killed = []
    for process, seconds in waiting:
        if not _ended(process, max(0.0, begun + seconds - time.monotonic())):
            _signal(process, signal.SIGKILL)
            killed.append(process)
    for process in killed:
        _ended(process, 10)
    return killed


def leftovers(data: Path) -> list[psutil.Process]:
    """Return every running process that was started for this data folder, children of its processes included."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(_STACK) == str(data) and process.pid != os.getpid():
                found.append(process)
    return [process for process in found if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]


def port_owner(port: int, patience: float = 0.0) -> str | None:
    """Return who listens on a port of 127.0.0.1 (``java（pid 12）``), or None when it is free.

    A port that belongs to no living process we may look at is another user's, or a killed process's that is still
    ending: it is watched for ``patience`` seconds, and called 他のプログラム if it stays taken.
    """
    deadline = time.monotonic() + patience
    while not _is_free(port):
        owner = _listener(port)
        if owner or time.monotonic() >= deadline:
            return owner or "他のプログラム"
        time.sleep(0.1)
    return None


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a closed connection is no owner
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _listener(port: int) -> str | None:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                if process.memory_info().rss:  # a killed process gives up its memory first, its ports last
                    return f"{process.name()}（pid {process.pid}）"
    return None


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _ended(process: psutil.Process, seconds: float) -> bool:
    """Wait until a process has ended; psutil's own wait takes a zombie that nobody reaps for a running process."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            # A killed Java is a zombie at once, but holds its ports and files until its last thread is gone.
            if process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1:
                _reap(process.pid)
                return True
            if not process.is_running():
                return True
        except psutil.NoSuchProcess:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
