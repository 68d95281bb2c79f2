"""A Zeebe broker that is thrown away: free ports, a data folder of its own, a clock that is moved."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from workers.adapters.camunda.http import trusted
from workers.domain.jst import JST
from workers.localstack import broker as stack_broker
from workers.localstack.distribution import camunda_home
from workers.localstack.helpers import broker_agent
from workers.localstack.launch import dies_with_parent
from workers.localstack.ports import Ports
from workers.localstack.readiness import broker_ready
from workers.settings import Settings
from workers.trial.barrier import Barrier
from workers.trial.clock import EngineClock
from workers.trial.receiver import HOST, Receiver, exporter
from workers.trial.records import FOLLOWED, Records

_READY_SECONDS = 180  # ten on an idle machine
# It has little to do at once: one thread of a kind and a collector without threads of its own spare a
# sixth of its work. Who kills it leaves the operating system's memory of its files alone: nothing need be forced out.
_SPARING_JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_SPARING = {
    "ZEEBE_BROKER_THREADS_CPUTHREADCOUNT": "1",
    "ZEEBE_BROKER_THREADS_IOTHREADCOUNT": "1",
    "ZEEBE_BROKER_CLUSTER_RAFT_FLUSH_ENABLED": "false",
    "ZEEBE_BROKER_BACKPRESSURE_ENABLED": "false",  # cases side by side on a busy machine wait for each other instead
}
_STOP_SECONDS = 20


class Broker:
    """A running broker. ``with Broker() as broker:`` starts and stops it; ``records`` follows what happens in it.

    Stopped and started again it keeps its data, its ports and its clock's offset.

    Args:
        heap: Largest Java heap.
        optimised: Let Java and the broker work as in production. Off it is ready with half the work and does little
            beside what it is asked, which suits tests and trials; measurements want it on.
        followed: Whether ``records`` are kept; else they stay empty and cost nothing: for measurements.
        env: More of the broker's configuration, by environment variable.
        awaited: Whether ``with`` waits until it answers; else the block itself has to, by :meth:`wait_ready`.
    """

    def __init__(
        self,
        *,
        heap: str = "512m",
        optimised: bool = False,
        followed: bool = True,
        env: Mapping[str, str] | None = None,
        awaited: bool = True,
    ) -> None:
        self._awaited = awaited
        self._folder = Path(tempfile.mkdtemp(prefix="renkei-broker-"))
        # A killed broker cannot remove its temporary files: they go with its folder.
        self._options = (f"-Djava.io.tmpdir={self._folder}", *(() if optimised else _SPARING_JAVA))
        self._heap = heap
        self._followed = followed
        self._env = {**({} if optimised else _SPARING), **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self.ports = free_ports()
        self.clock = EngineClock()
        self.records = Records()
        self.barrier = Barrier(self.rest, self.records)
        self._receiver = Receiver(self.records.take)
        self._management = httpx.Client(
            base_url=f"http://{HOST}:{self.ports.management}", timeout=20, trust_env=False, verify=trusted()
        )

    # --- addresses

    @property
    def gateway(self) -> str:
        """The gRPC address as host:port, for pyzeebe."""
        return f"{HOST}:{self.ports.gateway}"

    @property
    def rest(self) -> str:
        """The base URL of the REST API, without ``/v2``."""
        return f"http://{HOST}:{self.ports.rest}"

    @property
    def pid(self) -> int | None:
        """The broker's process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def log(self) -> Path:
        """The broker's log file."""
        return self._folder / "broker.log"

    # --- running

    def __enter__(self) -> Self:
        """Start the broker and wait until it answers, unless it is not to be awaited."""
        try:
            self.launch()
            if self._awaited:
                self.wait_ready()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill the broker and remove its data."""
        self.close()

    def start(self) -> None:
        """Start the broker and wait until it answers; raises RuntimeError with the log's end when it does not."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the process without waiting. Call from the main thread: the broker dies with the thread's process."""
        if self._process is not None:
            raise RuntimeError("the broker runs already")
        settings = Settings()
        launch = stack_broker.command(
            camunda_home(settings),
            self.ports,
            self._folder / "data",
            log=self.log,
            clock_controlled=True,
            heap=self._heap,
            agent=broker_agent(settings),
        )
        if self._followed:
            launch = launch.with_env(exporter(settings, self._receiver.port, FOLLOWED))
        launch = launch.with_env(self._env)
        with (self._folder / "broker.out").open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own Java)
                [*dies_with_parent(), launch.argv[0], *self._options, *launch.argv[1:]],
                env=launch.env,
                cwd=launch.cwd,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def wait_ready(self, timeout: float = _READY_SECONDS) -> None:
        """Wait until the broker answers and set its clock as it was before a restart."""
        deadline = time.monotonic() + timeout
        while not (_listens(self.ports.rest) and broker_ready(self.ports)):
            if self._process is None or self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the broker did not start:\n{self.log_tail()}")
            time.sleep(0.1)
        if self.clock.offset or self.clock.pinned:
            self._restore_clock()

    def stop(self) -> None:
        """Stop the broker with SIGTERM, after its deadline with SIGKILL; its data stays."""
        self._end(graceful=True)

    def kill(self) -> None:
        """Kill the broker with SIGKILL; its data stays."""
        self._end(graceful=False)

    async def restart(self, *, graceful: bool = True) -> None:
        """Stop and start the broker on the same data and ports while the caller's own tasks go on."""
        await asyncio.to_thread(self._end, graceful=graceful)
        self.launch()
        await asyncio.to_thread(self.wait_ready)

    async def begin_anew(self) -> None:
        """Kill the broker, remove its data and start it on the same ports: its keys begin from the first again."""
        await asyncio.to_thread(self._end, graceful=False)
        shutil.rmtree(self._folder / "data")
        self.records.begin_anew()
        self.launch()
        await asyncio.to_thread(self.wait_ready)

    def close(self) -> None:
        """Kill the broker, close the receiver and remove the data."""
        with ExitStack() as cleanup:
            cleanup.callback(shutil.rmtree, self._folder, ignore_errors=True)
            cleanup.callback(self._receiver.close)
            cleanup.callback(self._management.close)
            cleanup.callback(self.barrier.close)
            cleanup.callback(self.kill)

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of the broker's log and output, for the message of a failure."""
        texts = []
        for file in (self._folder / "broker.out", self.log):
            if file.is_file():
                texts += file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join(texts)

    def _end(self, *, graceful: bool) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if graceful:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_SECONDS)
                self._receiver.wait_ended(_STOP_SECONDS)
                return
        process.kill()
        process.wait(_STOP_SECONDS)
        self._receiver.wait_ended(_STOP_SECONDS)

    # --- the clock

    def advance_clock(self, delta: timedelta) -> None:
        """Move the engine's and the business clock on; raises ValueError when it would go back.

        Expires jobs that are active: ``EngineDriver.advance`` waits for them first.
        """
        if delta < timedelta():
            raise ValueError(f"the engine's clock only moves on: {delta}")
        if self.clock.pinned:
            self.clock.pinned += delta
        self._clock("POST", "/add", {"offsetMilli": round(delta / timedelta(milliseconds=1))})

    def begin_at(self, moment: datetime) -> None:
        """Let the clock of an engine that has just started run on from an aware moment, also from one in the past.

        Only before anything is deployed: see :meth:`release_clock`.
        """
        offset = moment - datetime.now(JST)
        self._clock("POST", "/add", {"offsetMilli": round(offset / timedelta(milliseconds=1))})

    def pin_clock(self, moment: datetime) -> None:
        """Stop the engine's and the business clock at a moment (aware); raises ValueError for one that has passed."""
        if moment < self.clock.now():
            raise ValueError(f"the engine's clock only moves on: {moment}")
        self.clock.pinned = moment.astimezone(JST)
        self._clock("POST", "/pin", {"epochMilli": self.clock.millis()})

    def release_clock(self) -> None:
        """Let a pinned clock run on from where it stands.

        There is no way back to real time: a clock that went back leaves the engine's timers asleep until it has
        caught up (seen on 8.6.0), so who needs the past needs a new broker.
        """
        if self.clock.pinned:
            self.clock.offset = self.clock.pinned - datetime.now(JST)
            self.clock.pinned = None
            self._clock("DELETE", "", None, follow=False)
            self._restore_clock()

    def _restore_clock(self) -> None:
        if self.clock.pinned:
            self._clock("POST", "/pin", {"epochMilli": self.clock.millis()})
        else:
            self._clock("POST", "/add", {"offsetMilli": round(self.clock.offset / timedelta(milliseconds=1))})

    def _clock(self, method: str, path: str, body: dict[str, Any] | None, *, follow: bool = True) -> None:
        answer = self._management.request(method, f"/actuator/clock{path}", json=body)
        answer.raise_for_status()
        if follow and self.clock.pinned is None:
            engine = datetime.fromtimestamp(answer.json()["epochMilli"] / 1000, JST)
            self.clock.offset = engine - datetime.now(JST)


def free_ports() -> Ports:
    """Return ports that were free a moment ago; all are held open until the last is drawn, so that they differ."""
    names = [field.name for field in fields(Ports)]
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in names]
        for opened in sockets:
            opened.bind((HOST, 0))
        return Ports(**{name: opened.getsockname()[1] for name, opened in zip(names, sockets, strict=True)})


def _listens(port: int) -> bool:
    """Tell whether a port takes connections: costs nothing, while a whole HTTP client takes the CPU that Java needs."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
