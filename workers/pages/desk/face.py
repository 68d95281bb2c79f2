"""What every page of the desk stands on: who is signed in, what they may see, forms that are ours, one look.

A page is a function from a :class:`Visit` to a response. The guard lets nobody in who is not signed in, and no POST
that no form of ours has sent; what a person may not see does not exist for them (:class:`NotHereError`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, quote, urlencode

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from workers.adapters.camunda.person_tasks import PersonTasks
from workers.adapters.camunda.signin import SignedOutError
from workers.domain.acts import SYSTEM, SYSTEM_USER
from workers.domain.answers import PARTNER, PARTNER_USER
from workers.domain.casenumbers import agreement_number, case_number, file_name, in_words
from workers.domain.desk import DeskSession, Person
from workers.domain.deskscope import Scope
from workers.domain.entities import Case
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki
from workers.errors import InputError, RenkeiError, RetryableError
from workers.htmlpages import page_templates
from workers.logs import get_logger
from workers.pages.assets import STATIC_URL
from workers.pages.desk.vault import Word, word_of
from workers.pages.security import HEADERS as PAGE_HEADERS
from workers.usecases.desk_sessions import known_session, renew_secret
from workers.usecases.ports import UnitOfWork
from workers.usecases.see_case import may_see
from workers.wiring import Services

HEADERS: Final = PAGE_HEADERS
COOKIE: Final = "renkei_desk"
PREFIX: Final = "/desk"
SIGN_IN: Final = f"{PREFIX}/sign-in"
_LARGEST: Final = 2_000_000
_MOST_FIELDS: Final = 2_000

_NO_PERSONS: Final = {SYSTEM: "自動", SYSTEM_USER: "自動", PARTNER_USER: PARTNER}

ON_HOLD: Final = (
    "システムを控えから戻したところなので、情報システムの担当者が確かめるまで、作業を進められません。"
    "入力した内容は保存してあります"
)
"""What somebody is told who wants to go on while a restore waits for its confirmation."""

_log = get_logger(__name__)
_TEMPLATES: Final = page_templates(Path(__file__).parent.parent / "templates")


class NotHereError(RenkeiError):
    """There is no such page, or none for this person: both look alike."""

    def __init__(self) -> None:
        super().__init__("この画面はありません")


@dataclass(frozen=True, kw_only=True)
class NavEntry:
    """An entry of the menu. ``for_offices``: only those see it who work for an office."""

    title: str
    path: str
    for_offices: bool = False


class OpensTasks(Protocol):
    """Opens the engine in a person's name."""

    def __call__(self, person: Person, secret: Mapping[str, Any]) -> AbstractAsyncContextManager[PersonTasks]:
        """Return the person's tasks."""


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What the pages work with. ``open_tasks``: the engine as the person; ``renewed``: see ``Provider``."""

    services: Services
    open_tasks: OpensTasks
    nav: Sequence[NavEntry] = ()
    renewed: Callable[[Mapping[str, Any]], Awaitable[dict[str, Any] | None]] | None = None

    @property
    def idle(self) -> timedelta:
        """After how long an unused sign-in ends."""
        return timedelta(minutes=self.services.settings.desk_idle_minutes)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of somebody who is signed in. ``fields``: of a plain form, every value of each name."""

    desk: Desk
    request: Request
    word: Word
    session: DeskSession
    scope: Scope
    fields: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    on_hold: bool = False
    """Whether a restore waits for its confirmation: then nothing is handed to the engine (ALL-18)."""

    @property
    def person(self) -> Person:
        """Who is signed in."""
        return self.scope.person

    @property
    def today(self) -> date:
        """The Japanese date of the business clock."""
        return self.desk.services.clock.today()

    def field(self, name: str) -> str:
        """Return a form's field, the last of several, blanks around it cut; empty where there is none."""
        return (self.fields.get(name) or [""])[-1].strip()

    def query(self, name: str) -> str:
        """Return a value of the address, blanks around it cut; empty where there is none."""
        return self.request.query_params.get(name, "").strip()

    def open_unit(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction of the registry; what it enters into a history is this person's deed."""
        return _by(self.desk.services.open_unit(), self.person)

    def tasks(self) -> AbstractAsyncContextManager[PersonTasks]:
        """Open the engine as this person; raises SignedOutError where the cookie does not fit."""
        secret = self.word.opened(self.session.secret)
        if secret is None:
            raise SignedOutError("サインインの期限が切れました")
        return self.desk.open_tasks(self.person, secret)

    def page(self, template: str, *, status: int = 200, **more: Any) -> Response:
        """Return a page of ``templates/desk/``; templates see ``visit``, ``nav``, ``word`` and what is given."""
        nav = [one for one in self.desk.nav if self.scope.offices or not one.for_offices]
        here = max((one.path for one in nav if _is_below(self.request.url.path, one.path)), key=len, default="")
        return render(template, status=status, visit=self, nav=nav, here=here, word=self.word.form_word, **more)

    def go(self, path: str) -> Response:
        """Send the browser on after a POST."""
        return RedirectResponse(path, 303, headers=HEADERS)


Page = Callable[[Visit], Awaitable[Response]]


class _by:  # noqa: N801 (reads as a word)
    """A unit of work whose commands are a person's."""

    def __init__(self, unit: AbstractAsyncContextManager[UnitOfWork], person: Person) -> None:
        self._unit = unit
        self._person = person

    async def __aenter__(self) -> UnitOfWork:
        unit = await self._unit.__aenter__()
        unit.by = self._person.name
        return unit

    async def __aexit__(self, *error: object) -> bool | None:
        return await self._unit.__aexit__(*error)  # type: ignore[arg-type]


async def case_of(visit: Visit, unit: UnitOfWork, case_id: str) -> Case:
    """Return a case that this person may see; raises NotHereError for any other, and for one that there is not."""
    case = await unit.cases.find(case_id)
    if case is None or not await may_see(unit, visit.scope, case):
        raise NotHereError
    return case


def named_case(visit: Visit) -> str:
    """Return the case's id of the address."""
    return str(visit.request.path_params["case"])


def office_of(visit: Visit, city: str) -> None:
    """Return where the person works for a city's office; raises NotHereError else."""
    if not visit.scope.has_office(city):
        raise NotHereError


def page_route(desk: Desk, path: str, page: Page, *, methods: Sequence[str] = ("GET",)) -> Route:
    """Return a route below ``/desk`` that the guard keeps."""

    async def guarded(request: Request) -> Response:
        try:
            return await _guarded(desk, request, page)
        except SignedOutError:
            return _to_sign_in(request)
        except ClientDisconnect:
            return Response(status_code=400)
        except RenkeiError as error:
            return _failed(error)

    return Route(path, guarded, methods=list(methods))


def _failed(error: RenkeiError) -> Response:
    """Return the page that says what went wrong, as far as a person can do something about it."""
    if isinstance(error, NotHereError):
        return plain_page("desk/missing.html.j2", 404)
    if isinstance(error, InputError):
        return plain_page("desk/wrong.html.j2", 422, message=error.message)
    _log.warning("a page of the desk cannot be shown", exc_info=error)
    if isinstance(error, RetryableError):
        return plain_page("desk/away.html.j2", 503)
    return plain_page("desk/wrong.html.j2", 500, message="")


async def _guarded(desk: Desk, request: Request, page: Page) -> Response:
    word = word_of(request.cookies.get(COOKIE, ""))
    if word is None:
        return _to_sign_in(request)
    async with desk.services.open_unit() as unit:
        session = await known_session(unit, word.id_hash, desk.idle)
        cities = [unit.cities.city(code) for code in unit.cities.codes()] if session else []
    if session is None:
        return _to_sign_in(request)
    fields = await form_fields(request) if request.method == "POST" else {}
    if request.method == "POST":
        given = (fields.get("word") or [request.query_params.get("word", "")])[-1]
        if not word.is_form_word(given) or not from_here(request):
            return plain_page("desk/stale.html.j2", 403)
    if desk.renewed is not None:
        await _renew(desk, word, session)
    scope = Scope(session.person, cities)
    held = await desk.services.on_hold()
    visit = Visit(desk=desk, request=request, word=word, session=session, scope=scope, fields=fields, on_hold=held)
    return await page(visit)


async def _renew(desk: Desk, word: Word, session: DeskSession) -> None:
    """Keep a new secret where the identity provider's runs out; raises SignedOutError where there is none to be had."""
    secret = word.opened(session.secret)
    new = await desk.renewed(secret) if secret and desk.renewed else None
    if new is not None:
        session.secret = word.sealed(new)
        async with desk.services.open_unit() as unit:
            await renew_secret(unit, word.id_hash, session.secret)


def from_here(request: Request) -> bool:
    """Whether a browser that tells says that the request comes from a page of this site."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


async def form_fields(request: Request) -> dict[str, list[str]]:
    """Return the fields of a plain form; none where it is too large, or no plain form: a file's page reads itself."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            return {}
    try:
        return parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        return {}


def render(template: str, *, status: int, **values: Any) -> Response:
    """Return a page with the headers of all pages."""
    page = _TEMPLATES.get_template(template).render(static=STATIC_URL, prefix=PREFIX, **values)
    return HTMLResponse(page, status, headers=HEADERS)


def plain_page(template: str, status: int, **values: Any) -> Response:
    """Return a page for whom nobody is known to be signed in."""
    return render(template, status=status, visit=None, nav=(), here="", word="", **values)


def _to_sign_in(request: Request) -> Response:
    """Send a browser to the sign-in, and back afterwards; what it was about to send is not kept."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    going = request.method == "GET" and asked.startswith(f"{PREFIX}/")
    address = f"{SIGN_IN}?{urlencode({'next': asked})}" if going else SIGN_IN
    response = RedirectResponse(address, 303, headers=HEADERS)
    response.delete_cookie(COOKIE, path=PREFIX)
    return response


def _is_below(path: str, entry: str) -> bool:
    return path == entry or (entry != f"{PREFIX}/" and path.startswith(entry.rstrip("/") + "/"))


def moment(at: datetime | None) -> str:
    """Return ``令和8年6月8日 13時30分``; empty for None."""
    if at is None:
        return ""
    local = at.astimezone(JST)
    return f"{format_wareki(local.date())} {local:%H時%M分}"


def wareki(day: date | None, *, weekday: bool = False) -> str:
    """Return ``令和8年6月8日``; empty for None."""
    return "" if day is None else format_wareki(day, weekday=weekday)


def person_word(who: str) -> str:
    """Return how the desk writes who did something: those who are no persons have names of their own."""
    return _NO_PERSONS.get(who, who)


_TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
_TEMPLATES.filters |= {
    "moment": moment,
    "wareki": wareki,
    "case_number": case_number,
    "agreement_number": agreement_number,
    "person": person_word,
    "file_name": file_name,
    "in_words": in_words,
    "path": lambda text: quote(str(text), safe=""),
}
