"""The tables behind the entities: outboxes, jobs already applied, counters, deployed definitions."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from workers.adapters.registry.columns import Json, Moment, serial, text_enum
from workers.adapters.registry.tables import metadata


class QueueStatus(StrEnum):
    """Where an outbox row stands. ``sending``: claimed under a lease; claimable again when the lease has run out.

    ``held``: a mail that may have been sent before a restore; it waits for somebody to say so (ALL-18).
    """

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    HELD = "held"


def _queue_columns() -> list[Column[object]]:
    """Return what both outboxes share. All moments are real time, not the business clock's."""
    return [
        Column("id", serial(), primary_key=True, autoincrement=True),
        Column("business_key", String, nullable=False, unique=True),
        Column("kind", String, nullable=False),
        Column("status", text_enum(QueueStatus), nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("next_attempt_at", Moment, nullable=False),
        Column("lease_owner", String),
        Column("lease_until", Moment),
        Column("last_error", String, nullable=False),
        Column("queued_at", Moment, nullable=False),
        Column("sent_at", Moment),
    ]


mail = Table(
    "mail",
    metadata,
    *_queue_columns(),
    # Not a foreign key: the outbox stands for itself, and its bodies are disposed of on their own.
    Column("case_id", String, nullable=False),
    Column("city", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("message_id", String, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("dated_at", Moment, nullable=False),  # the business clock's moment
    Column("deadline_at", Moment, nullable=False),
    Column("smtp_reply", String, nullable=False),
    Index(None, "status", "next_attempt_at"),
    Index(None, "case_id"),
)

engine_call = Table(
    "engine_call",
    metadata,
    *_queue_columns(),
    Column("payload", Json(), nullable=False),
    Index(None, "status", "next_attempt_at"),
)

applied_job = Table(
    "applied_job",
    metadata,
    Column("engine_id", String, primary_key=True),
    Column("job_key", BigInteger, primary_key=True, autoincrement=False),
    Column("process_instance_key", BigInteger, nullable=False),
    Column("element_instance_key", BigInteger, nullable=False),
    Column("job_type", String, nullable=False),
    Column("outcome", Json(), nullable=False),
    Column("applied_at", Moment, nullable=False),
    Index(None, "process_instance_key"),
)

counter = Table(
    "counter",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

deployed_file = Table(
    "deployed_file",
    metadata,
    Column("sha256", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

deployed_definition = Table(
    "deployed_definition",
    metadata,
    Column("engine_id", String, primary_key=True),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String, nullable=False),
    Column("definition_id", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("pack", String, nullable=False),
    Column("deployed_at", Moment, nullable=False),
    Column("deployment_key", BigInteger),
    Column("nonce", String),
    UniqueConstraint("engine_id", "kind", "definition_id", "version"),
)
