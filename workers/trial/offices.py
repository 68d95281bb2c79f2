"""Offices on one throw-away engine: a registry for each case that is played, one intake of jobs for all.

Each job goes to the office whose case it belongs to. No mail leaves: it stays in the outbox of its office's registry,
which is removed with the engine.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from pyzeebe import Job
from pyzeebe.grpc_internals.zeebe_adapter import ZeebeAdapter

from workers.adapters.camunda.gateway import open_channel, zeebe_client
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.registry.outbox import OutboxName
from workers.runtime.drain import beside
from workers.runtime.enginecalls import EngineCalls
from workers.runtime.held import Gateway, Held
from workers.runtime.intake import Intake
from workers.runtime.jobrunner import JobRunner
from workers.runtime.stepback import StepBack
from workers.settings import Settings
from workers.trial.broker import Broker
from workers.trial.desk import RecordedInstances, RecordedTasks, mail_clerk
from workers.trial.driver import EngineDriver, T
from workers.trial.records import NotReached
from workers.trial.sharedtime import SharedTime
from workers.wiring import Services, build_services

_NUMBERS_OF_AN_OFFICE: Final = 20
_YEARS: Final = 12
_OWNER_SECONDS: Final = 30.0
_PATIENCE_SECONDS: Final = 6.0
"""How long something is awaited once the engine has nothing left to do: a call of the outbox may be due in a second."""


class CaseDriver(EngineDriver):
    """Hands on the engine for one of several cases: it sees its own instances, and time passes for all together."""

    def __init__(self, broker: Broker, time: SharedTime) -> None:
        super().__init__(broker)
        self.roots: set[int] = set()
        self.calls_wait = False
        """Whether the office's registry may hold calls of the engine that were not made yet."""
        self._time = time

    async def move_clock_to(self, moment: datetime) -> None:
        """Let time pass up to an aware moment, together with the other cases."""
        await self.settled()
        await self._time.wait_for(moment)
        await self.settled()

    def _quiet(self) -> bool:
        return not self.calls_wait and super()._quiet()

    async def _calls_made(self) -> None:
        """Nothing need be left time for: the office's calls are known."""

    async def reached(self, condition: Any, *, instance: int | None = None, what: str = "", timeout: float = 0) -> T:  # noqa: ASYNC109 (as in the base class)
        """Return a condition's first true value; what a case at rest does not bring is not awaited to the deadline.

        A case counts as resting only once every record up to now is here: on a busy machine they come late.
        """
        deadline = asyncio.get_running_loop().time() + (timeout or self.timeout)
        rested = False
        while True:
            try:
                return await super().reached(condition, instance=instance, what=what, timeout=_PATIENCE_SECONDS)
            except NotReached:
                if rested or asyncio.get_running_loop().time() > deadline:
                    raise
                rested = self._quiet()
                if rested:
                    await self.settled()


class Office:
    """One registry with its use cases, and hands on the engine for the case that is played in it."""

    def __init__(self, services: Services, driver: CaseDriver, number: int) -> None:
        self.services = services
        self.driver = driver
        self.number = number
        self.runner: JobRunner | None = None
        self.calls: EngineCalls | None = None

    async def draw_numbers(self, city: str, *, beyond: int = 0) -> None:
        """Leave out the case numbers of the offices before: the engine knows cases by their numbers alone.

        ``beyond``: and all numbers up to this one.
        """
        year = self.driver.clock.today().year
        async with self.services.open_unit() as uow:
            for coming in range(year - 1, year + _YEARS):
                await uow.counters.draw_block(f"case:{city}:{coming}", beyond + self.number * _NUMBERS_OF_AN_OFFICE)

    def wake(self, filled: set[OutboxName]) -> None:
        """Look at the outbox of engine calls now."""
        if self.calls is not None and "engine-call" in filled:
            self.driver.calls_wait = True
            self.calls.drain.wake.set()

    async def no_calls(self) -> None:
        """Note that none of the calls in the outbox is due."""
        if self.driver.calls_wait and self.calls is not None and not self.calls.drain.wake.is_set():
            self.driver.calls_wait = False
            self.driver.records.look_again()


class _Calls(EngineCalls):
    """Engine calls of one office that keep which messages are its own."""

    messages: dict[str, Office]
    office: Office

    async def _publish_message(self, payload: Mapping[str, Any]) -> None:
        self.messages[payload["message_id"]] = self.office
        await super()._publish_message(payload)


