"""The partners' pages before a registry that can be away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.kit.answering import CASE_ID, TASK, Answering
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.errors import RetryableError
from workers.pages.app import application
from workers.pages.heldsends import HeldSends
from workers.pages.sending import hand_over
from workers.pages.steps import Steps


@dataclass
class Outage:
    """A registry that can be away, and a page server before it. ``folder``: its disk."""

    at_work: Answering
    folder: Path
    away: bool = False
    steps: Steps = field(init=False)
    held: HeldSends = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begin anew with what lies on the disk."""
        self.steps, self.held = Steps(self.at_work.engine, lag_seconds=0), HeldSends(self.folder)
        self.at_work.app = application(self.open_unit, self.steps, held=self.held)

    @asynccontextmanager
    async def open_unit(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a unit unless the registry is away."""
        if self.away:
            raise RetryableError("away")
        opened: Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]] = self.at_work.open_unit
        async with opened() as unit:
            yield unit

    async def hand_over(self) -> int:
        """Hand over what waits; returns how much waits still."""
        await hand_over(self.open_unit, self.steps, self.held)
        return len(list(self.held.waiting()))

    async def answered(self) -> bool:
        """Return whether the case has its answer."""
        async with self.at_work.open_unit() as unit:
            return await unit.answers.answer(CASE_ID, TASK, 1) is not None
