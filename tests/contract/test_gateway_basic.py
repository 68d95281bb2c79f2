"""The gRPC gateway is given user and password where it is not the local stack's (basic authentication of 8.9)."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
import pytest_asyncio
from pydantic import SecretStr
from pyzeebe.proto import gateway_pb2, gateway_pb2_grpc

from workers.adapters.camunda.gateway import open_channel
from workers.settings import Settings

pytestmark = pytest.mark.asyncio
_EXPECTED = "Basic " + base64.b64encode(b"worker:geheim").decode()


class _Gateway(gateway_pb2_grpc.GatewayServicer):
    """A gRPC server that notes the credentials of each call."""

    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.port = 0

    async def Topology(self, _request: Any, context: grpc.aio.ServicerContext) -> Any:  # noqa: N802 (gRPC's name)
        self._note(context)
        return gateway_pb2.TopologyResponse()

    async def StreamActivatedJobs(  # noqa: N802 (gRPC's name)
        self, _request: Any, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[Any]:
        self._note(context)
        yield gateway_pb2.ActivatedJob(key=1)

    def _note(self, context: grpc.aio.ServicerContext) -> None:
        self.seen.append(dict(context.invocation_metadata() or ()).get("authorization"))


@pytest_asyncio.fixture
async def gateway() -> AsyncIterator[_Gateway]:
    """A running server on a free port."""
    servicer = _Gateway()  # type: ignore[abstract]  # the other calls are never made
    server = grpc.aio.server()
    gateway_pb2_grpc.add_GatewayServicer_to_server(servicer, server)
    servicer.port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield servicer
    await server.stop(None)


async def _calls(settings: Settings) -> None:
    async with open_channel(settings) as channel:
        stub = gateway_pb2_grpc.GatewayStub(channel)
        await stub.Topology(gateway_pb2.TopologyRequest(), timeout=10)
        request = gateway_pb2.StreamActivatedJobsRequest(type="x", worker="x", timeout=1000)
        assert [job.key async for job in stub.StreamActivatedJobs(request, timeout=10)] == [1]


async def test_every_kind_of_call_carries_user_and_password(gateway: _Gateway) -> None:
    """Commands and job streams alike."""
    address = f"127.0.0.1:{gateway.port}"
    await _calls(Settings(gateway_address=address, camunda_user="worker", camunda_password=SecretStr("geheim")))
    assert gateway.seen == [_EXPECTED, _EXPECTED]


async def test_the_local_stack_is_sent_no_password(gateway: _Gateway) -> None:
    """Its broker asks for nobody."""
    await _calls(Settings(port_offset=0, gateway_address="").model_copy(update={"port_offset": gateway.port - 26500}))
    assert gateway.seen == [None, None]
