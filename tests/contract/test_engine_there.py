"""What an engine has by now: asked of Operate on 8.6, of its own index on 8.9; answers as recorded and documented."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workers.settings import Settings
from workers.trial.there import There, engine_of

pytestmark = pytest.mark.asyncio
_XML = '<?xml version="1.0" encoding="UTF-8"?><definitions name="締結"/>'.encode()
_KEY = 2251799813692714
_LOGIN = [("Set-Cookie", "OPERATE-SESSION=1; Path=/"), ("X-CSRF-TOKEN", "token")]


class _Engine(ThreadingHTTPServer):
    version = ""


class _Calls(BaseHTTPRequestHandler):
    server: _Engine

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/api/login":
            self._answer(204, b"", _LOGIN)
        elif self.server.version == "8.6":
            self._of_86(json.loads(body))
        else:
            self._of_89(json.loads(body))

    def _of_86(self, asked: dict[str, dict[str, str]]) -> None:
        if self.path.startswith("/v2/"):
            self._answer(405, b"{}")
        elif "OPERATE-SESSION=1" not in self.headers.get("Cookie", ""):
            self._answer(401, b"{}")
        elif asked["filter"].get("bpmnProcessId") != "midori-signing":
            self._json({"items": [], "sortValues": [], "total": 0})
        elif self.path == "/v1/process-definitions/search":
            version = {"name": "締結", "bpmnProcessId": "midori-signing", "versionTag": None, "tenantId": "<default>"}
            items = [{**version, "key": _KEY - 1, "version": 1}, {**version, "key": _KEY, "version": 2}]
            self._json({"items": items, "sortValues": [_KEY], "total": 2})
        else:
            items = [{"key": 1, "processVersion": 1, "bpmnProcessId": "midori-signing", "state": "ACTIVE"}]
            self._json({"items": items, "sortValues": [1], "total": 1})

    def _of_89(self, asked: dict[str, dict[str, str]]) -> None:
        known = asked["filter"].get("processDefinitionId") == "midori-signing"
        if self.path == "/v2/process-definitions/search":
            item = {"processDefinitionId": "midori-signing", "name": "締結", "resourceName": "midori-signing.bpmn"}
            items = [{**item, "version": 2, "versionTag": None, "processDefinitionKey": str(_KEY)}]
        else:
            items = [{"processInstanceKey": "1", "processDefinitionVersion": 1, "state": "ACTIVE"}]
        self._json({"items": items if known else [], "page": {"totalItems": len(items) * known}})

    def do_GET(self) -> None:
        version = {"/v1": "8.6", "/v2": "8.9"}[self.path[:3]]
        if self.path[3:] == f"/process-definitions/{_KEY}/xml" and version == self.server.version:
            self._answer(200, _XML, [("Content-Type", "text/xml")])
        else:
            self._answer(404, b"{}")

    def _json(self, content: object) -> None:
        self._answer(200, json.dumps(content).encode(), [("Content-Type", "application/json")])

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in (("Content-Length", str(len(body))), *(headers or [])):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


@contextmanager
def _engine(version: str, folder: Path) -> Iterator[Settings]:
    with _Engine(("127.0.0.1", 0), _Calls) as server:
        server.version = version
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        yield Settings(data=folder, rest_address=url, tasklist_address=url)
        server.shutdown()
        thread.join(timeout=5)


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_the_newest_version_its_diagram_and_its_cases_are_found(version: str, tmp_path: Path) -> None:
    with _engine(version, tmp_path) as settings:
        async with engine_of(settings) as engine:
            newest = await engine.newest(["midori-signing", "midori-unknown"])
            assert newest == {"midori-signing": There(_KEY, 2)}
            assert await engine.xml(_KEY) == _XML
            assert await engine.xml(_KEY + 5) is None
            assert await engine.running("midori-signing") == {1: 1}
            assert await engine.running("midori-unknown") == {}


async def test_an_engine_without_an_index_says_nothing(tmp_path: Path) -> None:
    """A broker alone: nobody listens where Operate would be."""
    settings = Settings(data=tmp_path, rest_address="http://127.0.0.1:9", tasklist_address="http://127.0.0.1:9")
    async with engine_of(settings) as engine:
        assert await engine.newest(["midori-signing"]) == {}
        assert await engine.xml(_KEY) is None
        assert await engine.running("midori-signing") is None
