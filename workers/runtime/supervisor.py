"""Keeps a worker process at work: intake of jobs, senders of the outbox, health; drains it on request.

pyzeebe's ``work()`` may return or raise; either way the intake is built anew after a short pause, on a new channel.
Nothing but ``stop`` ends :func:`run_worker`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

from workers.adapters.camunda.gateway import is_ready, open_channel, probe, zeebe_client
from workers.adapters.camunda.instances import Instances
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.people import People
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.starting import start_case
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.registry.outbox import OutboxName
from workers.errors import PermanentError
from workers.logs import get_logger
from workers.runtime import health, helppage, metrics, persons, taskpage
from workers.runtime.backoff import jittered_ms
from workers.runtime.drain import beside, first_of
from workers.runtime.enginecalls import EngineCalls
from workers.runtime.engineid import EngineId
from workers.runtime.held import Gateway, Held
from workers.runtime.intake import Intake
from workers.runtime.jobrunner import JobRunner
from workers.runtime.ports import PeopleSource, ProcessInstances, WorkerServices, WorkerTasks
from workers.runtime.restored import end_on_hold, wait_until_confirmed
from workers.runtime.returns import watch_returns
from workers.runtime.sender import Sender
from workers.runtime.stepback import StepBack
from workers.settings import Settings

_log = get_logger(__name__)

DRAIN_SECONDS = 6.0
_RESTART_FIRST_SECONDS = 0.5
_RESTART_LAST_SECONDS = 3.0
_HEALTHY_AFTER_SECONDS = 30.0
_LOG_EVERY = 20
_MEASURE_SECONDS = 5.0
_SILENT_AFTER_SECONDS = 40.0  # a long poll answers within 20 s
_HANGS_AFTER_SECONDS = 180.0
_COLLECT_AFTER_OBJECTS = 20_000


def collect_less_often() -> None:
    """Let Python look for garbage cycles less often, and not among what the start has made.

    For a process that only works. Each job makes many objects that live for milliseconds: looking through them again
    and again took 4 % of a busy worker's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER_OBJECTS)


class _Worker:
    """The parts of a running worker, and what health tells about them."""

    def __init__(self, services: WorkerServices, taking: asyncio.Event) -> None:
        self.services = services
        self.taking = taking
        self.gateway = Gateway()
        self.intake: Intake | None = None
        self.sender = Sender(services.mails, services.settings)
        self.wakes: dict[OutboxName, asyncio.Event] = {"mail": self.sender.drain.wake}
        self.calls: EngineCalls | None = None

    def wake(self, filled: set[OutboxName]) -> None:
        """Let the senders look at these outboxes now."""
        for name in filled & self.wakes.keys():
            self.wakes[name].set()

    async def gateway_trouble(self) -> str:
        """Return what is wrong with the gateway."""
        async with open_channel(self.services.settings) as channel:
            return "" if is_ready(await probe(zeebe_client(channel))) else "no healthy leader"

    async def registry_trouble(self) -> str:
        """Return what is wrong with the registry."""
        await self.services.check_registry()
        return ""

    async def intake_trouble(self) -> str:
        """Return what is wrong with the intake of jobs."""
        if self.intake is None:
            return "not taking jobs"
        silent = time.monotonic() - self.gateway.last_answer > _SILENT_AFTER_SECONDS
        return "no answer to polls" if silent else ""

    async def polling_trouble(self) -> str:
        """Return that the intake hangs, though the gateway is there as far as it knows."""
        silent = time.monotonic() - self.gateway.last_answer > _HANGS_AFTER_SECONDS
        return "hangs" if silent and self.intake is not None and self.gateway.reachable else ""

    async def sender_trouble(self) -> str:
        """Return that the sender of mails hangs."""
        return self.sender.drain.trouble()

    async def calls_trouble(self) -> str:
        """Return that the sender of engine calls hangs."""
        return self.calls.drain.trouble() if self.calls else ""

    async def hold_trouble(self) -> str:
        """Return that all waits after a restore."""
        return "renkei reconcile --confirm" if await self.services.on_hold() else ""

    async def mail_trouble(self) -> str:
        """Return why mails do not leave."""
        code = self.sender.refusal()
        return f"refused: {code}" if code else ""


