"""What every page of the web side carries and checks: headers, the word that a form has to bring back, misses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
COOKIE: Final = "renkei_page"
_MISSES: Final = 20
_WITHIN_SECONDS: Final = 600.0
_MOST_CLIENTS: Final = 10_000


def cookie_of(request: Request) -> str:
    """Return the browser's random word, a new one where it has none."""
    return request.cookies.get(COOKIE) or secrets.token_urlsafe(32)


def form_word(cookie: str, token: str) -> str:
    """Return what a form of a link's page brings back: only a page that we showed to this browser knows it."""
    return hmac.new(cookie.encode(), token.encode(), hashlib.sha256).hexdigest()


def is_our_form(request: Request, token: str, word: str) -> bool:
    """Return whether a form comes from a page of ours in the same browser."""
    cookie = request.cookies.get(COOKIE, "")
    return bool(cookie) and hmac.compare_digest(form_word(cookie, token).encode(), word.encode())


def set_cookie(response: Response, request: Request, cookie: str, *, path: str = "/a/") -> None:
    """Give the browser its random word, for the pages below a path alone."""
    if request.cookies.get(COOKIE) != cookie:
        response.set_cookie(
            COOKIE, cookie, path=path, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )


class Misses:
    """Counts links that are none, by the client's address: who guesses is refused for a while."""

    def __init__(self, now: Callable[[], float] = time.monotonic, *, most: int = _MISSES) -> None:
        self._now = now
        self._most = most
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()

    def note(self, client: str) -> None:
        """Count a miss."""
        moments = self._seen.setdefault(client, deque(maxlen=self._most))
        moments.append(self._now())
        self._seen.move_to_end(client)
        while len(self._seen) > _MOST_CLIENTS:
            self._seen.popitem(last=False)

    def too_many(self, client: str) -> bool:
        """Return whether a client has missed too often in the last ten minutes."""
        moments = self._seen.get(client)
        return moments is not None and len(moments) == self._most and self._now() - moments[0] < _WITHIN_SECONDS
