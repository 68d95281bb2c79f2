"""Several processes behind one address, each with its share of the connections: one uses no more than one core.

The first process binds the address and watches the others: one that ends is started again, and none outlives it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from typing import Any, Final

from workers.logs import get_logger

_log = get_logger(__name__)
_LOOK_SECONDS: Final = 1.0
_STOP_SECONDS: Final = 15.0
_SHORT_LIFE_SECONDS: Final = 10.0
"""A process that ends sooner is started again more slowly each time: its fault is not one of the moment."""
_LONGEST_PAUSE_SECONDS: Final = 30.0
_BACKLOG: Final = 2048


def run_processes(count: int, listening: socket.socket, work: Callable[..., None], *arguments: Any) -> None:
    """Run ``work(listening, *arguments)`` in as many processes until SIGTERM or Ctrl-C (blocking).

    ``work`` ends by SIGTERM; it and its arguments are handed over pickled.
    """
    _Processes(count, listening, work, arguments).run()


def listening_at(host: str, port: int) -> socket.socket:
    """Return a socket that several processes may take connections from; raises OSError where the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


class _Processes:
    def __init__(
        self, count: int, listening: socket.socket, work: Callable[..., None], arguments: tuple[Any, ...]
    ) -> None:
        self._work = (work, listening, arguments)
        self._count = count
        self._context = multiprocessing.get_context("spawn")
        self._running: dict[BaseProcess, float] = {}
        self._failures = 0
        self._stopping = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        while not self._stopping:
            while len(self._running) < self._count and not self._stopping:
                self._start()
            connection.wait([process.sentinel for process in self._running], timeout=_LOOK_SECONDS)
            for process in [process for process in self._running if not process.is_alive()]:
                self._ended(process)
        self._end()

    def _start(self) -> None:
        process = self._context.Process(target=_share, args=self._work)
        process.start()
        self._running[process] = time.monotonic()

    def _ended(self, process: BaseProcess) -> None:
        started = self._running.pop(process)
        if self._stopping:
            return
        short = time.monotonic() - started < _SHORT_LIFE_SECONDS
        self._failures = self._failures + 1 if short else 0
        _log.error("a process of the pages has ended", exit_code=process.exitcode, failures=self._failures)
        if short:
            time.sleep(min(2.0**self._failures / 2, _LONGEST_PAUSE_SECONDS))

    def _stop(self, *_signal: object) -> None:
        self._stopping = True

    def _end(self) -> None:
        until = time.monotonic() + _STOP_SECONDS
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.join(max(0.0, until - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def _share(work: Callable[..., None], listening: socket.socket, arguments: tuple[Any, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    work(listening, *arguments)


def _end_with_parent() -> None:
    """End this process once the first one is gone, also where that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
