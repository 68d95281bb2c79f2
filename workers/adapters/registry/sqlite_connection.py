"""aiosqlite's connection without a change of threads for what never waits.

aiosqlite hands each step of a statement (cursor, execute, fetch, close) to its thread and back: of a job's three
milliseconds two went there. Within a transaction a statement waits for nobody (WAL, and writers begin IMMEDIATE), it
takes some microseconds. So only what may wait goes to the thread: connecting, committing, and beginning while another
process writes.

That needs members of aiosqlite that are not public: ``_connection`` (sqlite3's own), ``_execute`` (what hands a
step to the thread) and ``_thread``. They are why pyproject.toml names one release of it.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import aiosqlite

PRIVATE = ("_connection", "_execute", "_thread")
"""Those members; a test compares them with the code."""


class QuickConnection(aiosqlite.Connection):
    """A connection for transactions that begin explicitly (``isolation_level=None``)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_thread: deque[None] = deque()
        self.busy_seconds = 0.0

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        connection, name = self._connection, getattr(fn, "__name__", "")
        if connection is not None and not self._in_thread:
            # Outside a transaction a new cursor is only memory, and a rollback (the pool's habit) does nothing.
            quick = name != "commit" if connection.in_transaction else name in {"cursor", "rollback"}
            if quick:
                return fn(*args, **kwargs)

        def run() -> Any:
            try:
                return fn(*args, **kwargs)
            finally:
                self._in_thread.pop()

        # The thread itself takes it back: a job that is cancelled while it commits rolls back behind the commit.
        self._in_thread.append(None)
        return await super()._execute(run)  # type: ignore[no-untyped-call]

    def begin_at_once(self, statement: str) -> bool:
        """Begin a transaction if that is possible without waiting for another process's."""
        connection = self._connection
        if connection is None or self._in_thread:
            return False
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute(statement)
        except sqlite3.OperationalError:
            return False  # the usual way waits, or meets the same error
        finally:
            connection.execute(f"PRAGMA busy_timeout={self.busy_seconds * 1000:.0f}")
        return True


def connecting(path: str, *, busy_seconds: float) -> Callable[[], Awaitable[aiosqlite.Connection]]:
    """Return what opens a connection to a database file, as SQLAlchemy's ``async_creator``."""

    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None, check_same_thread=False)

    async def connect() -> aiosqlite.Connection:
        connection = QuickConnection(connector, iter_chunk_size=64)
        connection.busy_seconds = busy_seconds
        connection._thread.daemon = True  # noqa: SLF001 (as SQLAlchemy does: a lost connection must not keep the process)
        return await connection

    return connect
