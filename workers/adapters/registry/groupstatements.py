"""What a group of jobs asks and writes in one statement for all of them; arrays on PostgreSQL, JSON on SQLite.

Written as text: SQLAlchemy has no construct that both databases would take, and each is compiled once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import TextClause, TextualSelect, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from workers.adapters.registry.outbox_tables import applied_job
from workers.usecases.ports import JobRef

_json: Final = json.JSONEncoder(ensure_ascii=False).encode
_ROWS = ("job_key", "process_instance_key", "element_instance_key", "job_type", "outcome")
_FOUND = [applied_job.c[name] for name in ("job_key", "process_instance_key", "element_instance_key", "outcome")]
_NAMES = "engine_id, job_key, process_instance_key, element_instance_key, job_type, outcome, applied_at"

_FIND = """SELECT job_key, process_instance_key, element_instance_key, outcome FROM applied_job
WHERE engine_id = :engine AND job_key {}"""
_STORE = f"""INSERT INTO applied_job ({_NAMES})
SELECT :engine, job_key, process_instance_key, element_instance_key, job_type, outcome, {{}}
ON CONFLICT (engine_id, job_key) DO NOTHING RETURNING job_key"""
_DRAW = """INSERT INTO counter (name, value) SELECT {}
ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value RETURNING name, value"""

_TEXTS = {
    "postgresql": {
        "find": _FIND.format("= ANY(CAST(:keys AS bigint[]))"),
        "store": _STORE.format(
            "CAST(:at AS timestamptz) FROM unnest(CAST(:job_key AS bigint[]), CAST(:process_instance_key AS bigint[]),"
            " CAST(:element_instance_key AS bigint[]), CAST(:job_type AS varchar[]), CAST(:outcome AS jsonb[]))"
            f" AS t({', '.join(_ROWS)})"
        ),
        "draw": _DRAW.format(
            "name, value FROM unnest(CAST(:names AS varchar[]), CAST(:counts AS bigint[]))"
            " WITH ORDINALITY AS t(name, value, place) ORDER BY place"
        ),
    },
    "sqlite": {
        "find": _FIND.format("IN (SELECT value FROM json_each(:keys))"),
        "store": _STORE.format(
            ":at FROM (SELECT value ->> 0 AS job_key, value ->> 1 AS process_instance_key,"
            " value ->> 2 AS element_instance_key, value ->> 3 AS job_type, value ->> 4 AS outcome"
            " FROM json_each(:rows)) WHERE true"
        ),
        "draw": _DRAW.format("value ->> 0, value ->> 1 FROM json_each(:wanted) WHERE true"),
    },
}


@dataclass(frozen=True, kw_only=True)
class Done:
    """A job of a group with its outcome (JSON)."""

    ref: JobRef
    job_type: str
    outcome: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What ``applied_job`` holds of a key: the outcome, and the instances by which a wiped engine is told apart."""

    process_instance_key: int
    element_instance_key: int
    outcome: Mapping[str, Any]

    def is_of(self, ref: JobRef) -> bool:
        """Whether it is the same job, not one that another life of the engine gave the same key."""
        return (self.process_instance_key, self.element_instance_key) == (
            ref.process_instance_key,
            ref.element_instance_key,
        )


async def find_many(connection: AsyncConnection, refs: Sequence[JobRef]) -> dict[int, Known]:
    """Return what is known of jobs, all of one engine, by key."""
    keys = [ref.job_key for ref in refs]
    given = {"engine": refs[0].engine_id, "keys": keys if _is_postgresql(connection) else json.dumps(keys)}
    return {
        row.job_key: Known(
            process_instance_key=row.process_instance_key,
            element_instance_key=row.element_instance_key,
            outcome=row.outcome,
        )
        for row in await connection.execute(_find(connection.dialect.name), given)
    }


async def store_many(connection: AsyncConnection, done: Sequence[Done], at: datetime) -> int:
    """Keep the outcomes of jobs of one engine and return how many were new: fewer, where another delivery was faster.

    In the order of their keys, so that two groups that hold the same jobs wait for each other in one direction.
    """
    rows = [
        (
            job.ref.job_key,
            job.ref.process_instance_key,
            job.ref.element_instance_key,
            job.job_type,
            _json(job.outcome),
        )
        for job in sorted(done, key=lambda job: job.ref.job_key)
    ]
    given: dict[str, Any] = {"engine": done[0].ref.engine_id, "at": at}
    if _is_postgresql(connection):
        given |= {name: list(column) for name, column in zip(_ROWS, zip(*rows, strict=True), strict=True)}
    else:
        given["rows"] = _json(rows)
    return len((await connection.execute(_store(connection.dialect.name), given)).all())


async def next_numbers(connection: AsyncConnection, wanted: Mapping[str, int]) -> dict[str, int]:
    """Count counters on, each by its own number, and return their new values; in the order of ``wanted``."""
    if _is_postgresql(connection):
        given: dict[str, Any] = {"names": list(wanted), "counts": list(wanted.values())}
    else:
        given = {"wanted": json.dumps(list(wanted.items()))}
    found = await connection.execute(_draw(connection.dialect.name), given)
    return {row.name: row.value for row in found}


def _is_postgresql(connection: AsyncConnection) -> bool:
    return connection.dialect.name == "postgresql"


@cache
def _find(dialect: str) -> TextualSelect:
    return text(_TEXTS[dialect]["find"]).columns(*_FOUND)


@cache
def _store(dialect: str) -> TextClause:
    return text(_TEXTS[dialect]["store"]).bindparams(bindparam("at", type_=applied_job.c.applied_at.type))


@cache
def _draw(dialect: str) -> TextClause:
    return text(_TEXTS[dialect]["draw"])
