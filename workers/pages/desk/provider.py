"""Signing in by the city's identity provider (OpenID Connect, code flow with PKCE); Camunda reads the same token.

The token is not judged here: the engine is asked whom it stands for, and refuses one that is forged, old or another's.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

import httpx
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from workers.adapters.camunda.signin import BEARER, SignedOutError
from workers.domain.desk import Person
from workers.errors import RenkeiError, RetryableError
from workers.pages.desk.face import HEADERS, PREFIX, Desk, form_fields, from_here, plain_page
from workers.pages.desk.signing_in import FORM, begun, safe_path
from workers.pages.security import is_our_form
from workers.settings import Settings

START: Final = f"{PREFIX}/provider"
_BACK: Final = f"{PREFIX}/provider/back"
_COOKIE: Final = "renkei_provider"
_MINUTES: Final = 10
_LEEWAY_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 15


class ReadsTokens(Protocol):
    """``SignIn``, as far as tokens are concerned."""

    async def by_token(self, access_token: str) -> Person:
        """Return whom a token stands for; raises SignedOutError, RetryableError."""


class Provider:
    """The identity provider of the settings."""

    def __init__(self, settings: Settings, sign_in: ReadsTokens) -> None:
        self._settings = settings
        self._sign_in = sign_in
        self._found: dict[str, Any] = {}

    def routes(self, desk: Desk) -> list[Route]:
        """Return the routes of the way there and back."""

        async def start(request: Request) -> Response:
            fields = {name: values[-1] for name, values in (await form_fields(request)).items()}
            if not is_our_form(request, FORM, fields.get("word", "")) or not from_here(request):
                return plain_page("desk/stale.html.j2", 403)
            try:
                return await self._start(request, safe_path(fields.get("next", "")))
            except RetryableError:
                return plain_page("desk/away.html.j2", 503)

        async def back(request: Request) -> Response:
            try:
                return await self._back(desk, request)
            except RetryableError:
                return plain_page("desk/away.html.j2", 503)
            except RenkeiError as error:
                return plain_page("desk/wrong.html.j2", 403, message=error.message)

        return [
            Route(START.removeprefix(PREFIX), start, methods=["POST"]),
            Route(_BACK.removeprefix(PREFIX), back, methods=["GET"]),
        ]

    async def renewed(self, secret: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a secret in place of one that runs out; None for one that does not. Raises SignedOutError."""
        if secret["way"] != BEARER or secret["until"] > time.time() + _LEEWAY_SECONDS:
            return None
        if not secret.get("refresh"):
            raise SignedOutError("サインインの期限が切れました")
        found = await self._told()
        try:
            async with self._client() as client:
                token = await client.refresh_token(found["token_endpoint"], refresh_token=secret["refresh"])
        except (OAuthError, httpx.HTTPStatusError) as error:
            raise SignedOutError("サインインの期限が切れました") from error
        except httpx.HTTPError as error:
            raise RetryableError("認証の仕組みが応答しません") from error
        return _secret(token, secret["refresh"])

    async def _start(self, request: Request, after: str) -> Response:
        found = await self._told()
        verifier = secrets.token_urlsafe(48)
        async with self._client() as client:
            address, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier)
        response = RedirectResponse(address, 303, headers=HEADERS)
        kept = json.dumps({"state": state, "verifier": verifier, "after": after})
        secure = self._settings.desk_url.startswith("https:") or request.url.scheme == "https"
        response.set_cookie(
            _COOKIE,
            kept.encode().hex(),
            max_age=_MINUTES * 60,
            path=START,
            httponly=True,
            samesite="lax",
            secure=secure,
        )
        return response

    async def _back(self, desk: Desk, request: Request) -> Response:
        kept = _kept(request)
        given = request.query_params
        if not kept or not secrets.compare_digest(kept["state"].encode(), given.get("state", "").encode()):
            raise SignedOutError("サインインの途中で時間がたちました。もう一度サインインしてください")
        if not given.get("code"):
            raise SignedOutError("サインインが取りやめられました")
        found = await self._told()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    found["token_endpoint"], code=given["code"], code_verifier=kept["verifier"]
                )
        except (OAuthError, httpx.HTTPStatusError) as error:
            raise SignedOutError("認証の仕組みがサインインを受け付けませんでした") from error
        except httpx.HTTPError as error:
            raise RetryableError("認証の仕組みが応答しません") from error
        person = await self._sign_in.by_token(token["access_token"])
        response = await begun(desk, request, person, _secret(token, ""), safe_path(kept["after"]))
        response.delete_cookie(_COOKIE, path=START)
        return response

    async def _told(self) -> dict[str, Any]:
        """Return what the provider says of itself; asked once."""
        if not self._found:
            address = f"{self._settings.desk_oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
                    self._found = (await client.get(address)).raise_for_status().json()
            except httpx.HTTPError as error:
                raise RetryableError("認証の仕組みが応答しません") from error
        return self._found

    def _client(self) -> AsyncOAuth2Client:
        settings = self._settings
        return AsyncOAuth2Client(
            settings.desk_oidc_client_id,
            settings.desk_oidc_client_secret.get_secret_value() or None,
            scope=settings.desk_oidc_scope,
            redirect_uri=f"{settings.desk_url.rstrip('/')}{_BACK}",
            code_challenge_method="S256",
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )


def _secret(token: Mapping[str, Any], refresh: str) -> dict[str, Any]:
    """Return what is kept of a token; a provider that gives no new refresh token lets the old one live."""
    until = float(token.get("expires_at") or time.time() + float(token.get("expires_in") or 300))
    return {
        "way": BEARER,
        "access": token["access_token"],
        "refresh": token.get("refresh_token") or refresh,
        "until": until,
    }


def _kept(request: Request) -> dict[str, str]:
    try:
        found = json.loads(bytes.fromhex(request.cookies.get(_COOKIE, "")))
    except ValueError:
        return {}
    wanted = ("state", "verifier", "after")
    return found if isinstance(found, dict) and all(isinstance(found.get(name), str) for name in wanted) else {}
