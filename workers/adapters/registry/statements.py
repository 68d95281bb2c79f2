"""Statements that both databases know, each built once: building them for every job costs more than running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, Dialect, Table, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningInsert

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_DAYS_KEPT: Final = 4096


async def insert_once(session: AsyncSession, table: Table, key: tuple[str, ...], values: dict[str, Any]) -> bool:
    """Insert a row; False, and nothing has happened, when there is one with the same ``key`` (columns).

    Waits for another transaction that is inserting the same key.
    """
    return await insert_first(session, table, key, values) is not None


async def insert_first(session: AsyncSession, table: Table, key: tuple[str, ...], values: dict[str, Any]) -> Any:
    """Insert a row as :func:`insert_once` does and return its primary key; None when there is one already."""
    return await session.scalar(_insert_once(table, key, dialect(session)), values)


async def next_number(session: AsyncSession, counter: Table, name: str, count: int = 1) -> int:
    """Count a counter on and return its new number, from 1. Others who draw from it wait for this transaction."""
    number: int = (
        await session.execute(_next_number(counter, dialect(session)), {"name": name, "value": count})
    ).scalar_one()
    return number


async def draw_keys(session: AsyncSession, table: Table, count: int) -> list[int]:
    """Return ``count`` unused keys of a table with a generated ``id``, for rows that others refer to at once.

    Asking the database for the keys of many inserted rows costs a statement a row on SQLite.
    """
    if dialect(session) == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        drawn = select(func.nextval(sequence)).select_from(func.generate_series(1, count))
        return list(await session.scalars(drawn))
    # The transaction excludes every other writer from its beginning.
    last = await session.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0
    return list(range(last + 1, last + count + 1))


async def insert_many(
    session: AsyncSession, table: Table, names: tuple[str, ...], rows: Sequence[Sequence[object]]
) -> None:
    """Insert many rows, each the values of the columns ``names``, prepared once for all of them.

    SQLAlchemy's own way builds a dictionary a row and looks at each value again: a third of a long import's time.
    """
    if not rows:
        return
    connection = await session.connection()
    prepared = _prepared(table, names, connection.dialect)
    await connection.exec_driver_sql(prepared.statement, prepared.values(rows))


@dataclass(frozen=True)
class _Prepared:
    statement: str
    names: tuple[str, ...]
    by_name: bool
    processors: tuple[tuple[int, Callable[[Any], Any]], ...]

    def values(self, rows: Sequence[Sequence[object]]) -> list[Any]:
        """Return the rows as the driver takes them."""
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for place, process in self.processors:
            columns[place] = map(process, columns[place])
        made = zip(*columns, strict=True)
        return [dict(zip(self.names, cells, strict=True)) for cells in made] if self.by_name else list(made)


@cache
def _prepared(table: Table, names: tuple[str, ...], target: Dialect) -> _Prepared:
    compiled = table.insert().compile(dialect=target, column_keys=list(names))
    processors = []
    order = tuple(compiled.positiontup) if compiled.positiontup else names
    for place, name in enumerate(names):
        process = table.c[name].type.dialect_impl(target).bind_processor(target)
        if process is not None:
            # The days of a long list are few, and SQLAlchemy writes each anew.
            days = isinstance(table.c[name].type, Date)
            processors.append((place, lru_cache(_DAYS_KEPT)(process) if days else process))
    if order != names:
        raise ValueError("columns out of order")
    return _Prepared(str(compiled), names, by_name=not compiled.positiontup, processors=tuple(processors))


def dialect(session: AsyncSession) -> str:
    """Return ``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name


def insert(name: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """Return the INSERT of a dialect, which knows ON CONFLICT."""
    if name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


@cache
def _insert_once(table: Table, key: tuple[str, ...], name: str) -> ReturningInsert[Any]:
    first = next(iter(table.primary_key))
    return insert(name, table).on_conflict_do_nothing(index_elements=list(key)).returning(first)


@cache
def _next_number(counter: Table, name: str) -> ReturningInsert[Any]:
    row = insert(name, counter)
    counted_on = {"value": counter.c.value + row.excluded.value}
    return row.on_conflict_do_update(index_elements=[counter.c.name], set_=counted_on).returning(counter.c.value)
