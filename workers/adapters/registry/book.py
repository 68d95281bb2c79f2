"""The book of agreements: found by its lines, shown from the agreements themselves (ALL-6, ASA-7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Integer, Select, String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from workers.adapters.registry.agreement_tables import activity, agreement_term, agreement_version
from workers.adapters.registry.book_lines import book_line
from workers.adapters.registry.register import OFFICE, entry_columns
from workers.domain.agreements import AgreementEnd
from workers.domain.register import ENDING_DAYS, BookOrder, BookPage, BookQuery, BookState, RegisterEntry
from workers.domain.searchwords import search_words

_BATCH: Final = 1000


class _Unindexed(FunctionElement[Any]):
    """A column by which SQLite chooses no index: to jump from one into the table takes longer than to read the table.

    PostgreSQL reads the column as it is, and knows from its statistics what pays.
    """

    inherit_cache = True

    def __init__(self, column: Column[Any]) -> None:
        super().__init__(column)
        self.type = column.type


class _Position(FunctionElement[int]):
    """Where a text holds another, 0 where it does not: found by bytes, where LIKE goes character by character."""

    inherit_cache = True
    type = Integer()


@compiles(_Position)
def _strpos(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(_Position, "sqlite")
def _instr(element: _Position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(_Unindexed)
def _as_it_is(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(_Unindexed, "sqlite")
def _with_plus(element: _Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


class SqlBook:
    """``Book`` on the tables."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, query: BookQuery, *, first: int = 0, limit: int) -> BookPage:
        """Return ``limit`` agreements from the ``first``-th on (counted from 0), and how many match in all."""
        conditions = _conditions(query)
        if search_words(query.words):
            total, ids = await self._found_with_total(query, conditions, first, limit)
        else:
            total, ids = await self._total_and_found(query, conditions, first, limit)
        return BookPage(total=total, entries=tuple(await self._shown(query, ids)))

    async def _found_with_total(
        self, query: BookQuery, conditions: Sequence[ColumnElement[bool]], first: int, limit: int
    ) -> tuple[int, list[str]]:
        """Return the total and a page's ids by reading the table once: words leave few lines to be counted."""
        counted = _ids(query, conditions).add_columns(func.count().over())
        rows = (await self._session.execute(counted.offset(first).limit(limit))).all()
        return (rows[0][1] if rows else await self._total(conditions) if first else 0), [row[0] for row in rows]

    async def _total_and_found(
        self, query: BookQuery, conditions: Sequence[ColumnElement[bool]], first: int, limit: int
    ) -> tuple[int, list[str]]:
        """Return the total and a page's ids, each from the index alone."""
        ids = list(await self._session.scalars(_ids(query, conditions).offset(first).limit(limit)))
        whole = 0 < len(ids) < limit or not first + len(ids)
        return (first + len(ids) if whole else await self._total(conditions)), ids

    async def _total(self, conditions: Sequence[ColumnElement[bool]]) -> int:
        return await self._session.scalar(select(func.count()).select_from(book_line).where(*conditions)) or 0

    async def entries(self, query: BookQuery) -> AsyncIterator[RegisterEntry]:
        """Yield all that match, for a file."""
        ids = list(await self._session.scalars(_ids(query, _conditions(query))))
        for begin in range(0, len(ids), _BATCH):
            for entry in await self._shown(query, ids[begin : begin + _BATCH]):
                yield entry

    async def _shown(self, query: BookQuery, ids: Sequence[str]) -> list[RegisterEntry]:
        """Return agreements in the order of their ids, each as it was on the asked day (ISE-T4)."""
        if not ids:
            return []
        found: dict[str, Mapping[str, Any]] = {}
        chosen = entry_columns(query.on).where(
            agreement_term.c.agreement_id.in_(ids), agreement_term.c.reversed_on.is_(None)
        )
        for row in (await self._session.execute(chosen.order_by(agreement_term.c.number))).mappings():
            if row["id"] not in found or row["starts_on"] <= query.on:
                found[row["id"]] = row
        return [RegisterEntry(**{**found[key], "fields": tuple(found[key]["fields"])}) for key in ids if key in found]


