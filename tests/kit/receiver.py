"""The HTTP end of Zeebe's Elasticsearch exporter: takes records in, answers as little as the exporter needs.

The exporter PUTs index templates (and wants ``{"acknowledged": true}``), then POSTs records to ``_bulk`` as pairs of
JSON lines, in chunked requests (which http.server leaves to its user).
Nagle's algorithm is off and answers go out in one write,
otherwise each record costs a delayed ACK (40 ms).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"
Record = dict[str, Any]

_TEMPLATE_ANSWER = b'{"acknowledged": true}'
_BULK_ANSWER = b'{"errors": false, "items": []}'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_PUT(self) -> None:
        self._body()
        self._answer(_TEMPLATE_ANSWER)

    def do_POST(self) -> None:
        body = self._body()
        if self.path.split("?")[0].endswith("_bulk"):
            lines = body.splitlines()
            self.server.sink([json.loads(line) for line in lines[1::2]])
        self._answer(_BULK_ANSWER)

    def do_GET(self) -> None:
        self._answer(b'{"version": {"number": "8.13.4"}}')

    def log_message(self, *args: Any) -> None:
        """Write nothing: one line a record would drown a test's output."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():  # trailers
            pass

    def _answer(self, body: bytes) -> None:
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Elastic-Product: Elasticsearch\r\nContent-Length: "
            + str(len(body)).encode()
            + b"\r\n\r\n"
            + body
        )
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    sink: Callable[[list[Record]], None]


class Receiver:
    """Listens on a free port of 127.0.0.1 and hands each batch of records to ``sink``, in the exporter's order.

    ``sink`` runs in the receiver's thread.
    """

    def __init__(self, sink: Callable[[list[Record]], None]) -> None:
        self._server = _Server((HOST, 0), _Handler)
        self._server.sink = sink
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="records", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address that the exporter gets."""
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening; a broker that still runs keeps its records and retries."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)
