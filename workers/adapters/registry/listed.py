"""Agreements of the register as an office's list would have them, and what lists put right (ALL-6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry import agreement_tables, tables
from workers.domain.agreements import TermStage
from workers.domain.corrections import Correction, ListHeading

if TYPE_CHECKING:  # imported lists are few
    from workers.readers.listdiff import KnownAgreement

_BATCH: Final = 500
_WAITING: Final = {TermStage.OPEN, TermStage.SETTLED}
_PARTNER: Final = ("name", "representative", "contact", "email", "phone", "address", "corporate_number")
_OWN: Final = (
    *("id", "title", "kind", "signed_on", "parties", "fields", "partner_kind", "trade", "department"),
    *("renews", "renewal_years", "notice_months", "whole_guideline", "ended_on", "end", "remark"),
)


class SqlListed:
    """The part of ``Register`` that compares lists with what is there."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def known(self, city: str, numbers: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements by the office's own numbers, as a list would have them."""
        return await self._found(city, agreement_tables.agreement.c.number, numbers)

    async def known_ids(self, city: str, ids: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements by their ids."""
        return await self._found(city, agreement_tables.agreement.c.id, ids)

    async def known_titles(self, city: str, titles: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements that have no number of the office, by their titles."""
        found = await self._found(city, agreement_tables.agreement.c.title, list(dict.fromkeys(titles)))
        return [entry for entry in found if not entry.number]

    async def add_correction(self, correction: Correction) -> None:
        """Keep what a list put right."""
        self._session.add(correction)
        await self._session.flush()

    async def corrections(self, agreement_id: str) -> list[Correction]:
        """Return what lists put right of an agreement, oldest first."""
        t = agreement_tables.agreement_correction
        query = select(Correction).where(t.c.agreement_id == agreement_id).order_by(t.c.id)
        return list(await self._session.scalars(query))

    async def headings(self, city: str) -> Mapping[str, str]:
        """Return what a city's office reads headings as: keys by plain heading, ``""`` for those it does not use."""
        t = agreement_tables.list_heading
        rows = await self._session.execute(select(t.c.word, t.c.key).where(t.c.city == city))
        return {str(row.word): str(row.key) for row in rows}

    async def remember_headings(self, city: str, chosen: Mapping[str, str]) -> None:
        """Remember what a city's office reads headings as, in place of what it chose for them before."""
        t = agreement_tables.list_heading
        await self._session.execute(delete(t).where(t.c.city == city, t.c.word.in_(list(chosen))))
        self._session.add_all(ListHeading(city=city, word=word, key=key) for word, key in chosen.items())
        await self._session.flush()

    async def _found(self, city: str, column: ColumnElement[Any], values: Sequence[str]) -> list[KnownAgreement]:
        t, term, partner = agreement_tables.agreement, agreement_tables.agreement_term, tables.partner
        columns = (
            *(t.c[name] for name in (*_OWN, "number")),
            *(partner.c[name].label(f"partner_{name}") for name in _PARTNER),
            *(term.c[name] for name in ("starts_on", "expires_on", "stage")),
        )
        found: dict[str, list[RowMapping]] = {}
        for begin in range(0, len(values), _BATCH):
            query = (
                select(*columns)
                .join(term, (term.c.agreement_id == t.c.id) & term.c.reversed_on.is_(None))
                .outerjoin(partner, partner.c.id == t.c.partner_id)
                .where(t.c.city == city, column.in_(values[begin : begin + _BATCH]))
                .order_by(t.c.id, term.c.number)
            )
            for row in (await self._session.execute(query)).mappings():
                found.setdefault(row["id"], []).append(row)
        return [_known(rows) for rows in found.values()]


def _known(rows: Sequence[RowMapping]) -> KnownAgreement:
    from workers.readers.agreementlist import ListedPartner
    from workers.readers.listdiff import KnownAgreement

    last = rows[-1]
    return KnownAgreement(
        **{name: last[name] for name in _OWN if name not in {"parties", "fields", "remark"}},
        remark=last["remark"] or "",
        number=last["number"] or "",
        parties=tuple(last["parties"]),
        fields=tuple(last["fields"]),
        partner=ListedPartner(**{name: last[f"partner_{name}"] or "" for name in _PARTNER}),
        terms=tuple((row["starts_on"], row["expires_on"]) for row in rows),
        renewing=last["stage"] not in _WAITING,
    )
