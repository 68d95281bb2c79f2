"""The registry's schema and engine, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from tests.kit.registry import registry_at
from workers.adapters.registry import (  # noqa: F401 (their indexes belong to the metadata)
    database,
    partial_indexes,
)
from workers.adapters.registry.outbox_tables import mail
from workers.errors import PermanentError, RetryableError

pytestmark = pytest.mark.asyncio

ROOT = Path(__file__).parents[2]


async def test_the_migrations_make_exactly_the_tables_that_the_program_maps(database_url: str) -> None:
    await asyncio.to_thread(database.migrate, database_url)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        return list(compare_metadata(context, mail.metadata))

    engine = database.create_engine(database_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(differences)
    await engine.dispose()
    assert found == []


async def test_the_newest_version_is_read_from_the_names_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == database.head_revision()


async def test_the_comparison_of_schemas_sees_a_missing_column_and_a_missing_index(database_url: str) -> None:
    await asyncio.to_thread(database.migrate, database_url)
    engine = database.create_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE mail DROP COLUMN smtp_reply"))
        await connection.execute(text("DROP INDEX uq_survey_answer_valid"))
    async with engine.connect() as connection:
        found = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), mail.metadata)
        )
    await engine.dispose()
    assert sorted(difference[0] for difference in found) == ["add_column", "add_index"]


async def test_processes_that_start_at_once_migrate_once(database_url: str) -> None:
    script = "import sys; from workers.adapters.registry.database import migrate; migrate(sys.argv[1])"
    starts = [
        subprocess.Popen(  # noqa: ASYNC220 (they have to start together; they are waited for in threads)
            [sys.executable, "-c", script, database_url], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    ends = await asyncio.gather(*(asyncio.to_thread(process.communicate, timeout=120) for process in starts))
    assert [(process.returncode, err) for process, (_, err) in zip(starts, ends, strict=True)] == [(0, "")] * 4
    engine = database.create_engine(database_url)
    await database.check(engine)
    await engine.dispose()


async def test_migrating_again_keeps_what_is_there(database_url: str) -> None:
    await asyncio.to_thread(database.migrate, database_url)
    engine = database.create_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO counter (name, value) VALUES ('case', 7)"))
    await asyncio.to_thread(database.migrate, database_url)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT value FROM counter")) == 7
    await engine.dispose()


async def test_a_start_with_the_newest_schema_waits_for_no_transaction(database_url: str, tmp_path: Path) -> None:
    async with registry_at(database_url, tmp_path) as registry, registry.units()() as uow:
        await uow.counters.draw("a")
        async with asyncio.timeout(10):
            await asyncio.to_thread(database.migrate, database_url)


async def test_a_schema_of_a_newer_program_is_refused_in_japanese(database_url: str) -> None:
    await asyncio.to_thread(database.migrate, database_url)
    engine = database.create_engine(database_url)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(PermanentError, match="版"):
        await database.check(engine)
    await engine.dispose()
    with pytest.raises(PermanentError, match="新しい版"):
        await asyncio.to_thread(database.migrate, database_url)


async def test_a_database_without_tables_does_not_pass_the_check(database_url: str) -> None:
    engine = database.create_engine(database_url)
    with pytest.raises(PermanentError, match="版"):
        await database.check(engine)
    await engine.dispose()


async def test_a_server_that_does_not_answer_is_a_passing_fault() -> None:
    url = "postgresql://renkei:secret@127.0.0.1:1/renkei"
    engine = database.create_engine(url)
    with pytest.raises(RetryableError):
        await database.check(engine)
    await engine.dispose()
    with pytest.raises(RetryableError):
        await asyncio.to_thread(database.migrate, url)


async def test_sqlite_connections_keep_references_write_ahead_and_survive_a_power_cut(tmp_path: Path) -> None:
    engine = database.create_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    async with engine.connect() as connection:
        found = {
            pragma: await connection.scalar(text(f"PRAGMA {pragma}"))
            for pragma in ("foreign_keys", "journal_mode", "synchronous", "busy_timeout")
        }
    await engine.dispose()
    assert found == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2, "busy_timeout": 30000}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry.sqlite3",
        "mysql://renkei:secret@db/renkei",
        "sqlite://",
        "sqlite:///:memory:",
        "postgresql://u:secret@h:port/x",
    ],
)
async def test_an_unusable_url_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(PermanentError, match="RENKEI_DATABASE_URL") as refused:
        database.create_engine(url)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None
