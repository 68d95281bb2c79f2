"""The tables of meetings and of the periods that were confirmed at them (ALL-4, D-8)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, String, Table, UniqueConstraint
from sqlalchemy.ext.mutable import MutableList

from workers.adapters.registry.columns import (
    Json,
    Moment,
    key_column,
    number_column,
    parent_column,
    text_column,
    text_enum,
    version_column,
)
from workers.adapters.registry.tables import metadata
from workers.domain.meetings import MeetingStatus

meeting = Table(
    "meeting",
    metadata,
    Column("id", String, primary_key=True),
    parent_column("case_id", "case.id", String),
    Column("agreement_id", String, ForeignKey("agreement.id")),
    number_column("number"),
    text_column("title"),
    Column("uid", String, nullable=False, unique=True),
    text_column("host"),
    number_column("sequence"),
    Column("status", text_enum(MeetingStatus), nullable=False),
    Column("starts_at", Moment),
    Column("ends_at", Moment),
    text_column("place"),
    text_column("note"),
    Column("departments", MutableList.as_mutable(Json()), nullable=False),
    Column("held_on", Date),
    text_column("minutes"),
    Column("confirmed", Boolean, nullable=False),
    version_column(),
    UniqueConstraint("case_id", "number"),
    Index(None, "agreement_id"),
)

excluded_period = Table(
    "excluded_period",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    Column("meeting_id", String, ForeignKey("meeting.id")),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    text_column("reason"),
    Column("confirmed_on", Date, nullable=False),
    Index(None, "agreement_id"),
)
