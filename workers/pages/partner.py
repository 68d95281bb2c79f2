"""``/a/WORD``: the page on which a partner answers (ALL-2, ALL-3). GET changes nothing: mail scanners open links.

An answer is typed, checked, read once more on a page of its own, and sent from there. A word that is forged, altered or
expired always gets the same page.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.domain.answers import LinkEnd, token_hash
from workers.domain.cities import City
from workers.domain.jst import JST
from workers.errors import RetryableError
from workers.pages import shown
from workers.pages.heldsends import HeldSend, HeldSends
from workers.pages.incoming import Incoming, json_object, read_incoming
from workers.pages.security import HEADERS, Misses, is_our_form
from workers.pages.sending import Confirmed, OpenUnit, asked, digest, read_typed, send
from workers.pages.shown import Visit
from workers.pages.steps import ShownStep, Steps
from workers.readers.attachedfile import FileLimits
from workers.usecases.answer_files import attach_files, remove_file
from workers.usecases.answer_links import open_round
from workers.usecases.ports import UnitOfWork
from workers.usecases.take_answer import Outcome, keep_draft

_SECOND: Final = "?second=1"
_CITY_SECONDS: Final = 1.0


class PartnerPages:
    """The routes of the partners' pages."""

    def __init__(
        self,
        open_unit: OpenUnit,
        steps: Steps,
        held: HeldSends | None,
        limits: FileLimits,
        *,
        read_unit: OpenUnit | None = None,
    ) -> None:
        self._open_unit = open_unit
        self._read_unit = read_unit or open_unit
        self._steps = steps
        self._held = held
        self._limits = limits
        self._misses = Misses()
        self._cities: dict[str, tuple[float, City]] = {}

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/a/{token}", self._guarded(self._show), methods=["GET"]),
            Route("/a/{token}", self._guarded(self._typed), methods=["POST"]),
            Route("/a/{token}/files", self._guarded(self._files, self._limits), methods=["POST"]),
            Route("/a/{token}/check", self._guarded(self._check), methods=["GET"]),
            Route("/a/{token}/send", self._guarded(self._send), methods=["POST"]),
        ]

    def _guarded(
        self, page: Callable[[Visit], Awaitable[Response]], limits: FileLimits | None = None
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return a page that only a link which takes or took an answer reaches.

        While the registry is away, what was typed stays on the page that says so.
        """

        async def guarded(request: Request) -> Response:
            client = request.client.host if request.client else ""
            if self._misses.too_many(client):
                return shown.closed_page(request, 429)
            try:
                visit = await self._visit(request)
                if visit is None:
                    self._misses.note(client)
                    return shown.closed_page(request, 404)
                if request.method == "POST":
                    visit.incoming = await _incoming(request, limits)
                    if not is_our_form(request, visit.token, visit.fields.get("word", "")):
                        return shown.stale_page(visit)
                return await page(visit)
            except RetryableError:
                return await self._away(request, limits)
            except ClientDisconnect:
                return Response(status_code=400)

        return guarded

    async def _visit(self, request: Request) -> Visit | None:
        token = request.path_params["token"]
        async with self._read_unit() as unit:
            found = await open_round(unit, token_hash(token))
            if found is None:
                return None
            link = found.link
            return Visit(
                request=request,
                token=token,
                link=link,
                answer=found.answer if link.end else None,
                files=await unit.answers.files(link) if found.has_files and link.end is not LinkEnd.ANSWERED else [],
                city=self._city(unit, link.city),
                today=unit.clock.today(),
                limits=self._limits,
            )

    def _city(self, unit: UnitOfWork, code: str) -> City:
        """Return a city as it was read within the last second: its files are looked at each time else."""
        now, known = time.monotonic(), self._cities.get(code)
        if known is None or now - known[0] > _CITY_SECONDS:
            known = self._cities[code] = (now, unit.cities.city(code))
        return known[1]

    async def _show(self, visit: Visit) -> Response:
        if visit.link.end is not None:
            return shown.ended_page(visit)
        try:
            step = await self._steps.show(visit.link, visit.today)
        except RetryableError:
            return shown.away_page(visit.request, visit=visit)
        if step is None:
            return shown.not_open_page(visit, closed_on=await self._closed_on(visit))
        return shown.form_page(visit, step, visit.link.draft or {}, kept="kept" in visit.request.query_params)

    async def _asked(self, visit: Visit) -> ShownStep:
        return await asked(self._read_unit, self._steps, visit.link, visit.today)

    async def _closed_on(self, visit: Visit) -> date | None:
        async with self._read_unit() as unit:
            case = await unit.cases.find(visit.link.case_id)
            return case.closed_on if case else None

    async def _typed(self, visit: Visit) -> Response:
        if not visit.takes:
            return _again(visit)
        given = json_object(visit.fields.get("values", ""))
        check = visit.fields.get("action") == "check"
        if check and visit.link.end is None:
            step = await self._asked(visit)
            problems = self._steps.read(visit.link, step, given).problems
            if problems:
                return shown.form_page(visit, step, given, problems=problems)
        async with self._open_unit() as unit:
            await keep_draft(unit, visit.link.token_hash, given)
        return _again(visit, "/check" if check else "?kept=1")

    async def _files(self, visit: Visit) -> Response:
        """Keep or remove files, and with them what was typed so far."""
        if not visit.takes:
            return _again(visit)
        given, problems = json_object(visit.fields.get("values", "")), list(visit.incoming.problems)
        removed = visit.fields.get("remove", "")
        async with self._open_unit() as unit:
            await keep_draft(unit, visit.link.token_hash, given)
            if removed.isdecimal() and removed.isascii():
                await remove_file(unit, visit.link.token_hash, int(removed[:18]))
            else:
                problems += await attach_files(unit, visit.link.token_hash, visit.incoming.files, self._limits)
            visit.files = await unit.answers.files(visit.link)
        if not problems:
            return _again(visit, "?kept=1#files")
        step = await self._asked(visit)
        return shown.form_page(visit, step, given, problems=problems)

    async def _check(self, visit: Visit) -> Response:
        if not visit.takes or visit.link.draft is None:
            return _again(visit)
        read, _ = await read_typed(self._read_unit, self._steps, visit.link, visit.today)
        if read.problems and visit.link.end is None:
            return _again(visit)
        return shown.check_page(visit, read.said, digest(read, visit.files))

    async def _send(self, visit: Visit) -> Response:
        if not visit.takes or visit.link.draft is None:
            return _again(visit, _SECOND)
        confirmed = Confirmed(
            link=visit.link, files=visit.files, today=visit.today, digest=visit.fields.get("digest", "")
        )
        outcome = await send(self._open_unit, self._steps, confirmed)
        if outcome is None:
            return _again(visit, "/check")
        return _again(visit, "" if outcome in {Outcome.ACCEPTED, Outcome.LATE} else _SECOND)

    async def _away(self, request: Request, limits: FileLimits | None) -> Response:
        """Return the page of a registry that is away: a confirmed answer is kept to be sent, anything else is typed.

        What was typed stands in that page, for this browser to send it once more.
        """
        if request.method != "POST":
            return shown.away_page(request)
        fields, token = (await _incoming(request, limits)).fields, request.path_params["token"]
        if not is_our_form(request, token, fields.get("word", "")):
            return shown.away_page(request)
        confirmed = fields.get("digest", "")
        if self._held and confirmed and request.url.path.endswith("/send"):
            waiting = HeldSend(token_hash=token_hash(token), digest=confirmed, at=datetime.now(JST))
            if await asyncio.to_thread(self._held.keep, waiting):
                return shown.held_page(request)
        return shown.away_page(request, fields=fields)


async def _incoming(request: Request, limits: FileLimits | None) -> Incoming:
    """Return what a request brought; a body can be read once only."""
    if not hasattr(request.state, "incoming"):
        request.state.incoming = await read_incoming(request, limits)
    found: Incoming = request.state.incoming
    return found


def _again(visit: Visit, path: str = "") -> Response:
    return RedirectResponse(visit.url + path, 303, headers=HEADERS)
