"""The addresses by which calendar programs read what is due: whose, for which groups; of the word a hash is kept."""

from __future__ import annotations

from sqlalchemy import Column, Index, String, Table, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from workers.adapters.registry.columns import Json, Moment, text_column
from workers.adapters.registry.tables import metadata
from workers.domain.desk import CalendarFeed

calendar_feed = Table(
    "calendar_feed",
    metadata,
    Column("word_hash", String, primary_key=True),
    text_column("user"),
    text_column("name"),
    Column("groups", Json()),
    Column("made_at", Moment, nullable=False),
    Index(None, "user"),
)


class SqlCalendarFeeds:
    """``CalendarFeeds`` on the table."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, feed: CalendarFeed) -> None:
        """Keep a feed."""
        self._session.add(feed)
        await self._session.flush()

    async def feed(self, word_hash: str) -> CalendarFeed | None:
        """Return the feed of a word's hash, or None."""
        return await self._session.get(CalendarFeed, word_hash)

    async def of_user(self, user: str) -> CalendarFeed | None:
        """Return a person's feed, or None."""
        found: CalendarFeed | None = await self._session.scalar(
            select(CalendarFeed).where(calendar_feed.c.user == user).limit(1)
        )
        return found

    async def end(self, user: str) -> None:
        """Make a person's address worthless."""
        await self._session.execute(delete(CalendarFeed).where(calendar_feed.c.user == user))
