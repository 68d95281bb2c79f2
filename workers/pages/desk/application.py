"""The desk as an application of its own below ``/desk``: its pages, its sign-in, its words for what goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from workers.adapters.camunda.person_tasks import PersonTasks
from workers.adapters.camunda.signin import SignIn
from workers.domain.desk import Person
from workers.pages.desk import sections
from workers.pages.desk.face import PREFIX, Desk, OpensTasks, plain_page
from workers.pages.desk.signing_in import SigningIn, SignsIn
from workers.settings import Settings
from workers.wiring import Services

if TYPE_CHECKING:
    from workers.pages.desk.provider import Provider


def desk_application(
    services: Services, *, sign_in: SignsIn | None = None, open_tasks: OpensTasks | None = None
) -> Starlette:
    """Return the application; ``sign_in`` and ``open_tasks`` are the configured Camunda's where none are given."""
    settings = services.settings

    def as_person(person: Person, secret: Mapping[str, Any]) -> PersonTasks:
        return PersonTasks(settings, person.user, secret)

    camunda = SignIn(settings)
    provider = _provider(settings, camunda)
    desk = Desk(
        services=services,
        open_tasks=open_tasks or as_person,
        nav=sections.NAV,
        renewed=provider.renewed if provider else None,
    )
    signing_in = SigningIn(desk, sign_in or camunda, by_provider=f"{PREFIX}/provider" if provider else "")

    async def unknown(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return plain_page("desk/missing.html.j2" if status in {404, 405} else "desk/away.html.j2", status)

    return Starlette(
        routes=[*signing_in.routes(), *(provider.routes(desk) if provider else ()), *sections.routes(desk)],
        exception_handlers={HTTPException: unknown, Exception: unknown},
    )


def _provider(settings: Settings, camunda: SignIn) -> Provider | None:
    """Return the identity provider of the settings; its library is imported where there is one."""
    if not settings.desk_oidc_issuer:
        return None
    from workers.pages.desk.provider import Provider  # noqa: PLC0415

    return Provider(settings, camunda)
