"""Engine, sessions and schema of the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, Connection, Engine, event, inspect, make_url, text
from sqlalchemy import create_engine as create_sync_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from workers.adapters.registry.faults import passing_faults_retryable
from workers.adapters.registry.sqlite_connection import connecting
from workers.errors import PermanentError

if TYPE_CHECKING:  # a registry that is up to date does without
    from alembic.config import Config

BUSY_SECONDS = 30
"""How long SQLite waits for another process's transaction."""

READ_ONLY = {"renkei_sqlite_begin": "DEFERRED"}
"""Execution options of a connection that only reads: on SQLite it then waits for no writer."""

MIGRATIONS = Path(__file__).parent / "migrations"
"""Alembic's folder: its environment and the versions of the schema."""

_MIGRATION_LOCK = 0x72656E6B6569  # "renkei": names the advisory lock
_MIGRATION_SECONDS = 120


def async_url(url: str) -> URL:
    """Return the URL with renkei's drivers; raises PermanentError for any other database or a text that is no URL."""
    return _url(url, sqlite="sqlite+aiosqlite")


def sync_url(url: str) -> URL:
    """Return the URL for a connection that blocks; raises PermanentError as :func:`async_url`."""
    return _url(url, sqlite="sqlite")


def _url(url: str, *, sqlite: str) -> URL:
    try:
        parsed = make_url(url)
    except Exception:  # noqa: BLE001 (the parser raises several kinds)
        # The text may hold a password: neither it nor the parser's message goes into ours.
        raise PermanentError("RENKEI_DATABASE_URL: データベースの URL として読めません") from None
    backend = parsed.drivername.partition("+")[0]
    if backend == "sqlite" and parsed.database and parsed.database != ":memory:":
        return parsed.set(drivername=sqlite)
    if backend in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    raise PermanentError("RENKEI_DATABASE_URL: SQLite のファイルか PostgreSQL を指定してください")


def create_reading_engine(url: str) -> AsyncEngine:
    """Return an engine for what only reads: it waits for no writer, and each of its statements stands for itself."""
    return _create_engine(url, pool_size=5, options=READ_ONLY, postgresql={"isolation_level": "AUTOCOMMIT"})


def create_engine(url: str, *, pool_size: int = 20, lock_ms: int = 20_000, asks_first: bool = True) -> AsyncEngine:
    """Return the engine for a registry URL.

    On PostgreSQL ``pool_size`` is the number of this process's connections, ``lock_ms`` how long one waits for a lock,
    and with ``asks_first`` one that is taken from the pool is tried first: without, its user tries again himself.

    SQLite has one writer at a time. Within a process one connection, handed out in turn, is faster and fairer than
    several that poll for the lock; other processes are waited for up to BUSY_SECONDS.
    """
    postgresql = {"pool_pre_ping": asks_first}
    return _create_engine(url, pool_size=pool_size, options={}, postgresql=postgresql, lock_ms=lock_ms)


def _create_engine(
    url: str, *, pool_size: int, options: Mapping[str, str], postgresql: Mapping[str, Any], lock_ms: int = 20_000
) -> AsyncEngine:
    target = async_url(url)
    if target.get_backend_name() == "sqlite":
        _make_folder(target)
        engine = create_async_engine(
            target,
            pool_size=1,
            max_overflow=0,
            pool_timeout=BUSY_SECONDS,
            async_creator=connecting(target.database or "", busy_seconds=BUSY_SECONDS),
            json_serializer=_json,
            hide_parameters=True,
            execution_options=options,
        )
        _prepare_sqlite(engine)
        return engine
    return create_async_engine(
        target,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_SECONDS,
        connect_args={
            "connect_timeout": 10,
            "application_name": "renkei",
            "options": f"-c timezone=UTC -c lock_timeout={lock_ms} -c idle_in_transaction_session_timeout=5min",
        },
        json_serializer=_json,
        hide_parameters=True,
        **{"pool_pre_ping": True, **postgresql},
    )


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return the session factory; entities stay readable after their transaction."""
    from workers.adapters.registry.sessions import RegistrySession  # maps the entities; migrations do without

    return async_sessionmaker(engine, expire_on_commit=False, sync_session_class=RegistrySession)


def migrate(url: str) -> None:
    """Bring the schema to the newest version, creating the database file where there is none (blocking).

    Safe when several processes start at once. Raises PermanentError when the schema is newer than this program.
    """
    target = _url(url, sqlite="sqlite")
    with passing_faults_retryable():
        if target.get_backend_name() == "sqlite":
            _make_folder(target)
            _migrate_sqlite(target)
        else:
            _migrate_postgresql(target)


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's configuration for an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def head_revision() -> str:
    """Return the schema version of this program: that of the last migration, whose file is named for it."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def known_tables() -> set[str]:
    """Return the names of this program's tables, but for the note of the schema's version."""
    from workers.adapters.registry import outbox_tables, restored_tables, sessions  # noqa: F401 (they map the others)
    from workers.adapters.registry.tables import metadata

    return set(metadata.tables)


async def check(engine: AsyncEngine) -> None:
    """Return when the registry answers and has this program's schema.

    Raises RetryableError when it does not answer, PermanentError for another schema.
    """
    with passing_faults_retryable():
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            found = await connection.run_sync(_revision)
    if found != head_revision():
        raise PermanentError("データベースの版がこの renkei と合いません。renkei を新しくしてから起動し直してください")


def _migrate_sqlite(url: URL) -> None:
    """Migrate in one transaction that excludes every other writer from its beginning: the lock between processes.

    References are not enforced meanwhile (SQLite's default), because changing a table there means rebuilding it;
    they are checked as a whole before the commit.
    """
    engine = create_sync_engine(url, connect_args={"timeout": _MIGRATION_SECONDS, "isolation_level": None})
    try:
        if _is_current(engine):
            return
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        with engine.begin() as connection:
            _upgrade(connection)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise PermanentError("データベースの更新で記録どうしのつながりが切れました。更新を取り消しました")
    finally:
        engine.dispose()


def _migrate_postgresql(url: URL) -> None:
    engine = create_sync_engine(url, connect_args={"connect_timeout": 10})
    try:
        if _is_current(engine):
            return
        with engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = '{_MIGRATION_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()  # the lock belongs to the session and outlives the transaction
            with connection.begin():
                _upgrade(connection)
    finally:
        engine.dispose()  # ends the session and with it the lock


def _is_current(engine: Engine) -> bool:
    """Return whether there is nothing to do: the usual start then waits for nobody."""
    with engine.connect() as connection:
        return _revision(connection) == head_revision()


def _revision(connection: Connection) -> str | None:
    """Return the version that Alembic has noted; None where there is no table of it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise PermanentError("データベースがこの renkei より新しい版のものです。renkei を新しくしてください") from error


def _make_folder(url: URL) -> None:
    Path(url.database or "").parent.mkdir(parents=True, exist_ok=True, mode=0o700)


_json: Final = json.JSONEncoder(ensure_ascii=False).encode
"""Not ``json.dumps``: with an option it makes an encoder anew for each of a list's many values."""


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Set what SQLite forgets with each connection, and begin transactions as writers.

    A transaction that reads first and writes later would fail, not wait, when another one committed in between.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("renkei_sqlite_begin", "IMMEDIATE")
        quick: Any = connection.connection.driver_connection
        if not quick.begin_at_once(f"BEGIN {mode}"):
            connection.exec_driver_sql(f"BEGIN {mode}")
