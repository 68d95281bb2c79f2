"""A line of the book for each agreement: what one searches and sorts by, narrow enough to be read 100,000 times.

The lines follow the agreements: a session that writes an agreement, its terms, its versions or its partner writes the
line in the same transaction. Both databases search them as they are, without an extension of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Final

from sqlalchemy import Boolean, Column, Connection, Date, ForeignKey, Index, RowMapping, String, Table, func, select
from sqlalchemy.orm import Session, UOWTransaction

from workers.adapters.registry import agreement_tables, tables
from workers.adapters.registry.columns import number_column, text_column, text_enum
from workers.adapters.registry.statements import insert
from workers.domain.agreements import Agreement, AgreementEnd, AgreementTerm, AgreementVersion
from workers.domain.entities import Partner
from workers.domain.searchwords import search_text

book_line = Table(
    "book_line",
    tables.metadata,
    Column("agreement_id", String, ForeignKey("agreement.id", ondelete="CASCADE"), primary_key=True),
    text_column("city"),
    Column("signed_on", Date, nullable=False),
    number_column("place"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("end", text_enum(AgreementEnd)),
    text_column("kind"),
    text_column("department"),
    text_column("partner_kind"),
    text_column("trade"),
    # ``,1,3,``: the numbers as the agreement says now; ``amended``: it said otherwise before.
    text_column("fields"),
    Column("amended", Boolean, nullable=False),
    text_column("words"),
    # All but the words, in the order of the list: neither a count nor a page reads the table itself.
    Index(
        "ix_book_line_whole",
        *("city", "signed_on", "place", "first_day", "last_day", "end", "kind", "department"),
        *("partner_kind", "trade", "fields", "amended", "agreement_id"),
    ),
    # In the order of the ends: a late page of that list is found without sorting all lines.
    Index("ix_book_line_ends", "city", "last_day", "place", "first_day", "end", "agreement_id"),
)

_BATCH: Final = 500
_COPIED: Final = ("city", "signed_on", "kind", "department", "partner_kind", "trade")


def keep_lines(session: Session, _flushed: UOWTransaction) -> None:
    """Write the lines of what a session has just written; a listener of ``after_flush``."""
    agreements: set[str] = set()
    partners: set[int] = set()
    for entity in (*session.new, *session.dirty, *session.deleted):
        if isinstance(entity, Agreement):
            agreements.add(entity.id)
        elif isinstance(entity, (AgreementTerm, AgreementVersion)):
            agreements.add(entity.agreement_id)  # type: ignore[union-attr]  # the mapping's column
        elif isinstance(entity, Partner) and entity.id is not None:
            partners.add(entity.id)
    if partners - {entity.id for entity in session.new if isinstance(entity, Partner)}:
        t = agreement_tables.agreement
        agreements |= set(session.connection().scalars(select(t.c.id).where(t.c.partner_id.in_(partners))))
    if agreements:
        write_lines(session.connection(), sorted(agreements))


def write_lines(connection: Connection, agreement_ids: Sequence[str]) -> None:
    """Make the lines of agreements anew from what the tables say."""
    for begin in range(0, len(agreement_ids), _BATCH):
        rows = _rows(connection, agreement_ids[begin : begin + _BATCH])
        if rows:
            connection.execute(_upsert(connection.dialect.name), rows)


def line_row(
    agreement: Mapping[str, Any] | RowMapping, *, partner: str, first_day: date, last_day: date, amended: bool = False
) -> dict[str, Any]:
    """Return the line of an agreement's row (its columns by name); ``last_day`` is that of its newest term.

    ``place``: the N of its id, ``CITY-aN``: agreements of one day stand in the order in which they were registered.
    """
    numbers = ",".join(map(str, agreement["fields"]))
    texts = (partner, *agreement["parties"], agreement["title"], agreement["number"] or "", agreement["id"])
    return {
        "agreement_id": agreement["id"],
        **{name: agreement[name] for name in _COPIED},
        "place": int(agreement["id"].rpartition("-a")[2]),
        "first_day": first_day,
        "last_day": min(last_day, agreement["ended_on"] or last_day),
        "end": agreement["end"],
        "fields": f",{numbers},",
        "amended": amended,
        "words": search_text(texts),
    }


def _rows(connection: Connection, agreement_ids: Iterable[str]) -> list[dict[str, Any]]:
    t, term, version = agreement_tables.agreement, agreement_tables.agreement_term, agreement_tables.agreement_version
    first, last = func.min(term.c.starts_on), func.max(term.c.expires_on)
    days = (
        select(term.c.agreement_id, first.label("first_day"), last.label("last_day"))
        .where(term.c.agreement_id.in_(agreement_ids), term.c.reversed_on.is_(None))
        .group_by(term.c.agreement_id)
        .subquery()
    )
    amended = select(version.c.id).where(version.c.agreement_id == t.c.id).exists()
    columns = [t.c[name] for name in (*_COPIED, "id", "title", "parties", "fields", "number", "ended_on", "end")]
    query = (
        select(*columns, days.c.first_day, days.c.last_day, tables.partner.c.name, amended.label("amended"))
        .join(days, days.c.agreement_id == t.c.id)
        .outerjoin(tables.partner, tables.partner.c.id == t.c.partner_id)
    )
    return [
        line_row(
            row,
            partner=row["name"] or "",
            first_day=row["first_day"],
            last_day=row["last_day"],
            amended=bool(row["amended"]),
        )
        for row in connection.execute(query).mappings()
    ]


@cache
def _upsert(dialect: str) -> Any:
    line = insert(dialect, book_line)
    changed = {column.name: line.excluded[column.name] for column in book_line.c if not column.primary_key}
    return line.on_conflict_do_update(index_elements=[book_line.c.agreement_id], set_=changed)
