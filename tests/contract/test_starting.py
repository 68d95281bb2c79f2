"""A case that is started carries its number as business id where the engine takes one."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, cast

import grpc
import pytest
from pyzeebe.proto import gateway_pb2, gateway_pb2_grpc

from workers.adapters.camunda.rest import AlreadyStartedError, UnknownProcessError
from workers.adapters.camunda.starting import start_case, takes_business_id
from workers.adapters.registry.queue import EngineCallQueue, QueuedEngineCall
from workers.errors import RetryableError
from workers.runtime.enginecalls import EngineCalls
from workers.settings import Settings
from workers.usecases.public_offers import START

pytestmark = pytest.mark.asyncio
HOST = "127.0.0.1"
PROCESS, CASE = "isesaki-signing", "isesaki-2026-0001"


class _Gateway(gateway_pb2_grpc.GatewayServicer):
    """Answers with a version and notes what is started."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.started: list[tuple[str, Any]] = []

    async def Topology(self, _request: Any, _context: grpc.aio.ServicerContext) -> Any:  # noqa: N802 (gRPC's name)
        return gateway_pb2.TopologyResponse(gatewayVersion=self.version)

    async def CreateProcessInstance(self, request: Any, context: grpc.aio.ServicerContext) -> Any:  # noqa: N802 (gRPC's name)
        if request.bpmnProcessId != PROCESS:
            await context.abort(grpc.StatusCode.NOT_FOUND, "no such process")
        self.started.append((request.bpmnProcessId, json.loads(request.variables)))
        return gateway_pb2.CreateProcessInstanceResponse(processInstanceKey=1, bpmnProcessId=PROCESS)


class _Rest(ThreadingHTTPServer):
    """8.9's call that starts an instance, with its answer as documented."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Calls)
        self.started: list[dict[str, Any]] = []
        self.status = 200


class _Calls(BaseHTTPRequestHandler):
    server: _Rest

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.path == "/v2/process-instances" and asked["processDefinitionId"] == PROCESS
        status = self.server.status if known else 404
        if status == 200:
            self.server.started.append(asked)
        answer = {
            "processDefinitionId": PROCESS,
            "processDefinitionVersion": 1,
            "processDefinitionKey": "2251799813685249",
            "processInstanceKey": "2251799813690746",
            "tenantId": "<default>",
            "variables": {},
            "businessId": asked.get("businessId"),
            "tags": [],
        }
        body = json.dumps(answer if status == 200 else {"status": status}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


@contextmanager
def _rest() -> Iterator[_Rest]:
    with _Rest() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=5)


@asynccontextmanager
async def _engine(version: str) -> AsyncIterator[tuple[Settings, _Gateway, _Rest]]:
    gateway = _Gateway(version)  # type: ignore[abstract]  # the other calls are never made
    server = grpc.aio.server()
    gateway_pb2_grpc.add_GatewayServicer_to_server(gateway, server)
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    with _rest() as rest:
        address = f"http://{HOST}:{rest.server_address[1]}"
        yield Settings(gateway_address=f"{HOST}:{port}", rest_address=address), gateway, rest
    await server.stop(None)


async def test_an_engine_that_takes_a_business_id_is_given_the_cases_number() -> None:
    """8.9: Tasklist shows it on every card of the case."""
    async with _engine("8.9.26") as (settings, gateway, rest):
        await start_case(settings, PROCESS, CASE)
    assert rest.started == [{"processDefinitionId": PROCESS, "variables": {"caseId": CASE}, "businessId": CASE}]
    assert gateway.started == []


async def test_an_older_engine_is_started_without() -> None:
    """8.6 would refuse the unknown property."""
    async with _engine("8.6.0") as (settings, gateway, rest):
        await start_case(settings, PROCESS, CASE)
    assert gateway.started == [(PROCESS, {"caseId": CASE})]
    assert rest.started == []


@pytest.mark.parametrize("version", ["8.6.0", "8.9.26"])
async def test_a_process_that_was_never_deployed_is_named(version: str) -> None:
    """The message of both ways is the same."""
    async with _engine(version) as (settings, _, _):
        with pytest.raises(UnknownProcessError, match="ageo-signing"):
            await start_case(settings, "ageo-signing", CASE)


@pytest.mark.parametrize(("status", "expected"), [(503, RetryableError), (409, AlreadyStartedError)])
async def test_a_refusal_is_told_by_its_kind(status: int, expected: type[Exception]) -> None:
    """An engine that is full may be asked again; a second instance of a case may not."""
    async with _engine("8.9.26") as (settings, _, rest):
        rest.status = status
        with pytest.raises(expected):
            await start_case(settings, PROCESS, CASE)


async def test_an_engine_that_is_away_may_be_asked_again() -> None:
    """Nothing listens there."""
    with pytest.raises(RetryableError):
        await start_case(Settings(gateway_address=f"{HOST}:1"), PROCESS, CASE)


async def test_versions_are_compared_by_their_numbers() -> None:
    """8.10 is newer than 8.9."""
    versions = ["8.6.0", "8.8.21", "8.9.0", "8.9.26-rc1", "8.10.0", "9.0.0", "", "dev"]
    assert [takes_business_id(version) for version in versions] == [False, False, True, True, True, True, False, False]


class _Queue:
    """Notes what becomes of a call."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def sent(self, _call_id: int) -> None:
        self.told.append("sent")

    async def retry(self, _call_id: int, error: str, _moment: object, *, owner: str) -> None:
        self.told.append(f"retry {error} {owner}")


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        (AlreadyStartedError("案件 1 は、もう始まっています"), "sent"),
        (UnknownProcessError(PROCESS), "retry RetryableError me"),
    ],
)
async def test_a_start_whose_answer_was_lost_is_done_and_an_undeployed_one_waits(
    refusal: Exception, expected: str
) -> None:
    """The engine refuses the second instance of a case: the first call was the one that counted."""

    async def start(_process: str, _case: str) -> None:
        raise refusal

    queue = _Queue()
    nothing = cast("Any", None)
    calls = EngineCalls(cast("EngineCallQueue", queue), client=nothing, tasks=nothing, open_unit=nothing, start=start)
    call = SimpleNamespace(id=1, kind=START, payload={"process_id": PROCESS, "case_id": CASE}, attempts=1)
    await calls._handle(cast("QueuedEngineCall", call), "me")
    assert queue.told == [expected]
