"""The database fixtures: both servers answer, and no test sees another's data."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("turn", [1, 2])
async def test_every_test_gets_an_empty_database_that_keeps_japanese(database_url: str, turn: int) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE kit (name TEXT)"))  # fails where the other turn's table is
        await connection.execute(text("INSERT INTO kit VALUES (:name)"), {"name": f"伊勢崎市{turn}𠮷"})
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT name FROM kit"))).all() == [(f"伊勢崎市{turn}𠮷",)]
    await engine.dispose()


async def test_postgresql_listens_on_the_loopback_only(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)
    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW listen_addresses"))).scalar() == "127.0.0.1"
    await engine.dispose()
