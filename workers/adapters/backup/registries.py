"""The registry in a backup: SQLite as a file, PostgreSQL as its tables' rows, each of one moment.

No program of PostgreSQL's is needed (an image of renkei has none): the rows are copied by the server itself, in a
transaction that sees one moment, and go back into tables that our own migrations make.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection, create_engine

from workers.adapters.registry import database
from workers.adapters.registry.restores import Hold
from workers.errors import PermanentError

FOLDER: Final = "registry"
SQLITE: Final = "registry.sqlite3"
_VERSIONS: Final = "alembic_version"
_BUSY_SECONDS: Final = 60
_PIECE: Final = 1024 * 1024


def save(url: str, folder: Path) -> dict[str, Any]:
    """Write the registry of one moment into a folder; returns what it is: kind, revision, rows by table.

    Nobody who writes meanwhile is hindered. Raises PermanentError where there is no registry yet.
    """
    target = database.async_url(url)
    if target.get_backend_name() == "sqlite":
        return _save_sqlite(Path(target.database or ""), folder)
    return _save_postgresql(target, folder)


def check(folder: Path, told: Mapping[str, Any]) -> None:
    """Compare a saved registry with what the backup tells of it; raises PermanentError where they differ.

    SQLite's file is opened and examined; of PostgreSQL's tables the rows are counted.
    """
    found = _sqlite_facts(folder / SQLITE) if told["kind"] == "sqlite" else _copied_rows(folder, told)
    if found != dict(told["rows"]):
        raise PermanentError("バックアップの中の台帳の件数が、取ったときと合いません")


def require_readable(told: Mapping[str, Any], url: str) -> None:
    """Raise PermanentError where this program, or this kind of database, cannot take a saved registry."""
    kind = "sqlite" if database.async_url(url).get_backend_name() == "sqlite" else "postgresql"
    if kind != told["kind"]:
        names = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise PermanentError(
            f"{names[told['kind']]} の台帳のバックアップなので、{names[kind]} には戻せません（RENKEI_DATABASE_URL）"
        )
    known = {file.name.partition("_")[0] for file in (database.MIGRATIONS / "versions").glob("[0-9]*.py")}
    if told["revision"] not in known:
        raise PermanentError(
            f"新しい版の renkei で取ったバックアップです（台帳の版 {told['revision']}、この renkei は "
            f"{database.head_revision()}）。renkei を新しくしてください"
        )


def holds_anything(url: str) -> bool:
    """Return whether there is a registry that a restore would replace."""
    target = database.async_url(url)
    if target.get_backend_name() == "sqlite":
        return Path(target.database or "").exists()
    with psycopg.connect(_address(target)) as connection:
        return _VERSIONS in _tables(connection)


def load(url: str, folder: Path, told: Mapping[str, Any], *, aside: Path, hold: Hold) -> None:
    """Put a saved registry in place of the one that is there, brought to this program's schema and on hold.

    Args:
        url: The registry.
        folder: Where :func:`save` wrote it.
        told: What ``save`` returned.
        aside: SQLite: where the file that was there goes. PostgreSQL replaces its tables in one transaction.
        hold: Noted before the first program can see the restored registry.

    Raises PermanentError where somebody works with the registry; it stays as it was then.
    """
    target = database.async_url(url)
    if target.get_backend_name() == "sqlite":
        _load_sqlite(Path(target.database or ""), folder / SQLITE, aside, hold)
    else:
        _load_postgresql(target, folder, told, hold)


# --- SQLite


def _save_sqlite(file: Path, folder: Path) -> dict[str, Any]:
    if not file.is_file():
        raise PermanentError(f"台帳がまだありません（{file}）")
    copy = folder / SQLITE
    with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("VACUUM INTO ?", (str(copy),))
    copy.chmod(0o600)
    with closing(sqlite3.connect(copy)) as connection:
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return {"kind": "sqlite", "revision": revision, "rows": _sqlite_facts(copy)}


def _sqlite_facts(file: Path) -> dict[str, int]:
    """Examine a file of SQLite and return its rows by table; raises PermanentError where it is damaged."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            sound = sound and connection.execute("PRAGMA foreign_key_check").fetchone() is None
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608 (names of our tables)
        except sqlite3.DatabaseError as error:
            raise PermanentError("バックアップの中の台帳が壊れています") from error
    if not sound:
        raise PermanentError("バックアップの中の台帳が壊れています")
    return rows


