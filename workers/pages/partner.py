"""``/a/WORD``: the page on which a partner answers (ALL-2, ALL-3). GET changes nothing: mail scanners open links.

An answer is typed, checked, read once more on a page of its own, and sent from there. A word that is forged, altered or
expired always gets the same page.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from workers.domain.answers import AnswerState, LinkEnd, PartnerAnswer, PartnerLink, token_hash
from workers.domain.cities import City
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki
from workers.errors import RetryableError
from workers.htmlpages import page_templates
from workers.pages.assets import STATIC_URL
from workers.pages.security import HEADERS, Misses, cookie_of, form_word, is_our_form, set_cookie
from workers.pages.steps import ShownStep, Steps
from workers.readers.formanswer import ReadAnswer, read_answer
from workers.usecases.ports import UnitOfWork
from workers.usecases.take_answer import GivenAnswer, Outcome, keep_draft, open_link, take_answer

OpenUnit = Callable[[], AbstractAsyncContextManager[UnitOfWork]]

_FOLDER: Final = Path(__file__).parent
_TEMPLATES: Final = page_templates(_FOLDER / "templates")
_TEMPLATES.filters["groups"] = lambda said: [list(group) for _, group in groupby(said, key=_row_of)]
_TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
_LARGEST: Final = 1_000_000
_AWAY: Final = 503


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request to a link's page: the word, its link, the answer of its round, the city that asks."""

    request: Request
    token: str
    link: PartnerLink
    answer: PartnerAnswer | None
    city: City
    today: date
    fields: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The page's own address."""
        return f"/a/{self.token}"


class PartnerPages:
    """The routes of the partners' pages."""

    def __init__(self, open_unit: OpenUnit, steps: Steps) -> None:
        self._open_unit = open_unit
        self._steps = steps
        self._misses = Misses()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/a/{token}", self._guarded(self._show), methods=["GET"]),
            Route("/a/{token}", self._guarded(self._typed), methods=["POST"]),
            Route("/a/{token}/check", self._guarded(self._check), methods=["GET"]),
            Route("/a/{token}/send", self._guarded(self._send), methods=["POST"]),
        ]

    def _guarded(self, page: Callable[[Visit], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Return a page that only a link which takes or took an answer reaches."""

        async def guarded(request: Request) -> Response:
            client = request.client.host if request.client else ""
            if self._misses.too_many(client):
                return closed_page(request, 429)
            token = request.path_params["token"]
            try:
                async with self._open_unit() as unit:
                    link = await open_link(unit, token_hash(token))
                    visit = await _visit(request, token, link, unit) if link else None
            except RetryableError:
                return _page(request, "away.html.j2", status=_AWAY)
            except ClientDisconnect:
                return Response(status_code=400)
            if visit is None:
                self._misses.note(client)
                return closed_page(request, 404)
            if request.method == "POST" and not is_our_form(request, token, visit.fields.get("word", "")):
                return _page(request, "stale.html.j2", visit, status=403)
            return await page(visit)

        return guarded

    async def _show(self, visit: Visit) -> Response:
        if visit.link.end is not None:
            return _ended(visit)
        step = await self._steps.show(visit.link, visit.today)
        if step is None:
            return _page(visit.request, "away.html.j2", visit, status=_AWAY)
        return _form(visit, step, visit.link.draft or {}, kept="kept" in visit.request.query_params)

    async def _typed(self, visit: Visit) -> Response:
        if visit.link.end is not None:
            return _again(visit)
        given = _json_object(visit.fields.get("values", ""))
        step = await self._steps.check(visit.link, visit.today)
        if visit.fields.get("action") == "check":
            problems = read_answer(step.form, given, step.known).problems
            if problems:
                return _form(visit, step, given, problems=problems)
        async with self._open_unit() as unit:
            await keep_draft(unit, visit.link.token_hash, given)
        return _again(visit, "/check" if visit.fields.get("action") == "check" else "?kept=1")

    async def _check(self, visit: Visit) -> Response:
        if visit.link.end is not None or visit.link.draft is None:
            return _again(visit)
        read, _ = await self._read(visit)
        if read.problems:
            return _again(visit)
        return _page(visit.request, "check.html.j2", visit, said=read.said, digest=_digest(read))

    async def _send(self, visit: Visit) -> Response:
        if visit.link.end is not None or visit.link.draft is None:
            return _again(visit, "?second=1")
        read, step = await self._read(visit)
        if read.problems or visit.fields.get("digest") != _digest(read):
            return _again(visit, "/check")
        values = step.answer(read.values)
        said = [asdict(part) for part in read.said]
        async with self._open_unit() as unit:
            taken = await take_answer(unit, GivenAnswer(token_hash=visit.link.token_hash, values=values, said=said))
        return _again(visit, "?second=1" if taken.outcome is not Outcome.ACCEPTED else "")

    async def _read(self, visit: Visit) -> tuple[ReadAnswer, ShownStep]:
        step = await self._steps.check(visit.link, visit.today)
        return read_answer(step.form, visit.link.draft or {}, step.known), step


def _row_of(said: Any) -> str:
    return str(said["row"] if isinstance(said, Mapping) else said.row)


def closed_page(request: Request, status: int) -> Response:
    """Return the one page of everything that is no link."""
    return _page(request, "closed.html.j2", status=status)


async def _visit(request: Request, token: str, link: PartnerLink, unit: UnitOfWork) -> Visit:
    return Visit(
        request=request,
        token=token,
        link=link,
        answer=await unit.answers.answer(link.case_id, link.element_id, link.round),
        city=unit.cities.city(link.city),
        today=unit.clock.today(),
        fields=await _fields(request) if request.method == "POST" else {},
    )


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a plain form; none where it is too large."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            return {}
    found = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    return {name: values[-1] for name, values in found.items()}


def _json_object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(read: ReadAnswer) -> str:
    """Return what ties the page that was confirmed to the answer that is sent."""
    text = json.dumps(read.values, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _form(
    visit: Visit, step: ShownStep, given: Mapping[str, Any], *, problems: Sequence[str] = (), kept: bool = False
) -> Response:
    data = {"schema": step.form, "data": {**step.known, **given, **step.fixed}}
    status = 422 if problems else 200
    return _page(visit.request, "form.html.j2", visit, status=status, data=data, problems=problems, kept=kept)


def _ended(visit: Visit) -> Response:
    """Return the page of a step that was answered: by whom, when, and what was said by this way."""
    answer = visit.answer
    by_office = visit.link.end is LinkEnd.OFFICE or (answer is not None and answer.state is AnswerState.LATE)
    return _page(
        visit.request,
        "ended.html.j2",
        visit,
        answer=answer,
        by_office=by_office,
        at=_moment(answer.at if answer else visit.link.ended_at),
        second="second" in visit.request.query_params,
    )


def _moment(at: datetime | None) -> str:
    if at is None:
        return ""
    local = at.astimezone(JST)
    return f"{format_wareki(local.date(), weekday=True)}{local:%H時%M分}"


def _again(visit: Visit, path: str = "") -> Response:
    return RedirectResponse(visit.url + path, 303, headers=HEADERS)


def _page(request: Request, template: str, visit: Visit | None = None, *, status: int = 200, **more: Any) -> Response:
    cookie = cookie_of(request)
    word = form_word(cookie, visit.token) if visit else ""
    page = _TEMPLATES.get_template(template).render(visit=visit, word=word, static=STATIC_URL, **more)
    response = HTMLResponse(page, status, headers=HEADERS)
    if visit is not None:
        set_cookie(response, request, cookie)
    return response
