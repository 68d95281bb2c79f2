"""The desk as an application of its own below ``/desk``: its pages, its sign-in, its words for what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.adapters.camunda.person_tasks import PersonTasks
from workers.adapters.camunda.signin import SignIn
from workers.domain.desk import Person
from workers.pages.desk import sections
from workers.pages.desk.face import Desk, OpensTasks, plain_page
from workers.pages.desk.signing_in import SigningIn, SignsIn
from workers.wiring import Services


def desk_application(
    services: Services, *, sign_in: SignsIn | None = None, open_tasks: OpensTasks | None = None
) -> Starlette:
    """Return the application; ``sign_in`` and ``open_tasks`` are the configured Camunda's where none are given."""
    settings = services.settings

    def as_person(person: Person, secret: Mapping[str, Any]) -> PersonTasks:
        return PersonTasks(settings, person.user, secret)

    desk = Desk(services=services, open_tasks=open_tasks or as_person, nav=sections.NAV)
    signing_in = SigningIn(desk, sign_in or SignIn(settings))

    async def unknown(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return plain_page("desk/missing.html.j2" if status in {404, 405} else "desk/away.html.j2", status)

    return Starlette(
        routes=[*signing_in.routes(), *sections.routes(desk)],
        exception_handlers={HTTPException: unknown, Exception: unknown},
    )
