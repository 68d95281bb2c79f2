"""An ASGI application on a free port of 127.0.0.1, in the caller's event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.applications import Starlette

_SECONDS = 20


class _Server(uvicorn.Server):
    """A server that leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing about signals."""
        yield


@asynccontextmanager
async def serving(app: Starlette, listening: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve as the pages' command does, without a word logged; yields the address without a slash at its end.

    ``listening``: a socket whose port was told before.
    """
    with listening or socket.create_server(("127.0.0.1", 0)) as heard:
        config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[heard]))
        try:
            yield f"http://127.0.0.1:{heard.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True
            async with asyncio.timeout(_SECONDS):
                await running
