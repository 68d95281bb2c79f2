"""Tells an engine whose data was wiped from the one before, so that their keys, which repeat, are not mixed up.

An engine that begins anew gives out the same keys for the same steps: job, process and element instance. So each life
of an engine has a number, drawn from the registry and left in the engine as a message that nobody waits for. A message
id is unique while the message is buffered: asking for it by publishing it without a life of its own (TTL 0) changes
nothing, and an engine that does not know it has begun anew.
"""

from __future__ import annotations

import asyncio

from pyzeebe import ZeebeClient
from pyzeebe.errors import (
    MessageAlreadyExistsError,
    PyZeebeError,
    ZeebeBackPressureError,
    ZeebeGatewayUnavailableError,
)

from workers.errors import BusyError
from workers.logs import get_logger
from workers.runtime.backoff import jittered_ms
from workers.runtime.held import Gateway
from workers.runtime.ports import OpenJobUnit

_log = get_logger(__name__)

_MARK = "renkei-engine"
_KEPT_MS = 100 * 365 * 24 * 3600 * 1000
_ASK_SECONDS = 10
_PAUSE_SECONDS = 0.3


class EngineId:
    """``await engine_id()`` returns the configured name with the number of the engine's life, such as ``local#1``.

    Asks the engine at first and whenever the gateway was lost meanwhile.
    """

    def __init__(self, name: str, *, client: ZeebeClient, open_unit: OpenJobUnit, gateway: Gateway) -> None:
        self._name = name
        self._client = client
        self._open_unit = open_unit
        self._gateway = gateway
        self._asking = asyncio.Lock()
        self._known = ""
        self._losses = 0

    async def __call__(self) -> str:
        """Return the id; raises BusyError when the engine or the registry does not answer."""
        async with self._asking:
            losses = self._gateway.losses
            if not self._known or losses != self._losses:
                try:
                    async with asyncio.timeout(_ASK_SECONDS):
                        self._known = await self._ask_until_answered()
                except (PyZeebeError, TimeoutError) as error:
                    raise BusyError("エンジンがまだ答えません。自動でやり直します") from error
                self._losses = losses
            return self._known

    async def _ask_until_answered(self) -> str:
        while True:
            try:
                return await self._ask()
            except (ZeebeBackPressureError, ZeebeGatewayUnavailableError):
                await asyncio.sleep(jittered_ms(_PAUSE_SECONDS) / 1000)

    async def _ask(self) -> str:
        lives = f"engine/{self._name}"
        async with self._open_unit() as unit:
            # The counter's row is held until the end: processes that start together agree.
            life = await unit.counters.draw_block(lives, 0)
            if not life or not await self._knows(life, keep_ms=0):
                life = await unit.counters.draw(lives)
                await self._knows(life, keep_ms=_KEPT_MS)
                _log.info("engine begins a life", engine=self._name, life=life)
        return f"{self._name}#{life}"

    async def _knows(self, life: int, *, keep_ms: int) -> bool:
        try:
            await self._client.publish_message(
                name=_MARK,
                correlation_key=self._name,
                variables={},
                time_to_live_in_milliseconds=keep_ms,
                message_id=f"{self._name}#{life}",
            )
        except MessageAlreadyExistsError:
            return True
        return False
