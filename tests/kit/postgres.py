"""A PostgreSQL server of the test run's own: Debian's programs, a data folder that goes away, 127.0.0.1 only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psycopg

from workers.localstack.launch import dies_with_parent

HOST = "127.0.0.1"
_SECONDS = 60


class PostgresMissingError(Exception):
    """No PostgreSQL server is installed on this machine."""


class Postgres:
    """A running server, user ``postgres`` without password.

    Data is synced to the disk only if it is ``lasting``, as in production: for measurements.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self._synced = "on" if lasting else "off"
        self._programs = _programs()
        self._user = _other_user()
        self._folder = Path(tempfile.mkdtemp(prefix="renkei-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        """Make an empty cluster, start it and wait until it answers; raises RuntimeError with its log."""
        if self._user:
            shutil.chown(self._folder, self._user)
        data = self._folder / "data"
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        made = subprocess.run(
            [self._programs / "initdb", "-D", data, *options],
            user=self._user,
            cwd=self._folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}{made.stderr}")
        settings = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self._folder),
            "fsync": self._synced,
            "full_page_writes": self._synced,
            "synchronous_commit": self._synced,
            "max_connections": "200",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*dies_with_parent("INT"), self._programs / "postgres", "-D", data, *arguments],
                user=self._user,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def close(self) -> None:
        """Stop the server, by SIGKILL after a deadline, and remove its data."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def database(self) -> Iterator[str]:
        """Make an empty database and yield its SQLAlchemy address; it is dropped afterwards, whoever is connected."""
        name = f"test_{uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield f"postgresql+psycopg://postgres@{HOST}:{self.port}/{name}"
        finally:
            self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self._address(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _address(self) -> str:
        return f"host={HOST} port={self.port} user=postgres dbname=postgres connect_timeout=5"

    def _wait(self) -> None:
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            with suppress(psycopg.OperationalError), psycopg.connect(self._address()):
                return
            time.sleep(0.05)
        log = (self._folder / "log").read_text(encoding="utf-8", errors="replace")
        self.close()
        raise RuntimeError(f"PostgreSQL did not start:\n{log}")


def _programs() -> Path:
    """Return the folder of the newest server programs: Debian's, which is not on the path, or the path's."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    found = debian[-1] if debian else shutil.which("initdb")
    if found is None:
        raise PostgresMissingError("PostgreSQL のサーバーがありません（apt install postgresql）")
    return Path(found).parent


def _other_user() -> str | None:
    """Return whom the server runs as where we are root, which PostgreSQL refuses to be."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
