"""The business clock of a trial: follows the engine's, which is moved."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from workers.domain.jst import JST


class EngineClock:
    """Implements ``workers.usecases.ports.Clock``: real time plus the engine's offset, or the pinned moment."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self.pinned: datetime | None = None

    def now(self) -> datetime:
        """Return the engine's present moment, aware, on Japan's clock."""
        return self.pinned or datetime.now(JST) + self.offset

    def today(self) -> date:
        """Return the engine's date in Japan."""
        return self.now().date()

    def millis(self) -> int:
        """Return the engine's present moment as epoch milliseconds, as timers and jobs hold it."""
        return int(self.now().timestamp() * 1000)
