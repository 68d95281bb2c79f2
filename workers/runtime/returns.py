"""Reads reports of undelivered mails, once by the command, or every few minutes in the worker (ALL-2)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from workers.adapters.mail.returns import returned_mails, settle
from workers.errors import InputError
from workers.logs import get_logger
from workers.readers.mailreports import read_reports
from workers.runtime.drain import first_of
from workers.runtime.ports import OpenJobUnit
from workers.usecases.returned_mails import Taken, take_report

_log = get_logger(__name__)
EVERY_SECONDS: Final = 300


@dataclass
class Reading:
    """What a reading found. ``not_understood``: the mails that say nothing of a mail of ours, by name."""

    taken: Counter[Taken] = field(default_factory=Counter)
    not_understood: list[str] = field(default_factory=list)


async def read_returned(open_unit: OpenJobUnit, source: Path) -> Reading:
    """Read the reports of a Maildir or file and do what they ask for; each in a transaction of its own.

    Raises InputError for a source that is none.
    """
    found = Reading()
    for mail in await asyncio.to_thread(lambda: list(returned_mails(source))):
        outcomes = []
        for report in read_reports(mail.raw):
            async with open_unit() as uow:
                outcomes.append(await take_report(uow, report))
        understood = any(outcome is not Taken.UNKNOWN for outcome in outcomes)
        if not understood:
            found.not_understood.append(mail.name)
        found.taken.update(outcome for outcome in outcomes if outcome is not Taken.UNKNOWN)
        await asyncio.to_thread(settle, source, mail, understood=understood)
    return found


async def watch_returns(open_unit: OpenJobUnit, source: Path | None, stop: asyncio.Event) -> None:
    """Read a Maildir again and again until ``stop``; one that is not there is told and looked for again."""
    while not stop.is_set():
        if source is not None:
            try:
                found = await read_returned(open_unit, source)
            except InputError as error:
                _log.error("folder of returned mails cannot be read", why=error.message)
            else:
                if found.taken or found.not_understood:
                    counts = {str(kind): count for kind, count in found.taken.items()}
                    _log.info("returned mails read", **counts, not_understood=len(found.not_understood))
        await first_of(stop, seconds=EVERY_SECONDS)
