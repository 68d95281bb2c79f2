"""The gRPC connection to Zeebe: plain, TLS, or OAuth, as the settings say."""

from __future__ import annotations

import asyncio
from functools import partial

import grpc
from pyzeebe import ZeebeClient
from pyzeebe.channel.channel_options import get_channel_options
from pyzeebe.credentials.oauth import Oauth2ClientCredentialsMetadataPlugin
from pyzeebe.errors import PyZeebeError
from pyzeebe.grpc_internals.types import TopologyResponse
from pyzeebe.types import ChannelArgumentType

from workers.adapters.camunda.basic import basic_interceptors
from workers.errors import PermanentError, RetryableError
from workers.settings import Settings

_TOKEN_TIMEOUT_SECONDS = 10

# gRPC waits up to two minutes between attempts to reconnect by default; after a restart of the broker work has to go on
# within seconds. Keep-alive stays at 45 s: Zeebe's gateway closes connections that ping more often than every 30 s.
_CHANNEL_OPTIONS = (
    ("grpc.keepalive_time_ms", 45_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 250),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    # Despite its name the time that one attempt may take, TLS included.
    ("grpc.min_reconnect_backoff_ms", 10_000),
    # Deployments and large variables: as large as the broker's own message limit.
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)

# A stream of jobs is read as there is room for them. Left to itself gRPC reads ahead by megabytes: hundreds of jobs
# whose leases ran out before anybody saw them. With this Zeebe finds the stream full and gives jobs to a poll. Only for
# streams: the answer to a poll is larger, and would arrive in pieces that each wait for a word from here.
_STREAM_OPTIONS = (("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 16 * 1024), *_CHANNEL_OPTIONS)


def open_channel(settings: Settings, *, streams: bool = False) -> grpc.aio.Channel:
    """Return a channel to Zeebe's gateway (not connected yet); must be called inside a running event loop.

    ``gateway_tls`` selects TLS (a private CA comes from ``GRPC_DEFAULT_SSL_ROOTS_FILE_PATH``), ``oauth_url`` the
    OAuth 2 client credentials grant; without it, user and password go to a gateway that is not the local stack's.
    ``streams``: for streams of jobs, which are not read ahead.
    Raises PermanentError where OAuth is asked for without TLS, since gRPC sends
    tokens over TLS only.
    """
    options = get_channel_options(_STREAM_OPTIONS if streams else _CHANNEL_OPTIONS)
    if settings.oauth_url:
        return _oauth_channel(settings, options)
    interceptors = basic_interceptors(settings)
    if settings.gateway_tls:
        credentials = grpc.ssl_channel_credentials()
        return grpc.aio.secure_channel(settings.gateway, credentials, options=options, interceptors=interceptors)
    return grpc.aio.insecure_channel(settings.gateway, options=options, interceptors=interceptors)


def _oauth_channel(settings: Settings, options: ChannelArgumentType) -> grpc.aio.Channel:
    if not settings.gateway_tls:
        raise PermanentError("RENKEI_OAUTH_URL を使うときは RENKEI_GATEWAY_TLS=true が必要です")
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(), grpc.metadata_call_credentials(_ClientCredentials(settings))
    )
    return grpc.aio.secure_channel(settings.gateway, credentials, options=options)


class _ClientCredentials(Oauth2ClientCredentialsMetadataPlugin):
    """Sends client id and secret in the request's body, which Camunda's SaaS, Keycloak and Entra all take."""

    def __init__(self, settings: Settings) -> None:
        secret = settings.oauth_client_secret.get_secret_value()
        super().__init__(
            client_id=settings.oauth_client_id,
            client_secret=secret,
            authorization_server=settings.oauth_url,
            audience=settings.oauth_audience or None,
        )
        self._func_retrieve_token = partial(
            self._oauth.fetch_token,
            token_url=settings.oauth_url,
            include_client_id=True,
            client_secret=secret,
            timeout=_TOKEN_TIMEOUT_SECONDS,
            **({"audience": settings.oauth_audience} if settings.oauth_audience else {}),
        )


def zeebe_client(channel: grpc.aio.Channel) -> ZeebeClient:
    """Return pyzeebe's client, which never gives the channel up (its default closes it after ten errors)."""
    return ZeebeClient(channel, max_connection_retries=-1)


async def probe(client: ZeebeClient, *, timeout_seconds: float = 3) -> TopologyResponse:
    """Return the cluster's topology; raises RetryableError when the gateway does not answer in time."""
    try:
        async with asyncio.timeout(timeout_seconds):
            return await client.topology()
    except (PyZeebeError, TimeoutError) as error:
        raise RetryableError(f"Zeebe のゲートウェイにつながりません（{type(error).__name__}）") from error


def is_ready(topology: TopologyResponse) -> bool:
    """Return whether every partition has a healthy leader, so that jobs and commands are taken."""
    leaders = {
        partition.partition_id
        for broker in topology.brokers
        for partition in broker.partitions
        if partition.role == partition.PartitionBrokerRole.LEADER
        and partition.health == partition.PartitionBrokerHealth.HEALTHY
    }
    return topology.partitions_count > 0 and len(leaders) == topology.partitions_count
