"""A register of many agreements, of which some are due, and a morning of the watch over it (P4).

As a program it sweeps the registry of a folder and prints one JSON object; its memory is then the sweep's alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, create_engine, func, insert, select

from tests.kit.processes import peak_megabytes
from workers.adapters.registry import agreement_tables, database, tables
from workers.adapters.registry.outbox_tables import mail
from workers.cli.renewals import run_sweep
from workers.domain.agreements import TermStage
from workers.domain.business_days import is_business_day
from workers.domain.entities import CaseKind, CaseOutcome, Origin
from workers.domain.jst import JST
from workers.settings import Settings
from workers.trial.clock import EngineClock
from workers.wiring import services

MORNING = date(2027, 3, 1)
"""A Monday, the day after the last day for notices of terms that end on 31 March."""
_CITY = "isesaki"
_SIGNED = date(2026, 4, 1)
_MARCH_31 = date(2027, 3, 31)
_YESTERDAY = MORNING - timedelta(days=1)
_CHUNK = 5_000
_STAGES = (TermStage.OPEN, TermStage.DECIDE, TermStage.TELL, TermStage.EXPIRE)
"""What the due ones wait for, in turn: a new procedure, or a step that a lost instance left."""

Row = dict[str, Any]


def fill(url: str, *, total: int, due: int) -> None:
    """Write ``total`` agreements with a partner and an older, closed procedure each; ``due`` of them are due."""
    database.migrate(url)
    engine = create_engine(url.replace("+aiosqlite", ""))
    try:
        with engine.begin() as connection:
            for first in range(0, total, _CHUNK):
                chunk: dict[Table, list[Row]] = {}
                for number in range(first, min(first + _CHUNK, total)):
                    index, rest = divmod(number, total // due)
                    for table, row in _rows(number, _STAGES[index % 4] if rest == 0 and index < due else None):
                        chunk.setdefault(table, []).append(row)
                for table, rows in chunk.items():
                    connection.execute(insert(table), rows)
    finally:
        engine.dispose()


def _rows(number: int, stage: TermStage | None) -> Iterator[tuple[Table, Row]]:
    identity = f"{_CITY}-a{number}"
    yield tables.partner, partner_of(number)
    yield agreement_tables.agreement, agreement_of(identity, number)
    yield tables.case, _case(f"{_CITY}-2025-{number}", identity, number, period="2")
    for term in _terms(number, stage):
        yield agreement_tables.agreement_term, {**term, "agreement_id": identity, "reversed_on": None}
    if stage in {TermStage.DECIDE, TermStage.TELL, TermStage.EXPIRE}:
        running = {"closed_on": None, "outcome": None, "process_instance_key": 10**9 + number}
        yield tables.case, _case(f"{_CITY}-2027-{number}", identity, number, period="3") | running


def partner_of(number: int) -> Row:
    """Return the row of an agreement's partner."""
    texts = {
        "representative": "代表取締役 緑",
        "contact": "連携 担当",
        "phone": "",
        "address": "",
        "corporate_number": "",
    }
    return {"id": number + 1, "name": f"株式会社みどり{number}", "email": f"p{number}@partner.example", **texts}


def agreement_of(identity: str, number: int) -> Row:
    """Return the row of an agreement that was imported."""
    return {
        "id": identity,
        "case_id": None,
        "city": _CITY,
        "kind": "comprehensive",
        "own_number": "",
        "title": f"株式会社みどり{number}との包括連携協定",
        "signed_on": _SIGNED,
        "parties": [f"株式会社みどり{number}"],
        "fields": [1, 2, 3],
        "partner_id": number + 1,
        "partner_kind": "",
        "trade": "",
        "department": "",
        "renews": None,
        "whole_guideline": True,
        "ended_on": None,
        "end": None,
        "cycle_due_on": date(2027, 4, 1),
        "version": 1,
    }


def _case(case_id: str, agreement_id: str, number: int, *, period: str) -> Row:
    return {
        "id": case_id,
        "city": _CITY,
        "process_id": "common-agreement-renewal",
        "opened_on": date(2026, 1, 10),
        "kind": CaseKind.RENEWAL,
        "agreement_id": agreement_id,
        "period": period,
        "partner_id": number + 1,
        "closed_on": date(2026, 3, 10),
        "outcome": CaseOutcome.RENEWED,
        "engine_id": "test",
        "process_instance_key": number + 1,
        "origin": Origin.PARTNER,
        "version": 1,
    }


def _terms(number: int, stage: TermStage | None) -> list[Row]:
    ends = {TermStage.OPEN: date(2027, 5, 20), TermStage.EXPIRE: _YESTERDAY}.get(stage or TermStage.DECIDE, _MARCH_31)
    if stage is None:
        due, stage = MORNING + timedelta(days=1 + number % 300), TermStage.OPEN
    else:
        due = MORNING if stage is TermStage.OPEN else _YESTERDAY
    current = ends - timedelta(days=364)
    return [
        _term(1, current - timedelta(days=365), current - timedelta(days=1), TermStage.SETTLED, None),
        _term(2, current, ends, stage, due),
        *(
            [_term(3, ends + timedelta(days=1), ends + timedelta(days=366), TermStage.OPEN, date(2028, 1, 4))]
            if stage is TermStage.TELL
            else []
        ),
    ]


def _term(number: int, starts: date, ends: date, stage: TermStage, due: date | None) -> Row:
    deadline = date(2027, 2, 28) if ends == _MARCH_31 else ends - timedelta(days=30)
    days = {"starts_on": starts, "expires_on": ends, "notice_deadline": deadline, "due_on": due}
    return {"number": number, "stage": stage, **days}


async def swept(folder: Path) -> Row:
    """Sweep on the morning and return seconds, CPU seconds, the memory's peak in MB and what was done."""
    clock = EngineClock()
    clock.pinned = datetime(2027, 3, 1, 6, 0, tzinfo=JST)
    async with services(Settings(data=folder), clock=clock) as built:
        async with built.open_unit() as uow:
            # What a worker that runs has done before: connected, and loaded the holidays.
            await uow.agreements.due(MORNING, limit=1)
            is_business_day(MORNING)
        begun, cpu = time.monotonic(), time.process_time()
        report, _ = await run_sweep(built, MORNING)
        seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
        async with built.open_unit() as uow:
            mails = await uow._session.scalar(select(func.count()).select_from(mail))
    return {"seconds": seconds, "cpu": cpu, "peak": peak_megabytes(), "mails": mails, "report": report.as_json()}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(swept(Path(sys.argv[1])))))  # noqa: T201 (its only output)
