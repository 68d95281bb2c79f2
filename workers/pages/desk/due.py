"""``/desk/due``: what is due of agreements in 90 days, and a secret address for one's calendar (ALL-5, ALL-6)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workers.adapters.duecalendar import due_calendar
from workers.domain.desk import CalendarFeed, Person
from workers.domain.deskscope import Scope
from workers.domain.duedays import DUE_DAYS, LONGEST_NOTICE, DueDay, due_days
from workers.domain.register import BookOrder, BookQuery
from workers.pages.desk.booksearch import within
from workers.pages.desk.face import PREFIX, Desk, Visit
from workers.pages.security import HEADERS
from workers.wiring import Services

_NO_CALENDAR: Final = Response(status_code=404, headers=HEADERS)


async def due(visit: Visit) -> Response:
    """Show what is due."""
    return await _shown(visit)


async def make_feed(visit: Visit) -> Response:
    """Make a new address; the one before is worthless from now on."""
    word = secrets.token_urlsafe(32)
    groups = None if visit.person.groups is None else sorted(visit.person.groups)
    async with visit.open_unit() as unit:
        await unit.feeds.end(visit.person.user)
        await unit.feeds.add(
            CalendarFeed(
                word_hash=_hash(word),
                user=visit.person.user,
                name=visit.person.name,
                groups=groups,
                made_at=unit.clock.now(),
            )
        )
    base = visit.desk.services.settings.desk_url.rstrip("/") or str(visit.request.base_url).rstrip("/")
    root = base.removesuffix(PREFIX)
    return await _shown(visit, address=f"{root}{PREFIX}/calendar/{word}")


async def end_feed(visit: Visit) -> Response:
    """Make the address worthless."""
    async with visit.open_unit() as unit:
        await unit.feeds.end(visit.person.user)
    return visit.go(f"{PREFIX}/due")


def calendar_route(desk: Desk) -> Route:
    """Return the route that calendar programs read: the word in the address is all they have."""

    async def calendar(request: Request) -> Response:
        async with desk.services.open_unit() as unit:
            feed = await unit.feeds.feed(_hash(request.path_params["word"]))
            cities = [unit.cities.city(code) for code in unit.cities.codes()] if feed else []
        if feed is None:
            return _NO_CALENDAR
        groups = None if feed.groups is None else frozenset(feed.groups)
        scope = Scope(Person(user=feed.user, name=feed.name, groups=groups), cities)
        services = desk.services
        content = due_calendar(await _days(services, scope, services.clock.today()), services.clock.now())
        return Response(content, media_type="text/calendar; charset=utf-8", headers=HEADERS)

    return Route("/calendar/{word}", calendar, methods=["GET"])


async def _shown(visit: Visit, *, address: str = "") -> Response:
    async with visit.open_unit() as unit:
        feed = await unit.feeds.of_user(visit.person.user)
    days = await _days(visit.desk.services, visit.scope, visit.today)
    return visit.page(
        "desk/due.html.j2", days=days, ahead=DUE_DAYS, today=visit.today, has_feed=feed is not None, address=address
    )


async def _days(services: Services, scope: Scope, today: date) -> list[DueDay]:
    query = within(BookQuery(on=today, order=BookOrder.LAST_DAY, last_by=today + LONGEST_NOTICE), scope)
    async with services.open_book() as book:
        return due_days([entry async for entry in book.entries(query)], today)


def _hash(word: str) -> str:
    return hashlib.sha256(b"renkei calendar:" + word.encode()).hexdigest()