async def run_worker(  # noqa: PLR0913 (what tests put in place of the engine's indexes)
    services: WorkerServices,
    *,
    stop: asyncio.Event,
    taking: asyncio.Event | None = None,
    user_tasks: WorkerTasks | None = None,
    people: PeopleSource | None = None,
    instances: ProcessInstances | None = None,
) -> None:
    """Work until ``stop`` is set, then drain and return within ten seconds.

    Args:
        services: Settings, handlers, transactions and queues.
        stop: Ends the worker; the command line sets it on SIGTERM and SIGINT.
        taking: Set while jobs are taken; for tests.
        user_tasks: Finds open user tasks; by default through the REST API or Tasklist.
        people: Knows who completed a task; by default the REST API or, where it is configured, Tasklist.
        instances: Tells where process instances stand; by default through the REST API or Operate.

    Raises PermanentError when the health port is taken; any other trouble is waited out.
    """
    worker = _Worker(services, taking or asyncio.Event())
    settings = services.settings
    report = health.Health(
        checks={
            "gateway": worker.gateway_trouble,
            "registry": worker.registry_trouble,
            "intake": worker.intake_trouble,
        },
        vital={"polling": worker.polling_trouble, "sender": worker.sender_trouble, "calls": worker.calls_trouble},
        notes={"mail": worker.mail_trouble, "restored": worker.hold_trouble},
    )
    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "intake": lambda: _take_jobs(worker, stop),
        "sender": lambda: _ending(worker.sender.run(stop), stop),
        "engine calls": lambda: _ending(_call_engine(worker, stop, user_tasks, instances), stop),
        "people": lambda: _ending(_find_people(services, stop, people), stop),
        "returned mails": lambda: _ending(_watch_returns(services, stop), stop),
        "gauges": lambda: _ending(_measure(services, stop), stop),
    }
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_serve(report, settings, stop), name="health")
            for name, part in parts.items():
                group.create_task(keep(name, part, stop), name=name)
    except BaseExceptionGroup as errors:
        taken = errors.subgroup(PermanentError)
        if taken is None:
            raise
        raise taken.exceptions[0] from None


async def _serve(report: health.Health, settings: Settings, stop: asyncio.Event) -> None:
    """Serve health and the links to open tasks."""
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        url = settings.tasklist_url
        pages = [helppage.route([settings.home / "bpmn", *settings.packs])]
        if url:
            pages.append(taskpage.route(OpenTasks(rest, tasklist), url))
        await health.serve(report, host=settings.health_host, port=settings.health, stop=stop, pages=pages)


