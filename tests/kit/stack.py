"""The local stack in tests: a port offset that nobody uses, and looks at what a process listens on."""

from __future__ import annotations

import fcntl
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from ipaddress import ip_address
from pathlib import Path

import psutil

from workers.localstack.ports import HOST, Ports
from workers.localstack.processes import port_owner

_HIGHEST_OFFSET = 6200  # above, the gateway's port would be among those that the system gives to clients
_drawn: list[ExitStack] = []


def free_offset() -> int:
    """Return an offset whose every port is free now, and which no other run on this machine draws before this ends."""
    for _ in range(100):
        offset = random.randrange(2000, _HIGHEST_OFFSET, 20)  # noqa: S311 (no secret)
        if _draw(offset) and not any(port_owner(port) for port in asdict(Ports.shifted(offset)).values()):
            return offset
    raise AssertionError("no free port offset found")


def _draw(offset: int) -> bool:
    """Lock an offset until this process ends; tell whether it was to be had."""
    with ExitStack() as stack:
        try:
            file = Path(tempfile.gettempdir(), f"renkei-tests-offset-{offset}")
            lock = stack.enter_context(file.open("a", encoding="utf-8"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        _drawn.append(stack.pop_all())
    return True


def renkei(*arguments: str, data: Path, seconds: float = 120) -> subprocess.CompletedProcess[str]:
    """Run ``renkei`` as a person would, with a data folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "workers.cli", *arguments, "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "200"},
    )


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Poll until ``condition`` holds; fail with ``what`` after the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def open_sockets(pids: list[int]) -> tuple[set[str], set[str]]:
    """Return (loopback, other) addresses as ``tcp 127.0.0.1:80`` on which the processes accept something.

    A UDP socket on a port that the system chose is a client's (name look-ups), not a listener.
    """
    near: set[str] = set()
    far: set[str] = set()
    for pid in pids:
        for connection in psutil.Process(pid).net_connections("inet"):
            tcp = connection.type == socket.SOCK_STREAM
            listening = connection.status == psutil.CONN_LISTEN if tcp else connection.laddr.port < _first_client_port()
            if listening:
                address = ip_address(connection.laddr.ip)
                mapped = getattr(address, "ipv4_mapped", None) or address
                kind = "tcp" if tcp else "udp"
                (near if mapped.is_loopback else far).add(
                    f"{kind} {HOST if mapped.is_loopback else mapped}:{connection.laddr.port}"
                )
    return near, far


def _first_client_port() -> int:
    return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
