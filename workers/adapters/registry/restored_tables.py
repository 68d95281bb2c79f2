"""The tables of what waits after a restore (ALL-18): that there was one, and the cases whose mails may repeat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column, ColumnElement, String, Table, exists, or_

from workers.adapters.registry.columns import Json, Moment, key_column, text_column
from workers.adapters.registry.tables import metadata

restored = Table(
    "restored",
    metadata,
    key_column(),
    Column("at", Moment, nullable=False),
    Column("backup_at", Moment, nullable=False),
    # Which side is that of the backup's moment.
    Column("registry", Boolean, nullable=False),
    Column("engine", Boolean, nullable=False),
    # The engine's next key of each partition (by its number, as text) when it was first asked after the restore.
    Column("first_keys", Json()),
    Column("confirmed_at", Moment),
    text_column("confirmed_by"),
)

doubtful_case = Table(
    "doubtful_case",
    metadata,
    # Empty: the mails that belong to no case, such as the offices' daily list.
    Column("case_id", String, primary_key=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
)


def is_held() -> ColumnElement[bool]:
    """Return the condition that a restore is not confirmed yet: nothing is sent or handed over meanwhile."""
    return exists().where(restored.c.confirmed_at.is_(None)).correlate(None)


def is_doubtful(case_id: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a mail of this case may have been sent before the restore; ``now``: real time."""
    t = doubtful_case.c
    return exists().where(t.case_id == case_id, or_(t.until.is_(None), t.until > now)).correlate(None)
