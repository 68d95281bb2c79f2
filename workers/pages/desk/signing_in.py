"""``/desk/sign-in``: Camunda's own sign-in. The desk keeps no accounts; what Camunda gave is kept for the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.adapters.camunda.signin import SignedIn, WrongPasswordError
from workers.domain.desk import Person
from workers.errors import RenkeiError, RetryableError
from workers.pages.desk.face import (
    COOKIE,
    HEADERS,
    PREFIX,
    SIGN_IN,
    Desk,
    Visit,
    form_fields,
    from_here,
    page_route,
    plain_page,
)
from workers.pages.desk.vault import new_word
from workers.pages.security import Misses, cookie_of, form_word, is_our_form, set_cookie
from workers.usecases.desk_sessions import begin_session, end_session

HOME: Final = f"{PREFIX}/"
_LONGEST: Final = 200
FORM: Final = "desk sign-in"
"""What the word of the sign-in's form is made for."""
_TOO_OFTEN: Final = "何度も違っていたため、しばらく受け付けません。10分ほど待ってください"


class SignsIn(Protocol):
    """``SignIn``, as far as a password is concerned."""

    async def by_password(self, user: str, password: str) -> SignedIn:
        """Return who has user and password; raises WrongPasswordError, RetryableError."""


class SigningIn:
    """The pages of signing in and out."""

    def __init__(self, desk: Desk, sign_in: SignsIn, *, by_provider: str = "") -> None:
        """``by_provider``: where the sign-in of an identity provider begins; empty: user and password are asked."""
        self._desk = desk
        self._sign_in = sign_in
        self._by_provider = by_provider
        self._misses = Misses()

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route(SIGN_IN.removeprefix(PREFIX), self._show, methods=["GET"]),
            Route(SIGN_IN.removeprefix(PREFIX), self._typed, methods=["POST"]),
            page_route(self._desk, "/sign-out", self._sign_out, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return self._page(request, after=safe_path(request.query_params.get("next", "")))

    async def _typed(self, request: Request) -> Response:
        fields = {name: values[-1] for name, values in (await form_fields(request)).items()}
        after = safe_path(fields.get("next", ""))
        client = request.client.host if request.client else ""
        if not is_our_form(request, FORM, fields.get("word", "")) or not from_here(request):
            return self._page(
                request, after=after, problem="画面を開いてから時間がたちました。もう一度入力してください"
            )
        user, password = fields.get("user", "").strip()[:_LONGEST], fields.get("password", "")
        if self._misses.too_many(client):
            return self._page(request, after=after, status=429, problem=_TOO_OFTEN)
        if not user or not password or len(password) > _LONGEST:
            return self._page(request, after=after, user=user, problem="利用者名とパスワードを入力してください")
        try:
            found = await self._sign_in.by_password(user, password)
        except RenkeiError as error:
            if isinstance(error, WrongPasswordError):
                self._misses.note(client)
            status, problem = _why(error)
            return self._page(request, after=after, user=user, status=status, problem=problem)
        return await begun(self._desk, request, found.person, found.secret, after)

    async def _sign_out(self, visit: Visit) -> Response:
        async with visit.open_unit() as unit:
            await end_session(unit, visit.word.id_hash)
        response = RedirectResponse(f"{SIGN_IN}?out=1", 303, headers=HEADERS)
        response.delete_cookie(COOKIE, path=PREFIX)
        return response

    def _page(self, request: Request, *, after: str, user: str = "", problem: str = "", status: int = 0) -> Response:
        cookie = cookie_of(request)
        response = plain_page(
            "desk/sign-in.html.j2",
            status or (422 if problem else 200),
            after=after,
            user=user,
            problem=problem,
            out="out" in request.query_params,
            by_provider=self._by_provider,
            form_word=form_word(cookie, FORM),
        )
        set_cookie(response, request, cookie, path=PREFIX)
        return response


def _why(error: RenkeiError) -> tuple[int, str]:
    if isinstance(error, WrongPasswordError):
        return 422, error.message
    if isinstance(error, RetryableError):
        return 503, "サインインの仕組みが応答しません。しばらくしてからやり直してください"
    return 500, "サインインできません。担当者に知らせてください"


async def begun(desk: Desk, request: Request, person: Person, secret: Mapping[str, Any], after: str) -> Response:
    """Begin a session and send the browser on; the cookie is new, whatever the browser had before."""
    word = new_word()
    async with desk.services.open_unit() as unit:
        await begin_session(unit, person, id_hash=word.id_hash, secret=word.sealed(secret))
    response = RedirectResponse(after or HOME, 303, headers=HEADERS)
    secure = request.url.scheme == "https" or desk.services.settings.desk_url.startswith("https:")
    response.set_cookie(COOKIE, word.text, path=PREFIX, httponly=True, samesite="lax", secure=secure)
    return response


def safe_path(path: str) -> str:
    """Return a page of the desk to go on to; empty for everything else: another site, another face."""
    parts = urlsplit(path)
    bad = parts.scheme or parts.netloc or "\\" in path or not path.startswith(f"{PREFIX}/") or path.startswith(SIGN_IN)
    return "" if bad else path
