"""``/desk/book``: the book of agreements, searched, sorted, printed, taken along as a file (ALL-6, ASA-7)."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from workers.adapters.sheets import excel_bytes, write_csv
from workers.domain.agreementtext import KIND_NAMES
from workers.domain.bookrows import COLUMNS, entry_row
from workers.domain.cities import City
from workers.domain.register import STATE_NAMES, BookState, RegisterEntry
from workers.domain.wareki import NEVER, format_wareki
from workers.pages.desk.booksearch import ORDERS, asked_book, book_query
from workers.pages.desk.face import NotHereError, Visit
from workers.pages.security import HEADERS
from workers.usecases.book_table import book_table

_LINES: Final = 50
_NEAR: Final = timedelta(days=30)
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True)
class BookRow:
    """A line as the page shows it. ``colour``: the class of its row; ``left``: what the colour says, in words."""

    id: str
    number: str
    title: str
    partner: str
    signed: str
    expires: str
    fields: str
    department: str
    state: str
    colour: str
    left: str


async def book(visit: Visit) -> Response:
    """Show a page of the book."""
    query, asked = book_query(visit, await asked_book(visit))
    page = int(number) if (number := visit.query("page")).isdecimal() and len(number) < 6 else 1
    first = (max(page, 1) - 1) * _LINES
    async with visit.desk.services.open_book() as found:
        shown = await found.page(query, first=first, limit=_LINES)
    cities = {city.code: city for city in visit.scope.cities}
    chosen = [city for city in visit.scope.cities if asked.city in {"", city.code}]
    return visit.page(
        "desk/book.html.j2",
        asked=asked,
        on=query.on,
        rows=[book_row(entry, cities[entry.city], query.on) for entry in shown.entries],
        total=shown.total,
        first=first,
        page=max(page, 1),
        pages=max(1, -(-shown.total // _LINES)),
        states=STATE_NAMES,
        orders=ORDERS,
        kinds=KIND_NAMES,
        one=chosen[0] if len(chosen) == 1 else None,
        many_cities=len(visit.scope.cities) > 1,
        filtered=asked.query != type(asked)().query,
    )


async def book_file(visit: Visit) -> Response:
    """Return what the page shows, all of it, as CSV or Excel."""
    kind = visit.request.path_params["kind"]
    if kind not in {"csv", "xlsx"}:
        raise NotHereError
    query, _ = book_query(visit, await asked_book(visit))
    cities = {city.code: city for city in visit.scope.cities}
    async with visit.desk.services.open_book() as found:
        entries = [entry async for entry in found.entries(query)]
    async with visit.desk.services.open_register() as register:
        rows = await book_table(register, lambda code: cities[code], entries, query.on)
    cells = [["" if row[key] is None else str(row[key]) for key, _ in COLUMNS] for row in rows]
    headings = [heading for _, heading in COLUMNS]
    name = f"協定の台帳_{query.on.isoformat()}.{kind}"
    if kind == "xlsx":
        return file_response(name, excel_bytes("協定", headings, cells), _EXCEL)
    text = io.StringIO()
    write_csv(text, headings, cells)
    return file_response(name, text.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8")


def file_response(name: str, content: bytes, media_type: str, *, inline: bool = False) -> Response:
    """Return a file for the browser to keep, or to show where it is ``inline``."""
    way = "inline" if inline else "attachment"
    headers: Mapping[str, str] = {**HEADERS, "Content-Disposition": f"{way}; filename*=UTF-8''{quote(name)}"}
    return Response(content, media_type=media_type, headers=dict(headers))


def book_row(entry: RegisterEntry, city: City, on: date) -> BookRow:
    """Return a line of the book as it stands on a day."""
    state = entry.state(on)
    known = entry_row(entry, city, on)
    colour, left = _colour(entry, state, on)
    return BookRow(
        id=entry.id,
        number=entry.number,
        title=entry.title,
        partner=entry.partner,
        signed=str(known["signed"]),
        expires="無期限" if entry.expires_on == NEVER else format_wareki(entry.last_day),
        fields="、".join(city.field_name(number).removesuffix("に関すること") for number in entry.fields),
        department=str(known["department_name"]),
        state=STATE_NAMES[state],
        colour=colour,
        left=left,
    )


def _colour(entry: RegisterEntry, state: BookState, on: date) -> tuple[str, str]:
    if state in {BookState.EXPIRED, BookState.TERMINATED}:
        return "over", ""
    if state is BookState.BEFORE:
        return "", ""
    left = entry.last_day - on
    if state is not BookState.ENDING:
        return "", ""
    words = "きょうまで" if not left.days else f"あと{left.days}日"
    return ("near" if left <= _NEAR else "coming"), words
