"""Tells a fault of the database that passes by itself from one that does not."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from workers.errors import BusyError

MESSAGE = "データベースに今つながらないか、混み合っています。自動でやり直します"
# FULL and what a full disk also shows as: somebody makes room, then everything goes on by itself.
_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
}
# PostgreSQL: connection, serialization failure, deadlock, lock not available, cancelled, shutdown, and class 53: disk
# full, out of memory, too many clients
_SQLSTATE_PASSING = ("08", "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53")


def is_passing(error: BaseException) -> bool:
    """Return whether trying the whole transaction again may help."""
    if isinstance(error, (StaleDataError, PoolTimeoutError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", None)
        return code is not None and (code & 0xFF) in _SQLITE_PASSING
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # refused or lost before the server could say anything
        return isinstance(error, OperationalError)
    return str(state).startswith(_SQLSTATE_PASSING)


@contextmanager
def passing_faults_retryable() -> Iterator[None]:
    """Turn a passing fault of the database into BusyError; everything else stays as it is."""
    try:
        yield
    except Exception as error:
        if is_passing(error):
            raise BusyError(MESSAGE) from error
        raise
