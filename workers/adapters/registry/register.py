"""The register of agreements as lists, in plain rows: a hundred thousand of them without as many objects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ScalarSelect, Select, Table, func, or_, select

from workers.adapters.registry import agreement_tables, tables
from workers.adapters.registry.book_lines import book_line, line_row
from workers.adapters.registry.listed import SqlListed
from workers.adapters.registry.signed import SqlSigned
from workers.adapters.registry.statements import draw_keys, insert_many
from workers.domain.activityyears import counts_in, status_in
from workers.domain.agreements import Activity, AgreementTerm
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.register import ActivityEntry, RegisterEntry, RegisterQuery, SigningEntry

if TYPE_CHECKING:  # imported lists are few
    from workers.readers.agreementlist import ListedAgreement

OFFICE: Final = "office"
"""Asks for the agreements of the office itself, whose department is empty."""


class SqlRegister(SqlListed, SqlSigned):
    """``Register`` on the tables."""

    async def add_listed(  # noqa: PLR0913 (the days on which the watch looks at them)
        self,
        city: str,
        listed: Sequence[ListedAgreement],
        *,
        first: int,
        cycle_due_on: date,
        collected_from: date,
        contacts_due_on: date,
    ) -> None:
        """Add agreements of an office's list; their ids are numbered from ``first`` (ALL-6).

        ``cycle_due_on``: when the next yearly procedure opens, for those that were in force on ``collected_from`` or
        later. ``contacts_due_on``: when the partners of those that have not ended are asked for their contacts.
        """
        if not listed:
            return
        partners = await draw_keys(self._session, tables.partner, len(listed))
        await insert_many(
            self._session,
            tables.partner,
            ("id", *_PARTNER),
            [(partner, *vars(row.partner).values()) for partner, row in zip(partners, listed, strict=True)],
        )
        keys = [f"{city}-a{number}" for number in range(first, first + len(listed))]
        agreements = [
            _agreement_row(
                city,
                key,
                partner,
                row,
                cycle_due_on if (row.ended_on or date.max) >= collected_from else None,
                contacts_due_on if row.ended_on is None else None,
            )
            for key, partner, row in zip(keys, partners, listed, strict=True)
        ]
        await insert_many(self._session, agreement_tables.agreement, _AGREEMENT, agreements)
        terms = {id(row.term): _term_row(row.term) for row in listed}
        await insert_many(
            self._session,
            agreement_tables.agreement_term,
            ("agreement_id", *_TERM),
            [(key, *terms[id(row.term)]) for key, row in zip(keys, listed, strict=True)],
        )
        lines = [_line(agreement, row) for agreement, row in zip(agreements, listed, strict=True)]
        await insert_many(self._session, book_line, _LINE, lines)

    async def entries(self, query: RegisterQuery) -> AsyncIterator[RegisterEntry]:
        """Yield the agreements that match, oldest first, each as it was on the last day asked for (ASA-7, ISE-T4)."""
        last: RegisterEntry | None = None
        async for row in (await self._session.stream(_select(query))).mappings():
            entry = RegisterEntry(**{**row, "fields": tuple(row["fields"])})
            if last is not None and last.id != entry.id and _has_field(last, query):
                yield last
            last = entry
        if last is not None and _has_field(last, query):
            yield last

    async def activities(self, first_year: int, last_year: int, *, city: str) -> AsyncIterator[ActivityEntry]:
        """Yield the projects of fiscal years under a city's agreements, one that runs over years in each (ALL-7)."""
        t, agreement = agreement_tables.activity, agreement_tables.agreement
        query = (
            select(Activity).join(agreement, agreement.c.id == t.c.agreement_id).where(agreement.c.city == city)
        ).order_by(t.c.id)
        for entry in await self._session.scalars(query):
            for year in range(first_year, last_year + 1):
                if counts_in(entry, year):
                    yield ActivityEntry(
                        agreement_id=entry.agreement_id,
                        fiscal_year=year,
                        field=entry.field,
                        department=entry.department,
                        cost_to_city=entry.cost_to_city,
                        status=status_in(entry, year),
                    )

    async def signings(self, city: str, first: date, last: date) -> list[SigningEntry]:
        """Return a city's signing cases that were opened in a period, but none that was cancelled (ALL-7)."""
        t, offer, project = tables.case, tables.offer, tables.project
        opened = (t.c.city == city, t.c.kind == CaseKind.SIGNING, t.c.opened_on.between(first, last))
        kept = (*opened, t.c.outcome.is_distinct_from(CaseOutcome.CANCELLED))
        offers = select(offer.c.case_id, offer.c.fields).join(t, t.c.id == offer.c.case_id).where(*kept)
        fields = {row[0]: row[1] for row in await self._session.execute(offers.order_by(offer.c.round))}
        projects = select(project.c.case_id, project.c.department).join(t, t.c.id == project.c.case_id).where(*kept)
        departments: dict[str, set[str]] = {}
        for case_id, department in await self._session.execute(projects.where(project.c.department != "")):
            departments.setdefault(case_id, set()).add(department)
        cases = select(t.c.id, t.c.opened_on, t.c.closed_on, t.c.outcome).where(*kept).order_by(t.c.opened_on, t.c.id)
        return [
            SigningEntry(
                case_id=row.id,
                opened_on=row.opened_on,
                closed_on=row.closed_on,
                outcome=row.outcome,
                fields=tuple(fields.get(row.id, ())),
                departments=tuple(sorted(departments.get(row.id, ()))),
            )
            for row in await self._session.execute(cases)
        ]


