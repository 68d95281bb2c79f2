"""Where the peers meet: a broker that runs as fast as it can, one-task diagrams, instances that wait for a worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import psutil
from pyzeebe import ZeebeClient
from pyzeebe.errors import ZeebeBackPressureError

from tests.kit.broker import Broker
from tests.kit.diagram import bpmn

_AT_ONCE = 16


def one_task(process_id: str) -> bytes:
    """Return a diagram with one service task, whose job type is the process id."""
    return bpmn(
        process_id,
        f"""
      <bpmn:startEvent id="Start"/>
      <bpmn:serviceTask id="Task_Work"><bpmn:extensionElements>
        <zeebe:taskDefinition type="{process_id}" retries="3"/></bpmn:extensionElements></bpmn:serviceTask>
      <bpmn:endEvent id="Done"/>
      <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Task_Work"/>
      <bpmn:sequenceFlow id="F2" sourceRef="Task_Work" targetRef="Done"/>""",
    )


class Ground:
    """A running broker and a client of it."""

    def __init__(self, broker: Broker, client: ZeebeClient, channel: grpc.aio.Channel) -> None:
        self.broker = broker
        self.client = client
        self._channel = channel

    def broker_cpu(self) -> float:
        """Return the CPU seconds that the broker has taken so far."""
        spent = psutil.Process(self.broker.pid).cpu_times()
        return float(spent.user + spent.system)

    async def deploy(self, process_id: str, content: bytes) -> None:
        """Deploy a diagram."""
        from pyzeebe.proto.gateway_pb2 import DeployResourceRequest, Resource  # noqa: PLC0415
        from pyzeebe.proto.gateway_pb2_grpc import GatewayStub  # noqa: PLC0415

        request = DeployResourceRequest(resources=[Resource(name=f"{process_id}.bpmn", content=content)])
        await GatewayStub(self._channel).DeployResource(request)

    async def start(self, process_id: str, number: int) -> None:
        """Start an instance, again while the broker has too much to do."""
        while True:
            try:
                await self.client.run_process(process_id, variables(number))
            except ZeebeBackPressureError:
                await asyncio.sleep(0.1)
            else:
                return

    async def backlog(self, process_id: str, count: int) -> None:
        """Start instances whose jobs then wait."""
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int) -> None:
            async with room:
                await self.start(process_id, number)

        await asyncio.gather(*(one(number) for number in range(count)))

    async def through(self, process_id: str, number: int) -> None:
        """Start an instance and return when it is completed."""
        await self.client.run_process_with_result(process_id, variables(number), timeout=30_000)


def variables(number: int) -> dict[str, Any]:
    """Return what a job carries: ids and routing values of about the size of a case's."""
    return {
        "number": number,
        "caseId": f"ISE-R7-{number}",
        "city": "isesaki",
        "route": {"fields": [1, 3, 4], "needsSurvey": True, "office": "企画部企画調整課"},
    }


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    """Yield a broker for measuring: compiled with all optimisations, exporting nothing."""
    with Broker(heap="1g", optimised=True, followed=False) as broker:
        async with grpc.aio.insecure_channel(broker.gateway) as channel:
            yield Ground(broker, ZeebeClient(channel, max_connection_retries=-1), channel)
