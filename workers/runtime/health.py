"""Health and metrics over HTTP, on 127.0.0.1 unless told otherwise; other pages of the worker are served along.

``/healthz`` is red when a part of this process hangs: only a new process helps. ``/readyz`` is red whenever work has
stopped, for that reason or because the engine or the registry is away. ``/metrics`` is for Prometheus.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from workers.errors import PermanentError
from workers.runtime import metrics

HOST = "127.0.0.1"

Check = Callable[[], Awaitable[str]]
"""Returns an empty text when all is well, else what is wrong in a few words without personal data."""


@dataclass(kw_only=True)
class Health:
    """What the health server tells.

    ``vital`` checks decide whether the process is alive, these and ``checks`` whether it is ready; ``notes`` are shown
    only (such as a paused sender).
    """

    checks: dict[str, Check] = field(default_factory=dict)
    vital: dict[str, Check] = field(default_factory=dict)
    notes: dict[str, Check] = field(default_factory=dict)

    async def report(self) -> tuple[bool, dict[str, str]]:
        """Return whether work is done, and every check's and note's state (``ok`` or what is wrong)."""
        states = await _states({**self.notes, **self.checks, **self.vital})
        return all(states[name] == "ok" for name in (*self.checks, *self.vital)), states

    async def hanging(self) -> list[str]:
        """Return the parts of the process that hang."""
        return [name for name, state in (await _states(self.vital)).items() if state != "ok"]


async def _states(checks: dict[str, Check]) -> dict[str, str]:
    found = await asyncio.gather(*(_result(check) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


async def _result(check: Check) -> str:
    try:
        async with asyncio.timeout(4):
            return await check() or "ok"
    except Exception as error:  # noqa: BLE001 (a check that breaks is a failed check)
        return type(error).__name__


def application(health: Health, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """Return the ASGI application, with more ``pages``."""

    async def healthz(_request: Request) -> Response:
        hanging = await health.hanging()
        if hanging:
            return PlainTextResponse(f"hangs: {', '.join(hanging)}\n", status_code=503)
        return PlainTextResponse("ok\n")

    async def readyz(_request: Request) -> Response:
        ready, states = await health.report()
        return JSONResponse({"ready": ready, **states}, status_code=200 if ready else 503)

    async def numbers(_request: Request) -> Response:
        return Response(generate_latest(metrics.REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", numbers), *pages],
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the supervisor."""
        yield


async def serve(
    health: Health, *, port: int, stop: asyncio.Event, host: str = HOST, pages: Sequence[BaseRoute] = ()
) -> None:
    """Serve until ``stop``. Raises PermanentError when the port is taken."""
    config = uvicorn.Config(
        application(health, pages), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = _Server(config)
    with _listening_socket(host, port) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            server.should_exit = True
            await serving


def _listening_socket(host: str, port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PermanentError(
            f"ポート {port} は他のプログラムが使っています。RENKEI_HEALTH_PORT か --port-offset で変えてください"
        ) from error
    return listening