_PARTNER: Final = ("name", "representative", "contact", "email", "phone", "address", "corporate_number")
_TERM: Final = ("number", "starts_on", "expires_on", "notice_deadline", "stage", "due_on")
_TERM_VALUES: Final = itemgetter(*_TERM)
_AGREEMENT: Final = tuple(column.name for column in agreement_tables.agreement.columns if column.name != "case_id")


_LINE: Final = tuple(column.name for column in book_line.columns)


def _line(agreement: Sequence[object], listed: ListedAgreement) -> tuple[object, ...]:
    values = dict(zip(_AGREEMENT, agreement, strict=True))
    first, last = listed.term.starts_on, listed.term.expires_on
    line = line_row(values, partner=listed.partner.name, first_day=first, last_day=last)
    return tuple(line[name] for name in _LINE)


def _term_row(term: AgreementTerm) -> tuple[object, ...]:
    found: tuple[object, ...] = _TERM_VALUES(
        vars(term)
    )  # past SQLAlchemy's attributes: it is new, nothing is to be loaded
    return found


def _agreement_row(  # noqa: PLR0913, PLR0917 (called once a row: by position, for speed)
    city: str,
    key: str,
    partner: int,
    listed: ListedAgreement,
    cycle_due_on: date | None,
    contacts_due_on: date | None,
) -> tuple[object, ...]:
    """Return a row in the order of the table's columns."""
    return (
        key,
        city,
        listed.kind,
        listed.title,
        listed.signed_on,
        listed.parties,
        listed.fields,
        listed.number or None,
        partner,
        listed.partner_kind,
        listed.trade,
        listed.department,
        listed.renews,
        listed.renewal_years,
        listed.notice_months,
        listed.whole_guideline,
        listed.ended_on,
        cycle_due_on,
        contacts_due_on,
        listed.end,
        listed.remark or None,
        1,
    )


def entry_columns(on: date) -> Select[Any]:
    """Return a query for agreements with each of their terms, and what they said on a day (ISE-T4)."""
    t, term, partner = agreement_tables.agreement, agreement_tables.agreement_term, tables.partner
    version = agreement_tables.agreement_version
    columns = (
        *(t.c[name] for name in ("id", "city", "kind", "signed_on", "partner_kind", "trade", "department")),
        *(t.c[name] for name in ("renews", "renewal_years", "notice_months", "whole_guideline", "ended_on", "end")),
        *(func.coalesce(version.c[name], t.c[name]).label(name) for name in ("title", "fields")),
        func.coalesce(t.c.number, "").label("number"),
        term.c.number.label("term_number"),
        *(term.c[name] for name in ("starts_on", "expires_on", "notice_deadline")),
        func.coalesce(partner.c.name, "").label("partner"),
    )
    return (
        select(*columns)
        .join(term, term.c.agreement_id == t.c.id)
        .outerjoin(partner, partner.c.id == t.c.partner_id)
        .outerjoin(version, (version.c.agreement_id == t.c.id) & (version.c.number == _version_of(t, on)))
    )


def _select(query: RegisterQuery) -> Select[Any]:
    t, term = agreement_tables.agreement, agreement_tables.agreement_term
    found = (
        entry_columns(query.last)
        .where(term.c.starts_on <= query.last, term.c.expires_on >= query.first, term.c.reversed_on.is_(None))
        .where(or_(t.c.ended_on.is_(None), t.c.ended_on >= query.first))
        .order_by(t.c.signed_on, func.length(t.c.id), t.c.id, term.c.number)
    )
    for name in ("city", "partner_kind", "trade", "department", "kind"):
        if value := getattr(query, name):
            found = found.where(t.c[name] == ("" if (name, value) == ("department", OFFICE) else value))
    return found if query.since is None else found.where(t.c.signed_on >= query.since)


def _version_of(agreement: Table, day: date) -> ScalarSelect[Any]:
    """Return the number of an agreement's version in force on a day; none before its first amendment (ISE-T4)."""
    version = agreement_tables.agreement_version.alias()
    begun = (version.c.agreement_id == agreement.c.id) & (version.c.effective_on <= day)
    return select(func.max(version.c.number)).where(begun).correlate(agreement).scalar_subquery()


def _has_field(entry: RegisterEntry, query: RegisterQuery) -> bool:
    return query.field is None or query.field in entry.fields