async def keep(name: str, run: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Run a part of the worker until ``stop``; its end for any other reason is a failure, and it is run anew."""
    pause, failures = _RESTART_FIRST_SECONDS, 0
    while not stop.is_set():
        started = time.monotonic()
        failure: Exception | None = None
        try:
            await run()
        except Exception as error:  # noqa: BLE001 (whatever it is, the worker goes on)
            failure = error
        if stop.is_set():
            break
        if time.monotonic() - started > _HEALTHY_AFTER_SECONDS:
            pause, failures = _RESTART_FIRST_SECONDS, 0
        metrics.WORKER_RESTARTS.inc()
        if failures % _LOG_EVERY == 0:
            _log.error("part of the worker ended; it is built anew", part=name, times=failures + 1, exc_info=failure)
        failures += 1
        await first_of(stop, seconds=jittered_ms(pause) / 1000)
        pause = min(pause * 2, _RESTART_LAST_SECONDS)


async def _take_jobs(worker: _Worker, stop: asyncio.Event) -> None:
    services = worker.services
    await wait_until_confirmed(services, stop)
    if stop.is_set():
        return
    async with open_channel(services.settings) as channel, open_channel(services.settings, streams=True) as streams:
        held = Held(slots=services.settings.concurrency)
        runner = JobRunner(
            job_types=services.job_types,
            open_unit=services.open_unit,
            engine_id=EngineId(
                services.settings.engine_id,
                client=zeebe_client(channel),
                open_unit=services.open_unit,
                gateway=worker.gateway,
            ),
            groups=services.groups,
            alone=services.settings.concurrency,
            check_registry=services.check_registry,
            outbox_filled=worker.wake,
            registry_answers=held.registry_answers,
        )
        intake = Intake(
            channel,
            streams,
            name=f"renkei-{socket.gethostname()}-{os.getpid()}",
            job_types={name: job_type.reads for name, job_type in services.job_types.items()},
            short={name for name, job_type in services.job_types.items() if job_type.short},
            run=runner.run,
            held=held,
            gateway=worker.gateway,
        )
        async with (
            beside(intake.extend_leases()),
            beside(_close_on(stop, intake)),
            beside(_close_on_hold(services, stop, intake)),
        ):
            worker.intake = intake
            worker.taking.set()
            try:
                await intake.work()
            finally:
                worker.intake = None
                worker.taking.clear()
                await intake.drain(seconds=DRAIN_SECONDS if stop.is_set() else 2)


async def _close_on(stop: asyncio.Event, intake: Intake) -> None:
    await stop.wait()
    intake.close()


async def _close_on_hold(services: WorkerServices, stop: asyncio.Event, intake: Intake) -> None:
    """Take no more jobs once a restore is noted: the intake is built anew, and waits."""
    await end_on_hold(services, stop)
    intake.close()


async def _watch_returns(services: WorkerServices, stop: asyncio.Event) -> None:
    await wait_until_confirmed(services, stop)
    await watch_returns(services.open_unit, services.settings.mail_returns_folder, stop)


async def _call_engine(
    worker: _Worker, stop: asyncio.Event, user_tasks: WorkerTasks | None, instances: ProcessInstances | None
) -> None:
    services = worker.services
    settings = services.settings
    async with (
        open_channel(settings) as channel,
        RestClient.from_settings(settings) as rest,
        Tasklist.from_settings(settings) as tasklist,
    ):
        tasks = user_tasks or OpenTasks(rest, tasklist)
        calls = EngineCalls(
            services.engine_calls,
            client=zeebe_client(channel),
            tasks=tasks,
            open_unit=services.open_unit,
            steps=StepBack(instances or Instances(rest, tasklist), tasks, services.ways),
            answered=tasks,
            start=partial(start_case, settings),
        )
        worker.calls = calls
        worker.wakes["engine-call"] = calls.drain.wake
        await calls.run(stop)


async def _find_people(services: WorkerServices, stop: asyncio.Event, people: PeopleSource | None) -> None:
    settings = services.settings
    await wait_until_confirmed(services, stop)
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        source = people or People(rest, tasklist if settings.has_tasklist else None)
        await persons.PersonSearch(services, source).run(stop)


async def _measure(services: WorkerServices, stop: asyncio.Event) -> None:
    while not stop.is_set():
        mails, calls = await services.mails.depth_and_age(), await services.engine_calls.depth_and_age()
        for name, depth in (("mail", mails), ("engine-call", calls)):
            metrics.WAITING.labels(name).set(depth.waiting)
            metrics.OLDEST.labels(name).set(depth.oldest_seconds)
        metrics.RENEWALS_DUE.set(await services.renewals_due())
        persons.measure(await services.open_acts())
        await first_of(stop, seconds=_MEASURE_SECONDS)


async def _ending(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> None:
    """Run a part that ends by itself after ``stop``; cut it off when it hangs on a silent server."""
    task = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({task}, timeout=DRAIN_SECONDS)
    finally:
        stopping.cancel()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
