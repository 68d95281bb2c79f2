"""A registry of the release before keeps what is in it when a program with a newer schema brings it up to date."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from workers.adapters.registry import database
from workers.errors import PermanentError

pytestmark = pytest.mark.asyncio

_ROWS = (
    (
        "INSERT INTO partner (id, name, representative, contact, email, phone, address, corporate_number)"
        " VALUES (7, '株式会社さくら', '代表', '担当', 'a@partner.example.jp', '', '', '')"
    ),
    (
        'INSERT INTO "case" (id, city, process_id, opened_on, kind, period, origin, partner_id, version)'
        " VALUES ('sakura-2026-0001', 'sakura', 'sakura-signing', '2026-06-01', 'signing', '', 'partner', 7, 1)"
    ),
)
_NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9999", "{head}"

def upgrade():
    with op.batch_alter_table("partner", recreate="auto") as batch:
        batch.alter_column("phone", existing_type=sa.String(), nullable=True)  # SQLite makes the table anew for it
        batch.add_column(sa.Column("fax", sa.String(), nullable=False, server_default="なし"))
"""
_LOSING = """
from alembic import op

revision, down_revision = "9999", "{head}"

def upgrade():
    op.execute("DELETE FROM partner")
"""


@pytest.fixture(name="next_release")
def _next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the path of the next release's migration, which the test writes and puts in force by ``_release``."""
    folder = tmp_path / "migrations"
    shutil.copytree(database.MIGRATIONS, folder)
    yield folder / "versions" / "9999_next.py"
    database.head_revision.cache_clear()
    monkeypatch.undo()


async def test_rows_and_their_references_outlive_a_table_made_anew(
    database_url: str, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _fill(database_url)
    _release(next_release, _NEXT, monkeypatch)
    await asyncio.to_thread(database.migrate, database_url)

    def partner_of_case(connection: Connection) -> tuple[object, ...]:
        query = 'SELECT name, fax FROM "case" JOIN partner ON partner.id = "case".partner_id'
        return tuple(connection.execute(text(query)).one())

    assert await _read(database_url, partner_of_case) == ("株式会社さくら", "なし")


async def test_an_update_that_would_lose_what_a_case_refers_to_is_undone(
    tmp_path: Path, next_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite3'}"  # PostgreSQL refuses the statement itself
    await _fill(url)
    _release(next_release, _LOSING, monkeypatch)
    with pytest.raises(PermanentError, match="取り消しました"):
        await asyncio.to_thread(database.migrate, url)
    names = await _read(url, lambda connection: connection.execute(text("SELECT name FROM partner")).scalars().all())
    assert names == ["株式会社さくら"]


async def test_the_command_that_writes_migrations_knows_every_table(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite3'}"
    await asyncio.to_thread(database.migrate, url)
    command = [sys.executable, "-m", "alembic", "-c", "alembic.ini", "-x", f"url={url}", "check"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=database.MIGRATIONS, capture_output=True, text=True, check=False, timeout=120
        )

    checked = await asyncio.to_thread(run)
    assert (checked.returncode, checked.stdout.strip()) == (0, "No new upgrade operations detected."), checked.stderr


async def _fill(url: str) -> None:
    await asyncio.to_thread(database.migrate, url)
    engine = database.create_engine(url)
    async with engine.begin() as connection:
        for row in _ROWS:
            await connection.execute(text(row))
    await engine.dispose()


def _release(migration: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    migration.write_text(script.format(head=database.head_revision()), encoding="utf-8")
    monkeypatch.setattr(database, "MIGRATIONS", migration.parents[1])
    database.head_revision.cache_clear()


async def _read(url: str, read: Callable[[Connection], object]) -> object:
    engine = database.create_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(read)
    await engine.dispose()
    return found
