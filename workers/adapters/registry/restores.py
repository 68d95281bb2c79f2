"""What a restore leaves in the registry, and what its confirmation changes there (ALL-18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, false, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from workers.adapters.registry.database import READ_ONLY
from workers.adapters.registry.desk import form_draft
from workers.adapters.registry.faults import passing_faults_retryable
from workers.adapters.registry.outbox import utc_now
from workers.adapters.registry.outbox_tables import QueueStatus, applied_job, counter, deployed_definition, engine_call
from workers.adapters.registry.outbox_tables import mail as mail_table
from workers.adapters.registry.partner_tables import partner_answer
from workers.adapters.registry.restored_tables import doubtful_case, is_held, restored
from workers.adapters.registry.tables import act, case
from workers.domain.answers import AnswerState
from workers.domain.jst import JST
from workers.usecases.take_answer import DELIVER

PARTITION_BITS = 51
"""A key of the engine carries its partition's number above these bits."""

LOST = "~"
"""Stands in the engine id of what happened in an engine after the moment to which it was restored."""

NO_CASE = ""


@dataclass(frozen=True, kw_only=True)
class Restore:
    """A restore. ``registry``, ``engine``: which side is that of ``backup_at``; ``first_keys``: by partition."""

    id: int
    at: datetime
    backup_at: datetime
    registry: bool
    engine: bool
    first_keys: Mapping[int, int] | None
    confirmed_at: datetime | None

    @property
    def words(self) -> str:
        """What was restored, in Japanese."""
        sides = [name for name, done in (("台帳", self.registry), ("エンジン", self.engine)) if done]
        return "と".join(sides)

    @property
    def said(self) -> str:
        """What was restored and to when, as a sentence."""
        return f"{self.words}を {self.backup_at:%Y-%m-%d %H:%M} の控えに戻してあります"


async def open_restores(engine: AsyncEngine) -> list[Restore]:
    """Return the restores that nobody has confirmed yet, oldest first; reads only, raises RetryableError."""
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            rows = await connection.execute(
                select(restored).where(restored.c.confirmed_at.is_(None)).order_by(restored.c.id)
            )
            return [_made(dict(row._mapping)) for row in rows]  # noqa: SLF001 (documented name)


async def is_on_hold(engine: AsyncEngine) -> bool:
    """Return whether a restore waits for its confirmation; reads only, raises RetryableError."""
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            return bool(await connection.scalar(select(is_held())))


@dataclass(frozen=True, kw_only=True)
class Hold:
    """What a restore notes in the registry. ``registry``, ``engine``: which side is that of ``backup_at``."""

    backup_at: datetime
    registry: bool
    engine: bool

    def note(self, connection: Connection) -> None:
        """Write it; from the commit on nothing is sent or handed over until :func:`confirm`.

        What the registry of a backup holds as not sent yet may have been sent since: it is held for good.
        """
        row = {"at": utc_now(), "backup_at": self.backup_at, "registry": self.registry, "engine": self.engine}
        connection.execute(insert(restored).values(**row, confirmed_by=""))
        if self.registry:
            waiting = mail_table.c.status.in_([QueueStatus.QUEUED, QueueStatus.SENDING])
            nobodys = {"lease_owner": None, "lease_until": None}
            connection.execute(update(mail_table).where(waiting).values(status=QueueStatus.HELD, **nobodys))


async def begin_hold(engine: AsyncEngine, hold: Hold) -> None:
    """Note a restore in a registry that stays as it is; raises RetryableError."""
    with passing_faults_retryable():
        async with engine.begin() as connection:
            await connection.run_sync(hold.note)


async def keep_first_keys(engine: AsyncEngine, keys: Mapping[int, int]) -> None:
    """Note the engine's next keys, by partition, with every open restore that has none yet."""
    values = {str(partition): key for partition, key in keys.items()}
    with passing_faults_retryable():
        async with engine.begin() as connection:
            missing = and_(restored.c.confirmed_at.is_(None), restored.c.first_keys.is_(None))
            await connection.execute(update(restored).where(missing).values(first_keys=values))


async def confirm(engine: AsyncEngine, found: Restore, *, by: str, doubtful: Iterable[str]) -> None:
    """End the hold, in one transaction with all that the registry has to forget or to do again.

    Args:
        engine: The registry.
        found: The open restore.
        by: Who confirms.
        doubtful: The cases whose new mails may repeat one that was sent.
    """
    with passing_faults_retryable():
        async with engine.begin() as connection:
            if found.engine and found.first_keys:
                await _set_apart(connection, found)
            if found.engine and not found.registry:
                await _call_again(connection, found)
            if found.registry:
                await _doubt(connection, doubtful)
            values = {"confirmed_at": utc_now(), "confirmed_by": by}
            await connection.execute(update(restored).where(restored.c.id == found.id).values(**values))


async def settle(engine: AsyncEngine, cases: Sequence[str] | None) -> int:
    """Let the cases' new mails (None: all cases') leave as ever; returns how many cases that were."""
    table = doubtful_case
    statement = table.delete() if cases is None else table.delete().where(table.c.case_id.in_(cases))
    with passing_faults_retryable():
        async with engine.begin() as connection:
            return int((await connection.execute(statement)).rowcount)


