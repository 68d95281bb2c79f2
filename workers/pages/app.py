"""The application of the web side with its two faces, partners' pages and staff's desk, and how it is served."""

from __future__ import annotations

import asyncio
import socket
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.task_forms import TaskForms
from workers.adapters.camunda.tasklist import Tasklist
from workers.pages import assets
from workers.pages.desk.application import desk_application
from workers.pages.heldsends import HeldSends
from workers.pages.incoming import file_limits
from workers.pages.offers import OfferPages
from workers.pages.partner import PartnerPages
from workers.pages.security import HEADERS
from workers.pages.sending import OpenUnit, hand_over_forever
from workers.pages.shown import closed_page
from workers.pages.steps import Steps
from workers.readers.attachedfile import FileLimits
from workers.settings import Settings
from workers.wiring import Services

DEFAULT_PORT = 8091
_LIMITS: Final = FileLimits()
_HELD: Final = "held-answers"


def application(  # noqa: PLR0913 (what its two faces are given)
    open_unit: OpenUnit,
    steps: Steps | None,
    desk: Starlette | None = None,
    *,
    held: HeldSends | None = None,
    limits: FileLimits = _LIMITS,
    read_unit: OpenUnit | None = None,
) -> Starlette:
    """Return the ASGI application; a face that is None is not served.

    ``read_unit``: opens units that only read, and wait for no writer.

    ``held``: where sends wait while the registry is away; without it partners are asked to send once more.
    """

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n", headers=HEADERS)

    async def unknown(request: Request, error: Exception) -> Response:
        return closed_page(request, error.status_code if isinstance(error, HTTPException) else 500)

    async def to_desk(_request: Request) -> Response:
        return RedirectResponse("/desk/", 303, headers=HEADERS)

    faces: list[BaseRoute] = []
    if steps is not None:
        faces += [
            *PartnerPages(open_unit, steps, held, limits, read_unit=read_unit).routes(),
            *OfferPages(open_unit).routes(),
        ]
    if desk is not None:
        faces += [Mount("/desk", app=desk), Route("/", to_desk)]
    return Starlette(
        routes=[Route("/healthz", alive), Route("/robots.txt", robots), assets.route(), *faces],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        exception_handlers={HTTPException: unknown, Exception: unknown},
    )


async def serve(
    services: Services, *, partners: bool = True, desk: bool = True, listening: socket.socket | None = None
) -> None:
    """Serve until SIGTERM or Ctrl-C; nothing of a request is logged (links are secrets, answers are personal).

    ``listening``: the socket where other processes serve, too; else the configured address is bound.
    """
    settings = services.settings
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        limits = file_limits(settings)
        steps = Steps(TaskForms(rest, tasklist)) if partners else None
        held = HeldSends(settings.data / _HELD)
        desk_pages = desk_application(services) if desk else None
        app = application(services.open_unit, steps, desk_pages, held=held, limits=limits, read_unit=services.read_unit)
        config = uvicorn.Config(
            app,
            host=settings.pages_host,
            port=pages_port(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=settings.pages_proxies,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        handing_over = asyncio.create_task(hand_over_forever(services.open_unit, steps, held)) if steps else None
        try:
            await uvicorn.Server(config).serve(sockets=[listening] if listening else None)
        finally:
            if handing_over:
                handing_over.cancel()


def pages_port(settings: Settings) -> int:
    """Return the port of the web side."""
    return settings.pages_port or settings.port(DEFAULT_PORT)
