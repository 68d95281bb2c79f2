"""A page server for the bench: ``COUNT URL FOLDER`` serves partners' pages, ``COUNT FILE`` one bare page.

``COUNT``: how many processes serve, as ``RENKEI_PAGES_PROCESSES`` has it.
The first line of its output is its port; each process that is ready writes another. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from tests.kit import papers
from tests.kit.answering import FORM, OPTIONS, PAGES_URL
from tests.kit.registry import Registry
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.files import FileStore
from workers.pages.app import application
from workers.pages.processes import listening_at, run_processes
from workers.pages.steps import Steps
from workers.trial.clock import EngineClock


class _Tasks:
    """Stands for the engine: every step is open."""

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the task as a page reads it, after the time that a call to an engine near by takes."""
        del case_id, element_id, names
        await asyncio.sleep(0.002)
        return ShownTask(form=FORM, values={"cityOptions": {"fields": OPTIONS}, "caseTitle": "包括連携協定"})


@asynccontextmanager
async def registry_of(url: str, folder: Path) -> AsyncIterator[Registry]:
    """Return a registry that is there already."""
    registry = Registry(url=url, files=FileStore(folder / "files"), clock=EngineClock())
    try:
        yield registry
    finally:
        for engine in registry.engines:
            await engine.dispose()


def _bare(page: bytes) -> Starlette:
    async def shown(_request: Request) -> Response:
        return HTMLResponse(page)

    route = Route("/{path:path}", shown, methods=["GET", "POST"])
    return Starlette(routes=[route], middleware=[Middleware(GZipMiddleware, minimum_size=1000)])


async def _serve(listening: socket.socket, arguments: list[str]) -> None:
    if len(arguments) == 1:
        await _run(listening, _bare(await asyncio.to_thread(Path(arguments[0]).read_bytes)))
        return
    async with registry_of(arguments[0], Path(arguments[1])) as registry:
        open_unit, read_unit = papers.opened(registry, pages_url=PAGES_URL)
        await _run(listening, application(open_unit, Steps(_Tasks()), read_unit=read_unit))


async def _run(listening: socket.socket, app: Starlette) -> None:
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await uvicorn.Server(config).serve(sockets=[listening])


def share(listening: socket.socket, arguments: list[str]) -> None:
    """Serve in one process until SIGTERM."""
    asyncio.run(_serve(listening, arguments))


def _main(count: int, arguments: list[str]) -> None:
    with listening_at("127.0.0.1", 0) as listening:
        sys.stdout.write(f"{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        threading.Thread(target=_end_with_input, daemon=True).start()
        run_processes(count, listening, share, arguments)
    used = os.times()
    cpu = used.user + used.system + used.children_user + used.children_system
    sys.stdout.write(json.dumps({"cpu": cpu}) + "\n")


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
