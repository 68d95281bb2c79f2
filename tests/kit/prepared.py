"""Registries of the newest schema, copied from one that was migrated once: a migration for each test took minutes."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from workers.adapters.registry import database

_TEMPLATE = "registry_template"


def prepare(url: str) -> None:
    """Bring a registry to the newest schema: an empty one becomes a copy, one that is there already is migrated."""
    target = make_url(url)
    if not (_copied_file(target) if target.get_backend_name() == "sqlite" else _copied_database(target)):
        database.migrate(url)


def _copied_file(target: URL) -> bool:
    file = Path(str(target.database))
    if file.exists():
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_sqlite())
    return True


def _copied_database(target: URL) -> bool:
    with psycopg.connect(_address(target)) as connection:
        if connection.execute("SELECT FROM pg_tables WHERE schemaname = 'public' LIMIT 1").rowcount:
            return False
    server = target.set(database="postgres")
    _postgresql(server)
    name, template = sql.Identifier(str(target.database)), sql.Identifier(_TEMPLATE)
    with psycopg.connect(_address(server), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
    return True


@cache
def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "registry.sqlite3"
        database.migrate(f"sqlite:///{file}")
        assert [path.name for path in Path(folder).iterdir()] == [file.name], "the log was not written back"
        return file.read_bytes()


@cache
def _postgresql(server: URL) -> None:
    with psycopg.connect(_address(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(_TEMPLATE)))
    database.migrate(server.set(database=_TEMPLATE).render_as_string(hide_password=False))


def _address(server: URL) -> str:
    return server.set(drivername="postgresql").render_as_string(hide_password=False)
