"""Is it ready? One quick look each; whoever waits repeats it until a deadline of its own."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from workers.localstack.ports import HOST, Ports

if TYPE_CHECKING:  # a stopped stack is looked at without it
    import httpx

_SECONDS = 3.0
_OK = 200


@cache
def _client() -> httpx.Client:
    """Return one client for all looks: making one costs more than a look, even where no TLS is used.

    A proxy of the environment must not see requests to this machine; no connection outlives a server that is killed.
    """
    import httpx

    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(timeout=_SECONDS, trust_env=False, follow_redirects=True, limits=limits)


def broker_ready(ports: Ports) -> bool:
    """Tell whether the broker leads a healthy partition, and its REST API and management port answer."""
    topology = _get(f"http://{HOST}:{ports.rest}/v2/topology")
    management = _get(f"http://{HOST}:{ports.management}/actuator/health/readiness")
    if topology is None or management is None or management.status_code != _OK:
        return False
    try:
        partitions = [p for broker in topology.json()["brokers"] for p in broker["partitions"]]
    except (ValueError, KeyError, TypeError):
        return False
    return bool(partitions) and all(p["role"] == "leader" and p["health"] == "healthy" for p in partitions)


def page_ready(url: str) -> bool:
    """Tell whether ``url`` answers 200, redirects followed."""
    answer = _get(url)
    return answer is not None and answer.status_code == _OK


def _get(url: str) -> httpx.Response | None:
    import httpx

    try:
        return _client().get(url)
    except httpx.HTTPError:
        return None