def _load_sqlite(file: Path, saved: Path, aside: Path, hold: Hold) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    copy = file.with_name(file.name + ".restored")
    copy.unlink(missing_ok=True)
    with saved.open("rb") as source, copy.open("wb") as sink:
        copy.chmod(0o600)
        while piece := source.read(_PIECE):
            sink.write(piece)
    address = f"sqlite:///{copy}"
    database.migrate(address)
    engine = create_engine(address)
    with engine.begin() as connection:
        hold.note(connection)
    engine.dispose()
    for ending in ("", "-wal", "-shm"):
        old = file.with_name(file.name + ending)
        if old.exists():
            aside.mkdir(parents=True, exist_ok=True, mode=0o700)
            old.replace(aside / old.name)
    copy.replace(file)


# --- PostgreSQL


def _address(target: URL) -> str:
    return target.set(drivername="postgresql").render_as_string(hide_password=False)


def _save_postgresql(target: URL, folder: Path) -> dict[str, Any]:
    columns: dict[str, list[str]] = {}
    rows: dict[str, int] = {}
    with psycopg.connect(_address(target)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        tables = _tables(connection)
        if _VERSIONS not in tables:
            raise PermanentError("台帳がまだありません（PostgreSQL に renkei の表がありません）")
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        for table in sorted(tables - {_VERSIONS}):
            columns[table] = _columns(connection, table)
            rows[table] = _copy_out(connection, table, columns[table], folder / f"{table}.copy")
        sequences: dict[str, int] = dict(
            connection.execute(
                "SELECT sequencename, last_value FROM pg_sequences"
                " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
            ).fetchall()
        )
    return {
        "kind": "postgresql",
        "revision": found[0] if found else "",
        "rows": rows,
        "columns": columns,
        "sequences": sequences,
    }


def _tables(connection: psycopg.Connection) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return {row[0] for row in connection.execute(query)}


def _columns(connection: psycopg.Connection, table: str) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position"
    )
    return [row[0] for row in connection.execute(query, (table,))]


def _copy_out(connection: psycopg.Connection, table: str, columns: Sequence[str], file: Path) -> int:
    rows = 0
    with connection.cursor() as cursor, file.open("wb") as sink:
        file.chmod(0o600)
        with cursor.copy(_copy("TO STDOUT", table, columns)) as copy:
            for piece in copy:
                sink.write(piece)
                rows += bytes(piece).count(b"\n")  # the text form writes a line end inside a value as \n
    return rows


def _copy(direction: str, table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) {}").format(sql.Identifier(table), names, sql.SQL(direction))


def _copied_rows(folder: Path, told: Mapping[str, Any]) -> dict[str, int]:
    rows = {}
    for table in told["columns"]:
        with (folder / f"{table}.copy").open("rb") as file:
            rows[table] = sum(piece.count(b"\n") for piece in iter(lambda: file.read(_PIECE), b""))
    return rows


def _load_postgresql(target: URL, folder: Path, told: Mapping[str, Any], hold: Hold) -> None:
    """Replace the tables in one transaction: a failure leaves what was there."""
    engine = create_engine(target.set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            raw: psycopg.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # psycopg's
            _require_alone(raw)
            for table in sorted(_tables(raw) & ({*told["columns"], *database.known_tables()} | {_VERSIONS})):
                raw.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(table)))
            _make_tables(connection, told["revision"])
            references = _drop_references(raw)
            for table, columns in told["columns"].items():
                raw.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
                _copy_in(raw, table, columns, folder / f"{table}.copy")
            for table, name, definition in references:
                made = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
                raw.execute(made.format(sql.Identifier(table), sql.Identifier(name), sql.SQL(definition)))
            for name, value in told["sequences"].items():
                raw.execute("SELECT setval(%s::regclass, %s)", (sql.Identifier(name).as_string(raw), value))
            _make_tables(connection, "head")
            hold.note(connection)
    finally:
        engine.dispose()


def _copy_in(connection: psycopg.Connection, table: str, columns: Sequence[str], saved: Path) -> None:
    with (
        saved.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(_copy("FROM STDIN", table, columns)) as copy,
    ):
        while piece := file.read(_PIECE):
            copy.write(piece)


def _require_alone(connection: psycopg.Connection) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'renkei' AND pid <> pg_backend_pid()"
    )
    found = connection.execute(query).fetchone()
    if found and found[0]:
        raise PermanentError(
            f"ワーカーかページが台帳につながっています（{found[0]} 本）。止めてから、もう一度実行してください"
        )


def _make_tables(connection: Connection, revision: str) -> None:
    from alembic import command  # noqa: PLC0415 (a registry that is up to date does without)

    command.upgrade(database.alembic_config(connection), revision)


def _drop_references(connection: psycopg.Connection) -> list[tuple[str, str, str]]:
    """Take the references between tables away and return how to make them: two tables refer to each other."""
    query = (
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    )
    found = [(row[0].strip('"'), row[1], row[2]) for row in connection.execute(query).fetchall()]
    for table, name, _ in found:
        statement = sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}")
        connection.execute(statement.format(sql.Identifier(table), sql.Identifier(name)))
    return found
