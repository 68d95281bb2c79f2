"""A page server of its own process for the bench: ``URL FOLDER`` serves partners' pages, ``FILE`` one bare page.

The first line of its output is its port. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
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
from workers.adapters.registry.unit_of_work import opening
from workers.pages.app import application
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


async def _serve(arguments: list[str]) -> None:
    if len(arguments) == 1:
        await _run(_bare(await asyncio.to_thread(Path(arguments[0]).read_bytes)))
        return
    async with registry_of(arguments[0], Path(arguments[1])) as registry:
        make = papers.units(registry, pages_url=PAGES_URL)
        await _run(application(opening(registry.engines[-1], make), Steps(_Tasks())))


async def _run(app: Starlette) -> None:
    with socket.create_server(("127.0.0.1", 0)) as heard:
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[heard]))
        sys.stdout.write(f"{heard.getsockname()[1]}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        server.should_exit = True
        await running
        used = os.times()
        sys.stdout.write(json.dumps({"cpu": used.user + used.system}) + "\n")


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1:]))
