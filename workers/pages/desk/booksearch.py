"""What somebody asks the book of agreements: read from a page's address, kept for the next time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from urllib.parse import parse_qsl, urlencode

from workers.domain.agreementtext import KIND_NAMES
from workers.domain.deskscope import Scope
from workers.domain.register import BookOrder, BookQuery, BookState
from workers.domain.wareki import parse_date
from workers.errors import InputError
from workers.pages.desk.face import Visit
from workers.usecases.desk_sessions import remember_filter

_LIST: Final = "book"
_LONGEST: Final = 100
ORDERS: Final = {
    BookOrder.NEWEST: "締結の新しい順",
    BookOrder.SIGNED: "締結の古い順",
    BookOrder.LAST_DAY: "満了の近い順",
}


@dataclass(frozen=True, kw_only=True)
class AskedBook:
    """The fields of the search as they were typed; ``problems``: what cannot be read of them."""

    q: str = ""
    on: str = ""
    state: str = BookState.IN_FORCE.value
    city: str = ""
    field: str = ""
    department: str = ""
    kind: str = ""
    since: str = ""
    until: str = ""
    order: str = BookOrder.NEWEST.value
    problems: tuple[str, ...] = ()

    @property
    def query(self) -> str:
        """The part of the address after ``?``, without the page."""
        return urlencode({name: value for name, value in vars(self).items() if value and name != "problems"})


async def asked_book(visit: Visit) -> AskedBook:
    """Return what the address asks for, else what the person asked for last; keeps it."""
    given = dict(visit.request.query_params)
    given.pop("page", None)
    if not given:
        known = parse_qsl(visit.session.filters.get(_LIST, ""))
        return replace(AskedBook(), **dict(known))  # type: ignore[arg-type]  # texts, as they were kept
    asked = AskedBook(
        q=visit.query("q")[:_LONGEST],
        on=visit.query("on")[:_LONGEST],
        state=_one_of(visit.query("state"), list(BookState), BookState.IN_FORCE),
        city=_one_of(visit.query("city"), [city.code for city in visit.scope.cities], ""),
        field=visit.query("field")[:3] if visit.query("field").isdecimal() else "",
        department=visit.query("department")[:_LONGEST],
        kind=_one_of(visit.query("kind"), list(KIND_NAMES), ""),
        since=visit.query("since")[:_LONGEST],
        until=visit.query("until")[:_LONGEST],
        order=_one_of(visit.query("order"), list(BookOrder), BookOrder.NEWEST),
    )
    async with visit.open_unit() as unit:
        await remember_filter(unit, visit.word.id_hash, _LIST, asked.query)
    return asked


def book_query(visit: Visit, asked: AskedBook) -> tuple[BookQuery, AskedBook]:
    """Return the question, within what the person may see, and what was asked with its problems."""
    problems: list[str] = []

    def day(text: str, where: str) -> date | None:
        with suppress(InputError):
            return parse_date(text, where) if text else None
        problems.append(f"{where}の日付が読めません（令和8年4月1日 か 2026-04-01 のように書いてください）")
        return None

    query = BookQuery(
        on=day(asked.on, "この日に効力がある") or visit.today,
        words=asked.q,
        state=BookState(asked.state),
        field=int(asked.field) if asked.field else None,
        department=asked.department,
        kind=asked.kind,
        since=day(asked.since, "締結日（から）"),
        until=day(asked.until, "締結日（まで）"),
        order=BookOrder(asked.order),
    )
    return within(query, visit.scope, asked.city), replace(asked, problems=tuple(problems))


def within(query: BookQuery, scope: Scope, city: str = "") -> BookQuery:
    """Return a question about what somebody may see: an office its city, a department what it has a part in."""
    cities = [one for one in scope.cities if city in {"", one.code}]
    offices = tuple(one.code for one in cities if scope.has_office(one.code))
    others = ((one, tuple(d.code for d in scope.departments(one))) for one in cities if one.code not in offices)
    return replace(query, cities=offices, of_departments=tuple((one.code, codes) for one, codes in others))


def _one_of(value: str, allowed: list[str], otherwise: str) -> str:
    return value if value in allowed else str(otherwise)
