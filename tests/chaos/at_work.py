"""A worker in this process with handlers of the test, beside a real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from tests.kit.diagram import bpmn
from tests.kit.driver import EngineDriver
from workers.adapters.registry.outbox_tables import counter
from workers.jobs.catalog import Handler, JobType
from workers.runtime.supervisor import run_worker
from workers.settings import Settings
from workers.wiring import Services, services

JOBS_EACH = 100
"""Jobs of an instance: as one step of the engine more would take longer than its answer may."""


def one_task(process_id: str, job_type: str, *, retries: int = 3) -> dict[str, bytes]:
    """Return a diagram with a single service task, whose error ``refused`` leads to an end of its own."""
    text = f"""
      <bpmn:startEvent id="Start"/>
      <bpmn:serviceTask id="Task_Work">
        <bpmn:extensionElements>
          <zeebe:taskDefinition type="{job_type}" retries="{retries}"/>
        </bpmn:extensionElements>
      </bpmn:serviceTask>
      <bpmn:boundaryEvent id="Refused" attachedToRef="Task_Work">
        <bpmn:errorEventDefinition id="Refused_Definition" errorRef="Error_Refused"/>
      </bpmn:boundaryEvent>
      <bpmn:endEvent id="Done"/>
      <bpmn:endEvent id="Given_Up"/>
      <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Task_Work"/>
      <bpmn:sequenceFlow id="F2" sourceRef="Task_Work" targetRef="Done"/>
      <bpmn:sequenceFlow id="F3" sourceRef="Refused" targetRef="Given_Up"/>"""
    outside = '<bpmn:error id="Error_Refused" name="refused" errorCode="refused"/>'
    return {f"{process_id}.bpmn": bpmn(process_id, text, outside=outside)}


def many_tasks(process_id: str, job_type: str, *, retries: int = 3) -> dict[str, bytes]:
    """Return a diagram with ``=count`` service tasks at once: that many jobs by one start."""
    text = f"""
      <bpmn:startEvent id="Start"/>
      <bpmn:serviceTask id="Task_Work"><bpmn:extensionElements>
        <zeebe:taskDefinition type="{job_type}" retries="{retries}"/></bpmn:extensionElements>
        <bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>
          <zeebe:loopCharacteristics inputCollection="=for i in 1..count return i" inputElement="number"/>
        </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics></bpmn:serviceTask>
      <bpmn:endEvent id="Done"/>
      <bpmn:sequenceFlow id="F1" sourceRef="Start" targetRef="Task_Work"/>
      <bpmn:sequenceFlow id="F2" sourceRef="Task_Work" targetRef="Done"/>"""
    return {f"{process_id}.bpmn": bpmn(process_id, text)}


class Expired:
    """Counts the jobs that the engine takes back because their lease has run out."""

    def __init__(self, driver: EngineDriver) -> None:
        self.count = 0
        driver.records.subscribe(self._look)

    def _look(self, record: dict[str, Any]) -> None:
        self.count += (record["valueType"], record["intent"]) == ("JOB", "TIMED_OUT")


async def effects(settings: Settings, jobs: int) -> str:
    """Return what is wrong with the effects of so many jobs: each must have had one."""
    async with services(settings) as built, built.engine.connect() as connection:
        mine = counter.c.name.like("chaos/%")
        query = select(func.count(), func.max(counter.c.value)).where(mine)
        done, most = (await connection.execute(query)).one()
    return "" if (done, most) == (jobs, 1) else f"処理 {done}/{jobs}、1 件あたり最大 {most}"


@dataclass
class AtWork:
    """The worker of a test."""

    services: Services
    stop: asyncio.Event
    task: asyncio.Task[None]


@asynccontextmanager
async def at_work(driver: EngineDriver, settings: Settings, **handlers: Handler) -> AsyncIterator[AtWork]:
    """Run a worker for these handlers; underscores in the names stand for hyphens of job types."""
    types: dict[str, Any] = {}
    for name, handler in handlers.items():
        type_ = name.replace("_", "-")
        types[type_] = JobType(type=type_, label=type_, handler=handler, timeout_seconds=30)
    stop, taking = asyncio.Event(), asyncio.Event()
    async with services(settings, clock=driver.clock) as built:
        served = built.with_job_types(types)
        driver.served = set(types)
        task = asyncio.create_task(run_worker(served, stop=stop, taking=taking))
        try:
            async with asyncio.timeout(30):
                await taking.wait()
            yield AtWork(services=served, stop=stop, task=task)
        finally:
            stop.set()
            async with asyncio.timeout(20):
                await task
