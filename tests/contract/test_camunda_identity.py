"""TLS and OAuth as a cluster asks for them: gRPC and REST against servers that check what they are sent."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import grpc
import pytest
from pydantic import SecretStr
from pyzeebe.proto.gateway_pb2 import TopologyRequest, TopologyResponse

from tests.kit.certificates import certificate
from workers.adapters.camunda.gateway import open_channel, probe, zeebe_client
from workers.adapters.camunda.rest import RestClient
from workers.errors import PermanentError, RetryableError
from workers.settings import Settings

pytestmark = pytest.mark.asyncio
HOST = "127.0.0.1"
_WRONG = "wrong-secret"


class _Cluster(ThreadingHTTPServer):
    """A token endpoint and a REST API that takes only the newest token."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Requests)
        self.asked: list[dict[str, list[str]]] = []
        self.issued = 0
        self.basic: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"


class _Requests(BaseHTTPRequestHandler):
    server: _Cluster

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(form)
        known = form.get("client_id") == ["renkei"] and form.get("client_secret") == ["secret"]
        self.server.issued += known
        token = {"access_token": f"token-{self.server.issued}", "token_type": "Bearer", "expires_in": 3600}
        self._answer(200 if known else 401, token if known else {"error": "invalid_client"})

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        self.server.basic.append(given)
        known = given in (f"Bearer token-{self.server.issued}", "Basic ZGVtbzpkZW1v")
        self._answer(200 if known else 401, {"gatewayVersion": "8.9.0"})

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


async def _topology(_request: TopologyRequest, context: Any) -> TopologyResponse:
    """Answer with what identifies the caller as the version."""
    metadata = dict(context.invocation_metadata())
    return TopologyResponse(gatewayVersion=metadata.get("authorization", "nobody"))


_GATEWAY = grpc.method_handlers_generic_handler(
    "gateway_protocol.Gateway",
    {
        "Topology": grpc.unary_unary_rpc_method_handler(
            _topology, TopologyRequest.FromString, TopologyResponse.SerializeToString
        )
    },
)


@pytest.fixture(name="cluster")
def _cluster() -> Iterator[_Cluster]:
    with _Cluster() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=5)


@pytest.fixture(name="files", scope="module")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A key and a certificate that gRPC trusts; it reads its roots once in a process."""
    folder = tmp_path_factory.mktemp("tls")
    certificate(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", str(folder / "good.pem"))
        patch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        yield folder


@asynccontextmanager
async def gateway(files: Path | None) -> AsyncIterator[str]:
    """Run a gateway, with TLS where there is a certificate; yields its address."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_GATEWAY,))
    if files:
        pair = ((files / "good.key").read_bytes(), (files / "good.pem").read_bytes())
        port = server.add_secure_port(f"{HOST}:0", grpc.ssl_server_credentials([pair]))
    else:
        port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    try:
        yield f"{HOST}:{port}"
    finally:
        await server.stop(None)


async def seen(settings: Settings) -> str:
    """Return the authorization that the gateway sees."""
    async with open_channel(settings) as channel:
        return str((await probe(zeebe_client(channel))).gateway_version)


def with_oauth(cluster: _Cluster, **more: Any) -> Settings:
    given = {"oauth_url": f"{cluster.url}/token", "oauth_client_id": "renkei", "oauth_client_secret": "secret"}
    return Settings(**{**given, "oauth_audience": "zeebe", **more})


async def test_a_plain_gateway_is_reached_without_identity() -> None:
    async with gateway(None) as address:
        assert await seen(Settings(gateway_address=address, camunda_password=SecretStr(""))) == "nobody"


async def test_a_gateway_with_tls_is_reached_by_its_certificate(files: Path) -> None:
    async with gateway(files) as address:
        settings = Settings(gateway_address=address, gateway_tls=True, camunda_password=SecretStr(""))
        assert await seen(settings) == "nobody"


async def test_a_plain_client_is_not_let_in_by_a_gateway_with_tls(files: Path) -> None:
    async with gateway(files) as address:
        with pytest.raises(RetryableError, match="ゲートウェイ"):
            await seen(Settings(gateway_address=address))


async def test_oauth_sends_a_bearer_token_over_tls(files: Path, cluster: _Cluster) -> None:
    async with gateway(files) as address:
        settings = with_oauth(cluster, gateway_address=address, gateway_tls=True)
        assert await seen(settings) == "Bearer token-1"
    (asked,) = cluster.asked
    assert (asked["grant_type"], asked["client_id"], asked["audience"]) == (
        ["client_credentials"],
        ["renkei"],
        ["zeebe"],
    )


async def test_oauth_without_tls_is_refused_before_a_token_leaves(cluster: _Cluster) -> None:
    with pytest.raises(PermanentError, match="RENKEI_GATEWAY_TLS"):
        open_channel(with_oauth(cluster))
    assert cluster.asked == []


async def test_rest_calls_fetch_one_token_and_a_new_one_when_it_is_refused(cluster: _Cluster) -> None:
    async with RestClient.from_settings(with_oauth(cluster, rest_address=cluster.url)) as client:
        await client.topology()
        await client.topology()
        assert len(cluster.asked) == 1
        cluster.issued += 1  # the server has forgotten the token
        await client.topology()
    assert len(cluster.asked) == 2


async def test_a_wrong_secret_is_told_without_the_secret(cluster: _Cluster) -> None:
    settings = with_oauth(cluster, rest_address=cluster.url, oauth_client_secret=_WRONG)
    async with RestClient.from_settings(settings) as client:
        with pytest.raises(PermanentError, match="OAuth") as raised:
            await client.topology()
    assert _WRONG not in raised.value.message


async def test_without_oauth_user_and_password_are_sent(cluster: _Cluster) -> None:
    async with RestClient.from_settings(Settings(rest_address=cluster.url)) as client:
        assert (await client.topology())["gatewayVersion"] == "8.9.0"
    assert cluster.basic == ["Basic ZGVtbzpkZW1v"]
