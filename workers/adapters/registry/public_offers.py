"""First offers by the public page: the table and the repository behind ``usecases.ports``."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column, Index, String, Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.columns import Json, Moment, key_column, text_column, version_column
from workers.adapters.registry.tables import metadata
from workers.domain.publicoffers import PublicOffer

public_offer = Table(
    "public_offer",
    metadata,
    key_column(),
    Column("token_hash", String, nullable=False, unique=True),
    text_column("city"),
    text_column("email"),
    Column("made_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("draft", Json()),
    Column("case_id", String),
    Column("sent_at", Moment),
    version_column(),
    Index(None, "city", "made_at"),
)


class SqlPublicOffers:
    """First offers of new partners."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, offer: PublicOffer) -> None:
        """Keep an address that is to be confirmed; it has its id afterwards."""
        self._session.add(offer)
        await self._session.flush()

    async def find(self, token_hash: str) -> PublicOffer | None:
        """Return the offer of a secret word's hash, or None."""
        found: PublicOffer | None = await self._session.scalar(
            select(PublicOffer).where(public_offer.c.token_hash == token_hash)
        )
        return found

    async def asked(self, city: str, since: datetime, *, email: str | None = None) -> int:
        """Return how many confirmations a city's page has mailed since a moment, to one address or to all."""
        t = public_offer.c
        query = select(func.count()).select_from(public_offer).where(t.city == city, t.made_at >= since)
        return await self._session.scalar(query if email is None else query.where(t.email == email)) or 0

    async def drop_expired(self, now: datetime) -> None:
        """Forget those that expired."""
        await self._session.execute(delete(public_offer).where(public_offer.c.expires_at <= now))
