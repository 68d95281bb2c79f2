"""Every page of the desk, and the menu: who adds a page adds a line here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute

from workers.pages.desk import home
from workers.pages.desk.face import PREFIX, Desk, NavEntry, page_route

NAV: Final[Sequence[NavEntry]] = (NavEntry(title="机", path=f"{PREFIX}/"),)


def routes(desk: Desk) -> list[BaseRoute]:
    """Return the routes, their paths without ``/desk``."""
    return [
        page_route(desk, "/", home.home),
    ]