class Offices:
    """All offices of one engine."""

    def __init__(self, broker: Broker, settings: Settings, offices: Sequence[Office]) -> None:
        self._broker = broker
        self._settings = settings
        self._offices = offices
        self._messages: dict[str, Office] = {}
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Take jobs, make engine calls and send reviewed mails until the block ends."""
        async with AsyncExitStack() as stack:
            rest = await stack.enter_async_context(RestClient.from_settings(self._settings))
            tasklist = await stack.enter_async_context(Tasklist.from_settings(self._settings))
            channel = await stack.enter_async_context(open_channel(self._settings))
            streams = await stack.enter_async_context(open_channel(self._settings, streams=True))
            for office in self._offices:
                await self._open(office, channel, rest, tasklist, stack)
            held = Held(slots=self._settings.concurrency)
            intake = Intake(
                channel,
                streams,
                name="renkei-trial",
                job_types={name: kind.reads for name, kind in self._offices[0].services.job_types.items()},
                run=self._run,
                held=held,
                gateway=Gateway(),
            )
            await stack.enter_async_context(beside(intake.extend_leases()))
            work = asyncio.create_task(intake.work())
            try:
                yield
            finally:
                self._stop.set()
                intake.close()
                await asyncio.gather(work, return_exceptions=True)
                await intake.drain(seconds=1)

    async def _open(
        self, office: Office, channel: Any, rest: RestClient, tasklist: Tasklist, stack: AsyncExitStack
    ) -> None:
        services, driver = office.services, office.driver
        driver.served = set(services.job_types)
        driver.mail_clerk = driver.sends_mails = True
        tasks = RecordedTasks(driver, rest, tasklist)
        calls = _Calls(
            services.engine_calls,
            client=zeebe_client(channel),
            tasks=tasks,
            open_unit=services.open_unit,
            steps=StepBack(RecordedInstances(driver, rest, tasklist), tasks, services.ways),
            idle=office.no_calls,
        )
        calls.messages, calls.office, office.calls = self._messages, office, calls
        office.runner = JobRunner(
            job_types=services.job_types,
            open_unit=services.open_unit,
            engine_id=self._engine_id,
            outbox_filled=office.wake,
        )
        await stack.enter_async_context(beside(calls.run(self._stop)))
        await stack.enter_async_context(beside(mail_clerk(driver)))

    async def _engine_id(self) -> str:
        return self._settings.engine_id

    async def _run(self, job: Job, adapter: ZeebeAdapter) -> Coroutine[Any, Any, None]:
        office = await self._broker.records.wait(
            lambda: self._owner(job.process_instance_key), timeout=_OWNER_SECONDS, what=f"whose job {job.key} is"
        )
        assert office.runner is not None  # noqa: S101 (opened before the first job; tells mypy)
        return await office.runner.run(job, adapter)

    def _owner(self, instance: int) -> Office | None:
        """Return whose case an instance belongs to: that of who started its root, or published the message for it."""
        records = self._broker.records
        root = records.root(instance)
        if root is None:
            return None
        for office in self._offices:
            if root in office.driver.roots:
                return office
        for message in records.messages.values():
            if root in message.correlated and (owner := self._messages.get(message.message_id)):
                owner.driver.roots.add(root)
                return owner
        return None


def trial_settings(settings: Settings, broker: Broker, data: Path) -> Settings:
    """Return the settings of an office: packs and templates of the user, everything else of the throw-away engine."""
    return settings.model_copy(
        update={
            "data": data,
            "database_url": "",
            "gateway_address": broker.gateway,
            "rest_address": broker.rest,
            "tasklist_address": "",
            "gateway_tls": False,
            "oauth_url": "",
            "engine_id": "trial",
        }
    )


def open_office(  # noqa: PLR0913 (one office of several on one engine)
    own: Settings,
    time: SharedTime,
    broker: Broker,
    *,
    number: int,
    first: Office | None,
    hands: Callable[[Broker, SharedTime], CaseDriver] = CaseDriver,
) -> Office:
    """Return an office with an empty registry in its folder: a copy of the ``first`` one's, whose packs it shares.

    ``hands``: what its driver is, where that is not the usual one.
    """
    own.data.mkdir(parents=True)
    driver = hands(broker, time)
    if first is None:
        return Office(build_services(own, clock=driver.clock), driver, number)
    name = "registry.sqlite3"
    shutil.copyfile(first.services.settings.data / name, own.data / name)
    return Office(first.services.with_registry(own), driver, number)
