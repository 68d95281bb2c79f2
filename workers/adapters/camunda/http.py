"""What the HTTP clients share: their connections' end, failures as renkei's errors."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Self

import httpx

from workers.errors import PermanentError, RetryableError

_PASSING = {408, 425, 429, 500, 502, 503, 504}


@cache
def trusted() -> ssl.SSLContext:
    """Return the certificates that all clients trust: reading them costs more than all else that a client does."""
    return httpx.create_ssl_context(trust_env=False)


class HttpClient:
    """Connections that ``async with`` or :meth:`close` ends."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()


@contextmanager
def unreachable_is_retryable() -> Iterator[None]:
    """Turn a lost or refused connection and a timeout into RetryableError."""
    try:
        yield
    except httpx.HTTPError as error:
        raise RetryableError(f"Camunda の HTTP につながりません（{type(error).__name__}）") from error


def raise_for_status(response: httpx.Response, what: str) -> None:
    """Raise RetryableError or PermanentError for an answer that is no success; the answer's text stays out of it."""
    if response.is_success:
        return
    status = response.status_code
    if status in (401, 403):
        raise PermanentError(
            f"{what}に入れません（HTTP {status}）。利用者名・パスワードか OAuth の設定を確かめてください"
        )
    message = (
        f"{what}が要求を受け付けませんでした（HTTP {status}、{response.request.method} {response.request.url.path}）"
    )
    raise RetryableError(message) if status in _PASSING else PermanentError(message)
