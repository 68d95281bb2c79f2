"""``COUNT`` processes that tell on every request which of them answers; the first line of the output is the port."""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from workers.pages.processes import listening_at, run_processes


async def _who(_request: Request) -> Response:
    return PlainTextResponse(str(os.getpid()), headers={"Connection": "close"})


def share(listening: socket.socket) -> None:
    """Serve in one process until SIGTERM."""
    config = uvicorn.Config(Starlette(routes=[Route("/", _who)]), log_config=None, access_log=False, lifespan="off")
    asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    with listening_at("127.0.0.1", 0) as heard:
        sys.stdout.write(f"{heard.getsockname()[1]}\n")
        sys.stdout.flush()
        run_processes(int(sys.argv[1]), heard, share)
