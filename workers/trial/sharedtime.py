"""One engine's clock for several cases: it moves when all of them wait, to the earliest moment that one waits for.

So each case sees what it would see alone: whatever becomes due up to the moment that it waits for has happened, and
nothing after it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from workers.trial.driver import EngineDriver


class SharedTime:
    """Lets time pass for cases that are played side by side."""

    def __init__(self, driver: EngineDriver, players: int) -> None:
        """``driver``: hands on the whole engine; ``players``: how many cases take part until each one leaves."""
        self._driver = driver
        self._players = players
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []
        self._moving: asyncio.Task[None] | None = None

    async def wait_for(self, moment: datetime) -> None:
        """Return when the engine's clock has reached an aware moment; the caller has nothing to do until then."""
        if moment <= self._driver.clock.now():
            return
        reached = asyncio.get_running_loop().create_future()
        self._waiting.append((moment, reached))
        self._look()
        await reached

    def leave(self) -> None:
        """Take part no longer: this case has ended."""
        self._players -= 1
        self._look()

    def _look(self) -> None:
        if self._waiting and len(self._waiting) >= self._players and self._moving is None:
            self._moving = asyncio.create_task(self._move())

    async def _move(self) -> None:
        try:
            moment = min(moment for moment, _ in self._waiting)
            if moment > self._driver.clock.now():
                await self._driver.move_clock_to(moment)
        except Exception as error:  # noqa: BLE001 (all who wait learn of it)
            for _, future in self._waiting:
                future.set_exception(error)
            self._waiting = []
        else:
            now = self._driver.clock.now()
            for moment, future in self._waiting:
                if moment <= now and not future.done():
                    future.set_result(None)
            self._waiting = [(moment, future) for moment, future in self._waiting if moment > now]
        finally:
            self._moving = None
            self._look()
