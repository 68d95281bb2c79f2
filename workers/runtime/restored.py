"""After a restore a worker only waits until somebody has compared both sides: ``renkei reconcile --confirm`` (ALL-18).

What it does meanwhile is one thing: it notes which key the engine gives out next, as soon as the engine answers. All
that the registry knows of keys beyond happened in an engine that has forgotten it.
"""

from __future__ import annotations

import asyncio
from typing import Final

from pyzeebe import ZeebeClient
from pyzeebe.errors import PyZeebeError

from workers.adapters.camunda.gateway import open_channel, probe, zeebe_client
from workers.adapters.registry.restores import PARTITION_BITS
from workers.errors import RetryableError
from workers.logs import get_logger
from workers.runtime.drain import first_of
from workers.runtime.ports import WorkerServices

_log = get_logger(__name__)

_QUESTION: Final = "renkei-key"
_ASKED_AT_MOST: Final = 500
_LOOK_SECONDS: Final = 2.0


async def next_keys(client: ZeebeClient) -> dict[int, int]:
    """Return the key that each partition gives out next, by publishing messages that nobody waits for and none keeps.

    Raises RetryableError when the engine does not answer.
    """
    partitions = (await probe(client, timeout_seconds=10)).partitions_count
    found: dict[int, int] = {}
    try:
        for number in range(_ASKED_AT_MOST):
            answer = await client.publish_message(
                name=_QUESTION, correlation_key=str(number), variables={}, time_to_live_in_milliseconds=0
            )
            found.setdefault(answer.key >> PARTITION_BITS, answer.key)
            if len(found) == partitions:
                return found
    except PyZeebeError as error:
        raise RetryableError("エンジンがまだ答えません") from error
    raise RetryableError("エンジンの区画がすべては答えません")


async def wait_until_confirmed(services: WorkerServices, stop: asyncio.Event) -> None:
    """Return when no restore waits for its confirmation any more, or at ``stop``; raises RetryableError."""
    told = False
    while not stop.is_set() and (open_restores := await services.open_restores()):
        if not told:
            _log.warning("restored: nothing is done until renkei reconcile --confirm")
            told = True
        if any(one.engine and one.first_keys is None for one in open_restores):
            await note_keys(services)
        await first_of(stop, seconds=_LOOK_SECONDS)


async def note_keys(services: WorkerServices) -> None:
    """Note the engine's next keys with the restores that have none yet; an engine that is away is asked later."""
    async with open_channel(services.settings) as channel:
        try:
            keys = await next_keys(zeebe_client(channel))
        except RetryableError as error:
            _log.info("the engine does not answer yet", exc_info=error)
            return
    await services.keep_first_keys(keys)


async def end_on_hold(services: WorkerServices, stop: asyncio.Event) -> None:
    """Return when a restore is noted while work goes on, or at ``stop``."""
    while not stop.is_set():
        await first_of(stop, seconds=_LOOK_SECONDS)
        try:
            if await services.on_hold():
                return
        except RetryableError:
            continue
