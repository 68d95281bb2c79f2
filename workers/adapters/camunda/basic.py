"""Basic authentication on the gRPC gateway, which Camunda 8.9 asks for where no OAuth is set up."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import grpc

from workers.settings import Settings

_Continue = Callable[[grpc.aio.ClientCallDetails, Any], Any]


def basic_interceptors(settings: Settings) -> list[grpc.aio.ClientInterceptor]:
    """Return the interceptors that send the user and password with every call; none for the local stack.

    The local 8.6 broker asks for nobody. Without TLS the password travels readable: use it inside one machine or
    network only, as the composed production set-up does.
    """
    password = settings.camunda_password.get_secret_value()
    if not settings.gateway_address or settings.oauth_url or not password:
        return []
    token = base64.b64encode(f"{settings.camunda_user}:{password}".encode()).decode("ascii")
    return [_Unary(token), _Stream(token)]


class _Authorising:
    def __init__(self, token: str) -> None:
        self._header = ("authorization", f"Basic {token}")

    def _details(self, details: grpc.aio.ClientCallDetails) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()), self._header)
        return details._replace(metadata=metadata)


class _Unary(_Authorising, grpc.aio.UnaryUnaryClientInterceptor):  # type: ignore[misc] # grpc is untyped
    async def intercept_unary_unary(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        """Send the header with a call."""
        return await continuation(self._details(client_call_details), request)


class _Stream(_Authorising, grpc.aio.UnaryStreamClientInterceptor):  # type: ignore[misc] # grpc is untyped
    async def intercept_unary_stream(
        self, continuation: _Continue, client_call_details: grpc.aio.ClientCallDetails, request: Any
    ) -> Any:
        """Send the header with a call whose answer is a stream of jobs."""
        return await continuation(self._details(client_call_details), request)
