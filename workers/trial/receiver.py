"""Takes in what happens in a broker: an exporter of renkei's own writes one JSON line a record to a socket.

The exporter (``record_exporter/RecordExporter.java``) answers to nobody and waits for nobody: Zeebe's own ones send
HTTP requests, one a record where one must know at once, which took a quarter of all that a broker did.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from workers.localstack.distribution import camunda_home
from workers.localstack.helpers import compiled_jar
from workers.settings import Settings

HOST = "127.0.0.1"
Record = dict[str, Any]

_SOURCE = Path(__file__).with_name("record_exporter") / "RecordExporter.java"
_LIBRARIES = ("zeebe-exporter-api-*.jar", "zeebe-protocol-8*.jar")
_CHUNK = 1 << 18


def exporter(settings: Settings, port: int, kinds: Iterable[str]) -> dict[str, str]:
    """Return the environment that lets a broker export to a receiver's port; raises StackError.

    ``kinds``: the value types of the events to export.
    """
    lib = camunda_home(settings) / "lib"
    jar = compiled_jar(settings, _SOURCE, [path for name in _LIBRARIES for path in lib.glob(name)])
    prefix = "ZEEBE_BROKER_EXPORTERS_TRIAL"
    return {
        f"{prefix}_CLASSNAME": f"renkei.{_SOURCE.stem}",
        f"{prefix}_JARPATH": str(jar),
        f"{prefix}_ARGS_PORT": str(port),
        f"{prefix}_ARGS_KINDS": " ".join(sorted(kinds)),
    }


class Receiver:
    """Listens on a free port of 127.0.0.1 and hands records to ``sink`` in the exporter's order, as many as are there.

    ``sink`` runs in the receiver's thread. A broker that is started again connects anew: the lines of the one before
    are read to their end first.
    """

    def __init__(self, sink: Callable[[list[Record]], None]) -> None:
        self.sink = sink
        self._socket = socket.create_server((HOST, 0))
        self._connection: socket.socket | None = None
        self._closed = False
        self._ended = threading.Event()
        self._ended.set()
        self._thread = threading.Thread(target=self._listen, name="records", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that the exporter gets."""
        return int(self._socket.getsockname()[1])

    def wait_ended(self, seconds: float) -> None:
        """Return when all is taken in that a broker wrote which has ended; raises TimeoutError."""
        if not self._ended.wait(seconds):
            raise TimeoutError("the broker's last records are not read")

    def close(self) -> None:
        """Stop listening; a broker that still runs keeps its records and retries."""
        self._closed = True
        for opened in filter(None, (self._socket, self._connection)):
            with suppress(OSError):  # its other end has gone
                opened.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._thread.join(timeout=5)
        self._socket.close()

    def _listen(self) -> None:
        while not self._closed:
            try:
                self._connection, _ = self._socket.accept()
            except OSError:
                return
            self._ended.clear()
            with self._connection:
                self._read(self._connection)
            self._ended.set()

    def _read(self, connection: socket.socket) -> None:
        begun = b""
        while chunk := self._received(connection):
            *lines, begun = (begun + chunk).split(b"\n")
            if lines:
                self.sink([json.loads(line) for line in lines])

    @staticmethod
    def _received(connection: socket.socket) -> bytes:
        """Return what is there; empty at the end, which is a reset where the broker was killed."""
        try:
            return connection.recv(_CHUNK)
        except OSError:
            return b""
