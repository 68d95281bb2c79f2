"""Column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Enum, ForeignKey, Integer, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from workers.domain.jst import JST


class Moment(TypeDecorator[datetime]):
    """An aware date-time: kept in UTC, handed out in Japanese time, so that ``.date()`` is the Japanese date (D-7)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return UTC; SQLite keeps no zone, so the value loses it there. Raises ValueError for a naive value."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a date-time without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in Japanese time."""
        if value is None:
            return None
        aware = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value
        return aware.astimezone(JST)


class Json(TypeDecorator[Any]):
    """JSON, on PostgreSQL as JSONB; Python None is SQL NULL. A registry on SQLite imports nothing of PostgreSQL."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of a database."""
        if dialect.name != "postgresql":
            return dialect.type_descriptor(JSON(none_as_null=True))
        from sqlalchemy.dialects.postgresql import JSONB

        return dialect.type_descriptor(JSONB(none_as_null=True))


def text_enum(enum: type[StrEnum]) -> Enum:
    """Return a text column that holds the enum's values; a new value needs no migration."""
    return Enum(
        enum,
        native_enum=False,
        create_constraint=False,
        length=32,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def serial() -> TypeEngine[int]:
    """Return the type of a generated key: 64 bits; SQLite generates only for a column called INTEGER, 64 bits too."""
    return BigInteger().with_variant(Integer(), "sqlite")


def key_column() -> Column[int]:
    """Return a generated key ``id``."""
    return Column("id", serial(), primary_key=True, autoincrement=True)


def text_column(name: str) -> Column[str]:
    """Return a text column that is never NULL."""
    return Column(name, String, nullable=False)


def number_column(name: str) -> Column[int]:
    """Return a column of whole numbers that is never NULL."""
    return Column(name, Integer, nullable=False)


def version_column() -> Column[int]:
    """Return the column that guards a row against lost updates."""
    return Column("version", Integer, nullable=False)


def parent_column(column: str, target: str, type_: type[String] | None = None) -> Column[object]:
    """Return a reference that must be set."""
    return Column(column, type_ or serial(), ForeignKey(target), nullable=False)
