"""``/offer/CITY``: a new partner's first offer, where the city's pack turns the page on (ISE-2/3).

A mail address first; the form by the confirmation's link; nothing else is kept or sent before that link was used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.domain import text
from workers.domain.answers import AnswerPage, SeenLink, token_hash
from workers.domain.cities import City
from workers.domain.entities import Origin
from workers.domain.mails import WrittenMail
from workers.domain.publicoffers import PublicOffer
from workers.errors import InputError, InputErrors, RetryableError
from workers.jobs.forms.case import city_options
from workers.jobs.forms.offer import read_offer, read_partner
from workers.pages import shown
from workers.pages.incoming import json_object, read_incoming
from workers.pages.security import HEADERS, Misses, is_our_form
from workers.pages.sending import OpenUnit
from workers.pages.shown import Visit
from workers.pages.steps import ShownStep, read_names, shown_step
from workers.readers.formanswer import ReadAnswer, read_answer
from workers.readers.offerinput import OfferInput
from workers.readers.pageform import partner_form
from workers.usecases.ports import UnitOfWork
from workers.usecases.public_offers import (
    DAYS,
    FiledOffer,
    ask_confirmation,
    file_public_offer,
    keep_offer,
    open_offer,
)

_PARTNER_DATA: Final = json.loads((Path(__file__).parent / "partner-data.form").read_text(encoding="utf-8"))
_ASKED_AT_MOST: Final = 10
_Page = Callable[[Visit, PublicOffer], Awaitable[Response]]


class OfferPages:
    """The routes of the public page."""

    def __init__(self, open_unit: OpenUnit) -> None:
        self._open_unit = open_unit
        self._misses = Misses()
        self._asked = Misses(most=_ASKED_AT_MOST)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/offer/{city}", self._ask, methods=["GET", "POST"]),
            Route("/offer/{city}/{token}", self._guarded(self._show), methods=["GET"]),
            Route("/offer/{city}/{token}", self._guarded(self._typed), methods=["POST"]),
            Route("/offer/{city}/{token}/check", self._guarded(self._check), methods=["GET"]),
            Route("/offer/{city}/{token}/send", self._guarded(self._send), methods=["POST"]),
        ]

    async def _ask(self, request: Request) -> Response:
        """Show the page that asks for an address, or mail the confirmation to one; who asks often is refused."""
        try:
            async with self._open_unit() as unit:
                visit = _visit(request, unit, None)
            if visit is None:
                return shown.closed_page(request, 404)
            if request.method != "POST":
                return shown.page(request, "offer.html.j2", visit, days=DAYS, problems=[], given="")
            return await self._confirm(visit)
        except RetryableError:
            return shown.away_page(request)
        except ClientDisconnect:
            return Response(status_code=400)

    async def _confirm(self, visit: Visit) -> Response:
        request, client = visit.request, _client(visit.request)
        if self._asked.too_many(client):
            return shown.closed_page(request, 429)
        visit.incoming = await read_incoming(request)
        if not is_our_form(request, visit.token, visit.fields.get("word", "")):
            return shown.stale_page(visit)
        self._asked.note(client)
        given = visit.fields.get("email", "")
        try:
            address = text.email(given.strip(), "メールアドレス")
            if not address:
                raise InputError("メールアドレス", "入力してください")  # noqa: TRY301 (told as the others)
        except InputError as error:
            more = {"days": DAYS, "problems": [error.message], "given": text.shown(given, 254)}
            return shown.page(request, "offer.html.j2", visit, status=422, **more)
        async with self._open_unit() as unit:
            await ask_confirmation(unit, visit.city, address, lambda url: _confirmation(visit.city, url))
        return shown.page(request, "offer-sent.html.j2", visit)

    def _guarded(self, page: _Page) -> Callable[[Request], Awaitable[Response]]:
        """Return a page that only the link of a confirmation reaches."""

        async def guarded(request: Request) -> Response:
            client = _client(request)
            if self._misses.too_many(client):
                return shown.closed_page(request, 429)
            try:
                async with self._open_unit() as unit:
                    word = token_hash(request.path_params["token"])
                    offer = await open_offer(unit, request.path_params["city"], word)
                    visit = _visit(request, unit, offer) if offer else None
                if visit is None or offer is None:
                    self._misses.note(client)
                    return shown.closed_page(request, 404)
                if request.method == "POST":
                    visit.incoming = await read_incoming(request)
                    if not is_our_form(request, visit.token, visit.fields.get("word", "")):
                        return shown.stale_page(visit)
                return _done(visit, offer) if offer.sent_at else await page(visit, offer)
            except RetryableError:
                return shown.away_page(request)
            except ClientDisconnect:
                return Response(status_code=400)

        return guarded

    async def _show(self, visit: Visit, offer: PublicOffer) -> Response:
        kept = "kept" in visit.request.query_params
        return shown.form_page(visit, _step(visit), offer.draft or {}, kept=kept)

    async def _typed(self, visit: Visit, offer: PublicOffer) -> Response:
        given, check = json_object(visit.fields.get("values", "")), visit.fields.get("action") == "check"
        if check:
            _, _, problems = _read(visit, offer, given)
            if problems:
                return shown.form_page(visit, _step(visit), given, problems=problems)
        async with self._open_unit() as unit:
            await keep_offer(unit, visit.city.code, offer.token_hash, given)
        return _again(visit, "/check" if check else "?kept=1")

    async def _check(self, visit: Visit, offer: PublicOffer) -> Response:
        read, filed, _ = _read(visit, offer, offer.draft or {})
        return shown.check_page(visit, read.said, _digest(read)) if filed else _again(visit)

    async def _send(self, visit: Visit, offer: PublicOffer) -> Response:
        read, filed, _ = _read(visit, offer, offer.draft or {})
        if filed is None or visit.fields.get("digest") != _digest(read):
            return _again(visit, "/check")
        said = [asdict(part) for part in read.said]
        whole = FiledOffer(token_hash=offer.token_hash, offer=filed, title=visit.link.title, said=said)
        try:
            async with self._open_unit() as unit:
                await file_public_offer(unit, visit.city, whole)
        except RetryableError:
            return _again(visit)  # two at the same moment: the page says which counts; else the draft is still there
        return _again(visit)


def _client(request: Request) -> str:
    return request.client.host if request.client else ""


def _visit(request: Request, unit: UnitOfWork, offer: PublicOffer | None) -> Visit | None:
    """Return what a request knows; None for a city that takes no offers by the page."""
    code = request.path_params["city"]
    city = unit.cities.city(code) if code in unit.cities.codes() else None
    asked = city.public_offer if city else None
    page = unit.cities.answer_page(code, asked.task) if asked else None
    if city is None or page is None or not unit.pages_url:
        return None
    link = SeenLink(
        token_hash="",
        case_id="",
        city=code,
        element_id=page.element_id,
        round=1,
        title=page.title,
        recipient_name="",
        recipient=offer.email if offer else "",
        expires_at=unit.clock.now(),
        draft=offer.draft if offer else None,
    )
    token = f"{code}/{request.path_params['token']}" if offer else code
    return Visit(
        request=request,
        token=token,
        link=link,
        answer=None,
        files=[],
        city=city,
        today=unit.clock.today(),
        limits=None,
        base="/offer/",
        form=_form(city, page),
    )


def _form(city: City, page: AnswerPage) -> dict[str, Any]:
    """Return the form of the task, with the partner's own data before it, without what the page answers."""
    left_out = city.public_offer
    if left_out is None:
        return page.form
    parts = [
        part
        for part in page.form["components"]
        if part.get("key") not in left_out.values and part.get("id") not in left_out.omit
    ]
    return {**page.form, "components": [*_PARTNER_DATA["components"], *parts]}


