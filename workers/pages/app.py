"""The application of the partners' pages, and how it is served."""

from __future__ import annotations

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.task_forms import TaskForms
from workers.adapters.camunda.tasklist import Tasklist
from workers.pages import assets
from workers.pages.partner import OpenUnit, PartnerPages, closed_page
from workers.pages.security import HEADERS
from workers.pages.steps import Steps
from workers.settings import Settings
from workers.wiring import Services

DEFAULT_PORT = 8091


def application(open_unit: OpenUnit, steps: Steps) -> Starlette:
    """Return the ASGI application."""

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def robots(_request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n", headers=HEADERS)

    async def unknown(request: Request, error: Exception) -> Response:
        return closed_page(request, error.status_code if isinstance(error, HTTPException) else 500)

    return Starlette(
        routes=[
            Route("/healthz", alive),
            Route("/robots.txt", robots),
            assets.route(),
            *PartnerPages(open_unit, steps).routes(),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1000)],
        exception_handlers={HTTPException: unknown, Exception: unknown},
    )


async def serve(services: Services) -> None:
    """Serve until SIGTERM or Ctrl-C; nothing of a request is logged (links are secrets, answers are personal)."""
    settings = services.settings
    async with RestClient.from_settings(settings) as rest, Tasklist.from_settings(settings) as tasklist:
        app = application(services.open_unit, Steps(TaskForms(rest, tasklist)))
        config = uvicorn.Config(
            app,
            host=settings.pages_host,
            port=pages_port(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            timeout_graceful_shutdown=5,
        )
        await uvicorn.Server(config).serve()


def pages_port(settings: Settings) -> int:
    """Return the port of the partners' pages."""
    return settings.pages_port or settings.port(DEFAULT_PORT)
