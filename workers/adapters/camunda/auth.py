"""How HTTP calls identify themselves: OAuth 2 client credentials, or user and password."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

import httpx

from workers.adapters.camunda.http import raise_for_status, trusted, unreachable_is_retryable
from workers.settings import Settings

_LEEWAY_SECONDS = 60
_TOKEN_TIMEOUT_SECONDS = 10


def authentication(settings: Settings) -> httpx.Auth | None:
    """Return the configured way: a bearer token with ``oauth_url``, else basic with ``camunda_user``, else none.

    Camunda 8.9 takes basic authentication; the local 8.6 broker asks for none and ignores it.
    """
    if settings.oauth_url:
        return ClientCredentials(settings)
    if settings.camunda_user:
        return httpx.BasicAuth(settings.camunda_user, settings.camunda_password.get_secret_value())
    return None


class ClientCredentials(httpx.Auth):
    """Adds a bearer token, fetched when there is none, it runs out, or the server refuses it."""

    requires_response_body = False

    def __init__(self, settings: Settings) -> None:
        self._url = settings.oauth_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": settings.oauth_client_id,
            "client_secret": settings.oauth_client_secret.get_secret_value(),
        } | ({"audience": settings.oauth_audience} if settings.oauth_audience else {})
        self._token = ""
        self._valid_until = 0.0
        self._lock = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send the request with a token, a second time with a new one after 401."""
        request.headers["Authorization"] = f"Bearer {await self._valid_token()}"
        response = yield request
        if response.status_code == httpx.codes.UNAUTHORIZED:
            self._valid_until = 0
            request.headers["Authorization"] = f"Bearer {await self._valid_token()}"
            yield request

    async def _valid_token(self) -> str:
        async with self._lock:
            if time.monotonic() >= self._valid_until:
                await self._fetch()
            return self._token

    async def _fetch(self) -> None:
        with unreachable_is_retryable():
            async with httpx.AsyncClient(timeout=_TOKEN_TIMEOUT_SECONDS, trust_env=False, verify=trusted()) as client:
                response = await client.post(self._url, data=self._form)
        raise_for_status(response, "OAuth の認証サーバー")
        answer = response.json()
        self._token = answer["access_token"]
        self._valid_until = time.monotonic() + max(float(answer.get("expires_in", 300)) - _LEEWAY_SECONDS, 5)
