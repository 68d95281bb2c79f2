"""Alembic's environment. ``database.migrate`` hands over its connection; a developer's shell gives ``-x url=``."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine, pool

from workers.adapters.registry import (  # noqa: F401 (their tables belong to the metadata)
    agreement_tables,
    book_lines,
    calendar_feeds,
    desk,
    mail_drafts,
    meeting_tables,
    partial_indexes,
    partner_tables,
    public_offers,
    restored_tables,
)
from workers.adapters.registry.columns import Json, Moment
from workers.adapters.registry.outbox_tables import mail


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as SQLAlchemy's own: a migration never changes with our code."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Json):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return 'sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")'
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=mail.metadata,
        render_item=_render,
        render_as_batch=True,
        transactional_ddl=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def _main() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    engine = create_engine(context.get_x_argument(as_dictionary=True)["url"], poolclass=pool.NullPool)
    with engine.begin() as own:
        _run(own)


_main()