def _ids(query: BookQuery, conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    line = book_line.c
    order = {
        BookOrder.SIGNED: (line.signed_on, line.place),
        BookOrder.NEWEST: (line.signed_on.desc(), line.place.desc()),
        BookOrder.LAST_DAY: (line.last_day, line.place),
    }[query.order]
    return select(line.agreement_id).where(*conditions).order_by(*order)


def _conditions(query: BookQuery) -> list[ColumnElement[bool]]:
    line = book_line.c
    # The words come first: they are what most lines fail.
    found: list[ColumnElement[bool]] = [_Position(line.words, word) > 0 for word in search_words(query.words)]
    if query.cities is not None:
        # For words the table is read from its beginning to its end: jumping into it by an index takes ten times as
        # long, and PostgreSQL would do so to spare itself the sorting.
        city = func.trim(line.city) if found else line.city
        of_city = city == query.cities[0] if len(query.cities) == 1 else city.in_(query.cities)
        found.append(or_(of_city, *(_concerns(*one) for one in query.of_departments)))
    found += _of_state(query)
    for name in ("partner_kind", "trade", "department", "kind"):
        if value := getattr(query, name):
            found.append(line[name] == ("" if (name, value) == ("department", OFFICE) else value))
    if query.since is not None:
        found.append(line.signed_on >= query.since)
    if query.until is not None:
        found.append(line.signed_on <= query.until)
    if query.last_by is not None:
        found.append(line.last_day <= query.last_by)
    if query.field is not None:
        found.append(_has_field(query, query.field))
    return found


def _concerns(city: str, departments: Sequence[str]) -> ColumnElement[bool]:
    line = book_line.c
    works = select(activity.c.agreement_id).where(activity.c.department.in_(departments))
    return (line.city == city) & or_(line.department.in_(departments), line.agreement_id.in_(works))


def _of_state(query: BookQuery) -> list[ColumnElement[bool]]:
    line, on = book_line.c, query.on
    by_end = query.order is BookOrder.LAST_DAY and not query.words
    last_day: ColumnElement[Any] = line.last_day if by_end else _Unindexed(line.last_day)
    in_force = [line.first_day <= on, last_day >= on]
    terminated = line.end == AgreementEnd.TERMINATED
    return {
        BookState.ALL: [],
        BookState.IN_FORCE: in_force,
        BookState.ENDING: [*in_force, last_day <= on + timedelta(days=ENDING_DAYS)],
        BookState.BEFORE: [line.first_day > on],
        BookState.EXPIRED: [last_day < on, or_(line.end.is_(None), ~terminated)],
        BookState.TERMINATED: [last_day < on, terminated],
    }[query.state]


def _has_field(query: BookQuery, number: int) -> ColumnElement[bool]:
    """Return whether the agreement has a field on the asked day; only an amended one had others before."""
    line, version, later = book_line.c, agreement_version, agreement_version.alias()
    newest = (
        select(func.max(later.c.number))
        .where(later.c.agreement_id == line.agreement_id, later.c.effective_on <= query.on)
        .scalar_subquery()
    )
    # A list as JSON, ``[1, 3]`` on both databases, as ``,1,3,``.
    numbers: Any = cast(version.c.fields, String)
    for old, new in (("[", ","), ("]", ","), (" ", "")):
        numbers = func.replace(numbers, old, new)
    then = select(numbers).where(version.c.agreement_id == line.agreement_id, version.c.number == newest)
    sought = f"%,{number},%"
    now = line.fields.like(sought)
    said = func.coalesce(then.scalar_subquery(), line.fields).like(sought)
    return or_((~line.amended) & now, line.amended & said)
