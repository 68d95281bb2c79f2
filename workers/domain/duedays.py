"""What is due of agreements in the next months: last days and days for notices (ALL-5, ALL-6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from workers.domain.register import RegisterEntry

DUE_DAYS: Final = 90
"""So many days ahead one looks."""
LONGEST_NOTICE: Final = timedelta(days=366)
"""No notice has to come earlier than a year before the last day."""


@dataclass(frozen=True, kw_only=True)
class DueDay:
    """A day of an agreement: the last one for a notice of non-renewal (``notice``), or its term's last (``end``)."""

    on: date
    kind: str
    entry: RegisterEntry

    @property
    def title(self) -> str:
        """What falls on the day."""
        if self.kind == "notice":
            return "更新しない旨の申出の期限"
        return "期間の満了" if self.entry.renews is not False else "期間の満了（更新なし）"


def due_days(entries: Iterable[RegisterEntry], today: date) -> list[DueDay]:
    """Return the days from today to ``DUE_DAYS`` later, earliest first."""
    until = today + timedelta(days=DUE_DAYS)
    found = []
    for entry in entries:
        days = (("notice", entry.notice_deadline), ("end", entry.last_day))
        found += [DueDay(on=day, kind=kind, entry=entry) for kind, day in days if day and today <= day <= until]
    return sorted(found, key=lambda one: (one.on, one.entry.id, one.kind))
