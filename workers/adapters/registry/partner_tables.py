"""The tables of partners' links, answers and files that wait (ALL-2, ALL-3)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

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
from workers.domain.answers import AnswerState, LinkEnd

partner_link = Table(
    "partner_link",
    metadata,
    key_column(),
    Column("token_hash", String, nullable=False, unique=True),
    parent_column("case_id", "case.id", String),
    text_column("city"),
    text_column("element_id"),
    number_column("round"),
    text_column("title"),
    text_column("form_id"),
    Column("form", Json(), nullable=False),
    text_column("recipient_name"),
    text_column("recipient"),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("draft", Json()),
    Column("end", text_enum(LinkEnd)),
    Column("ended_at", Moment),
    version_column(),
    Index(None, "case_id", "element_id"),
)

partner_answer = Table(
    "partner_answer",
    metadata,
    key_column(),
    parent_column("link_id", "partner_link.id"),
    parent_column("case_id", "case.id", String),
    text_column("element_id"),
    Column("round", Integer, nullable=False),
    Column("values", Json(), nullable=False),
    Column("said", Json(), nullable=False),
    Column("at", Moment, nullable=False),
    Column("state", text_enum(AnswerState), nullable=False),
    Column("task_key", BigInteger),
    version_column(),
    UniqueConstraint("case_id", "element_id", "round"),
)

partner_file = Table(
    "partner_file",
    metadata,
    key_column(),
    parent_column("link_id", "partner_link.id"),
    text_column("name"),
    text_column("media_type"),
    number_column("size"),
    Column("at", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index(None, "link_id"),
)