async def decide_mails(
    engine: AsyncEngine, numbers: Sequence[int] | None, *, send: bool, why: str, deadline: timedelta
) -> list[int]:
    """Send held mails (None: all), or give them up; returns the numbers of those that were held."""
    t = mail_table
    now = utc_now()
    wanted = t.c.status == QueueStatus.HELD if numbers is None else t.c.id.in_(numbers)
    values: dict[str, Any] = {"status": QueueStatus.FAILED, "last_error": why}
    if send:
        values = {"status": QueueStatus.QUEUED, "next_attempt_at": now, "deadline_at": now + deadline}
    held = update(t).where(wanted, t.c.status == QueueStatus.HELD).values(**values).returning(t.c.id)
    with passing_faults_retryable():
        async with engine.begin() as connection:
            return sorted((await connection.scalars(held)).all())


async def raise_counter(engine: AsyncEngine, name: str, least: int) -> None:
    """Let a counter go on after ``least``, where it stands below: a number is never given out twice."""
    with passing_faults_retryable():
        async with engine.begin() as connection:
            below = and_(counter.c.name == name, counter.c.value < least)
            changed = await connection.execute(update(counter).where(below).values(value=least))
            known = await connection.scalar(select(func.count()).where(counter.c.name == name))
            if not changed.rowcount and not known:
                await connection.execute(insert(counter).values(name=name, value=least))


def past(column: ColumnElement[int], first_keys: Mapping[int, int]) -> ColumnElement[bool]:
    """Return the condition that a key was given out after the moment to which the engine was restored."""
    return or_(
        false(),
        *(
            and_(column >= first, column < (partition + 1) << PARTITION_BITS)
            for partition, first in sorted(first_keys.items())
        ),
    )


async def _set_apart(connection: AsyncConnection, found: Restore) -> None:
    """Rename the engine of all that it has forgotten: it gives out the same keys again, for other things."""
    keys = found.first_keys or {}
    tables: tuple[tuple[Table, str], ...] = (
        (applied_job, "job_key"),
        (deployed_definition, "key"),
        (act, "process_instance_key"),
        (case, "process_instance_key"),
    )
    for table, column in tables:
        await connection.execute(
            update(table)
            .where(past(table.c[column], keys), table.c.engine_id.not_like(f"%{LOST}%"))
            .values(engine_id=table.c.engine_id + literal(f"{LOST}{found.id}"))
        )
    await connection.execute(delete(form_draft).where(past(form_draft.c.task_key, keys)))
    await connection.execute(update(act).where(past(act.c.task_key, keys)).values(task_key=None))
    # Orders to the case's control are named by the key of their job.
    order = and_(engine_call.c.kind.in_(["find-steps", "step-back"]), engine_call.c.queued_at >= found.backup_at)
    again = engine_call.c.business_key + literal(f"{LOST}{found.id}")
    await connection.execute(
        update(engine_call).where(order, engine_call.c.business_key.not_like(f"%{LOST}%")).values(business_key=again)
    )


_AGAIN = (
    "publish-message",
    "update-due-dates",
    "complete-user-task",
    "refresh-survey",
    "cancel-instance",
    "start-case",
)


async def _call_again(connection: AsyncConnection, found: Restore) -> None:
    """Make again what an engine of yesterday was told since: none of it does anything twice."""
    t, since = engine_call.c, found.backup_at
    lost = and_(t.kind.in_(_AGAIN), t.status == QueueStatus.SENT, t.sent_at >= since)
    values = {"status": QueueStatus.QUEUED, "next_attempt_at": utc_now(), "attempts": 0}
    await connection.execute(update(engine_call).where(lost).values(**values))
    await _deliver_again(connection, since, found.first_keys or {})


async def _deliver_again(connection: AsyncConnection, since: datetime, first_keys: Mapping[int, int]) -> None:
    """Hand over once more what partners have answered since: they need not write it again."""
    t, a = engine_call.c, partner_answer.c
    given = and_(t.kind == DELIVER, t.status == QueueStatus.SENT, t.sent_at >= since)
    rows = (await connection.execute(select(t.id, t.payload).where(given))).all()
    answers = [int(row.payload["answer_id"]) for row in rows]
    taken = and_(a.id.in_(answers), a.state == AnswerState.DELIVERED)
    again = (
        await connection.scalars(update(partner_answer).where(taken).values(state=AnswerState.ACCEPTED).returning(a.id))
    ).all()
    unknown = and_(a.id.in_(again), past(a.task_key, first_keys))
    if first_keys:
        await connection.execute(update(partner_answer).where(unknown).values(task_key=None))
    calls = [row.id for row in rows if int(row.payload["answer_id"]) in set(again)]
    values = {"status": QueueStatus.QUEUED, "next_attempt_at": utc_now(), "attempts": 0}
    await connection.execute(update(engine_call).where(t.id.in_(calls)).values(**values))


async def _doubt(connection: AsyncConnection, cases: Iterable[str]) -> None:
    now = utc_now()
    midnight = (now.astimezone(JST) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = [{"case_id": one, "since": now, "until": midnight if one == NO_CASE else None} for one in sorted(set(cases))]
    known = set(await connection.scalars(select(doubtful_case.c.case_id)))
    new = [row for row in rows if row["case_id"] not in known]
    if new:
        await connection.execute(insert(doubtful_case), new)


def _made(row: Mapping[str, Any]) -> Restore:
    keys = row["first_keys"]
    return Restore(
        id=row["id"],
        at=row["at"],
        backup_at=row["backup_at"],
        registry=row["registry"],
        engine=row["engine"],
        first_keys=None if keys is None else {int(partition): int(key) for partition, key in keys.items()},
        confirmed_at=row["confirmed_at"],
    )