def _step(visit: Visit) -> ShownStep:
    asked = partner_form(visit.form, visit.today)
    given = dict(visit.city.public_offer.values) if visit.city.public_offer else {}
    known = {"cityOptions": city_options(visit.city), "caseTitle": f"{visit.city.name}との包括連携協定"}
    read = read_names(asked.form)
    return shown_step(asked, {**{k: v for k, v in known.items() if k in read}, **given})


def _read(
    visit: Visit, offer: PublicOffer, given: Mapping[str, Any]
) -> tuple[ReadAnswer, OfferInput | None, list[str]]:
    """Return an answer as people read it, the offer that it is, and what is wrong (Japanese)."""
    step = _step(visit)
    read = read_answer(step.form, given, step.known)
    if read.problems:
        return read, None, read.problems
    values = step.answer(read.values)
    keys = ("name", "representative", "contact", "phone", "address", "corporateNumber")
    try:
        partner = read_partner({**{key: values.get(key) for key in keys}, "email": offer.email})
        content = read_offer(values, visit.city, visit.today)
    except InputErrors as errors:
        return read, None, [error.message for error in errors.errors]
    return read, OfferInput(partner=partner, origin=Origin.PARTNER, content=content), []


def _done(visit: Visit, offer: PublicOffer) -> Response:
    if visit.request.method == "POST":
        return _again(visit)
    return shown.page(visit.request, "offer-done.html.j2", visit, case_id=offer.case_id, at=shown.moment(offer.sent_at))


def _digest(read: ReadAnswer) -> str:
    return hashlib.sha256(json.dumps(read.values, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _again(visit: Visit, path: str = "") -> Response:
    return RedirectResponse(visit.url + path, 303, headers=HEADERS)


def _confirmation(city: City, url: str) -> WrittenMail:
    office = city.office
    phone = f"　電話 {office.phone}" if office.phone else ""
    return WrittenMail(
        subject=f"【{city.name}】申出の入力ページのご案内",
        body=f"""{city.name}{office.section}です。
包括連携協定の申出の受付で、このメールアドレスが入力されました。
次のリンクを開いて、申出の内容を入力し、送信してください（{DAYS}日以内）。

{url}

まだ何も受け付けていません。お心当たりのないときは、このメールを捨ててください。リンクを開かなければ、
アドレスは{DAYS}日後に消えます。

{city.name} {office.division} {office.section}{phone}
""",
    )
