"""How agreements were signed, and which agreement each hangs on (ALL-25)."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.agreement_tables import agreement, agreement_parent
from workers.domain.agreements import Agreement
from workers.domain.signing import AgreementParent, SigningRecord


class SqlSigned:
    """The part of ``Register`` about signatures and parents."""

    _session: AsyncSession

    async def signing(self, agreement_id: str) -> SigningRecord | None:
        """Return how an agreement was signed, None where nobody has told."""
        return await self._session.get(SigningRecord, agreement_id)

    async def keep_signing(self, record: SigningRecord) -> None:
        """Keep how an agreement was signed, in place of what was told before."""
        await self._session.merge(record)
        await self._session.flush()

    async def parent(self, agreement_id: str) -> Agreement | None:
        """Return the agreement that another one hangs on."""
        t = agreement_parent.c
        query = select(Agreement).join(agreement_parent, t.parent_id == agreement.c.id)
        found: Agreement | None = await self._session.scalar(query.where(t.agreement_id == agreement_id))
        return found

    async def children(self, agreement_id: str) -> list[Agreement]:
        """Return the agreements that hang on one, oldest first."""
        t = agreement_parent.c
        query = select(Agreement).join(agreement_parent, t.agreement_id == agreement.c.id)
        query = query.where(t.parent_id == agreement_id).order_by(agreement.c.signed_on, agreement.c.id)
        return list((await self._session.scalars(query)).unique())

    async def set_parent(self, agreement_id: str, parent_id: str | None) -> None:
        """Hang an agreement on another one; on none with None."""
        await self._session.execute(delete(AgreementParent).where(agreement_parent.c.agreement_id == agreement_id))
        if parent_id is not None:
            self._session.add(AgreementParent(agreement_id=agreement_id, parent_id=parent_id))
        await self._session.flush()
