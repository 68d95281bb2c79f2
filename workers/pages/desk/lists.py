"""``/desk/import``: an office's own list, looked at before anything is written, then taken (ALL-6, ALL-10).

Works without JavaScript: a long list is read while the page looks again by itself every two seconds.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Final

from starlette.responses import Response

from workers.domain.cities import City
from workers.errors import InputError
from workers.pages.desk.face import PREFIX, NotHereError, Visit, office_of
from workers.pages.desk.listuploads import LARGEST, Reading, Upload, find, read_list, receive
from workers.readers.listcells import plain
from workers.readers.listcolumns import COLUMNS, HEADINGS
from workers.readers.listperiods import read_unwritten

_PATIENCE: Final = 3.0
"""Seconds that a page waits for a reading before it shows how far it is."""

_SHOWN: Final = 100
_readings: dict[str, Reading] = {}


async def choose(visit: Visit) -> Response:
    """Ask for the file."""
    if not visit.scope.offices:
        raise NotHereError
    return visit.page("desk/import.html.j2", offices=visit.scope.offices, largest=LARGEST // 1024 // 1024, problem="")


async def upload(visit: Visit) -> Response:
    """Take the file to this machine and go to its preview."""
    city = visit.query("city")
    office_of(visit, city)
    try:
        found = await receive(
            _root(visit),
            visit.request.headers.get("content-type", ""),
            visit.request.stream(),
            owner=visit.word.id_hash,
            city=city,
        )
    except InputError as error:
        return visit.page(
            "desk/import.html.j2",
            status=422,
            offices=visit.scope.offices,
            largest=LARGEST // 1024 // 1024,
            problem=error.message,
        )
    return visit.go(f"{PREFIX}/import/{found.token}")


async def preview(visit: Visit) -> Response:
    """Show how the list is read and what would become of it; nothing is written."""
    found, city = _upload(visit)
    reading = _readings.get(found.token)
    if reading is None:
        reading = _begin(visit, found, city, takes=False)
    await _wait(reading)
    if not reading.done:
        return visit.page("desk/import-reading.html.j2", upload=found, reading=reading)
    result = reading.result
    if reading.takes and result is not None:
        return visit.page("desk/import-done.html.j2", upload=found, city=city, result=result, shown=_SHOWN)
    keys = {heading: key for key, heading in HEADINGS.items()}
    return visit.page(
        "desk/import-preview.html.j2",
        status=200 if result is not None else 422,
        upload=found,
        city=city,
        result=result,
        problem=reading.problem,
        columns=[(name, keys.get(used, "id")) for name, used in result.used.items()] if result else [],
        unread=result.unused if result else [],
        items=COLUMNS,
        shown=_SHOWN,
    )


async def columns(visit: Visit) -> Response:
    """Keep what the person chose for the columns, and read the list again."""
    found, _city = _upload(visit)
    chosen = dict(found.columns)
    for place, name in enumerate(visit.fields.get("name") or []):
        key = visit.field(f"key-{place}")
        if key in HEADINGS or not key:
            chosen[plain(name)] = key
    by_hand, item = visit.field("heading"), visit.field("item")
    if by_hand and item in HEADINGS:
        chosen[plain(by_hand)] = item
    taken = [key for key in chosen.values() if key]
    if len(taken) != len(set(taken)):
        twice = next(key for key in taken if taken.count(key) > 1)
        raise InputError(
            HEADINGS[twice], "2つの列を同じ項目として読むことはできません。前の画面に戻って選び直してください"
        )
    said = visit.field("unwritten")
    unwritten = read_unwritten(said, "更新の定めが書かれていない協定") if said else None
    replace(found, columns=chosen, unwritten=unwritten).keep()
    _readings.pop(found.token, None)
    return visit.go(f"{PREFIX}/import/{found.token}")


async def take(visit: Visit) -> Response:
    """Take the list as it was shown: the good rows, and the corrections where they were asked for."""
    found, city = _upload(visit)
    known = _readings.get(found.token)
    if known is None or not known.takes:
        _begin(visit, found, city, takes=True, correct=visit.field("correct") == "yes")
    return visit.go(f"{PREFIX}/import/{found.token}")


async def give_up(visit: Visit) -> Response:
    """Remove the list again."""
    found, _city = _upload(visit)
    _readings.pop(found.token, None)
    found.forget()
    return visit.go(f"{PREFIX}/import")


def _begin(visit: Visit, found: Upload, city: City, *, takes: bool, correct: bool = False) -> Reading:
    reading = Reading(takes=takes)
    services = visit.desk.services
    reading.task = asyncio.create_task(read_list(services, city, found, reading, by=visit.person.name, correct=correct))
    _readings[found.token] = reading
    return reading


async def _wait(reading: Reading) -> None:
    if reading.task is not None:
        await asyncio.wait({reading.task}, timeout=_PATIENCE)
        if reading.task.done() and not reading.done:
            reading.task.result()


def _upload(visit: Visit) -> tuple[Upload, City]:
    found = find(_root(visit), str(visit.request.path_params["token"]), visit.word.id_hash)
    if found is None:
        raise NotHereError
    office_of(visit, found.city)
    return found, visit.desk.services.packs.city(found.city)


def _root(visit: Visit) -> Path:
    return visit.desk.services.settings.data / "lists"
