"""The init script of the production set-up on a real PostgreSQL, started with the options of docker-compose.yml."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine

from tests.kit.compose import ROOT, compose

pytestmark = [pytest.mark.postgres, pytest.mark.asyncio]

SCRIPT = ROOT / "docker" / "postgres" / "10-databases.sh"


@dataclass(frozen=True)
class Server:
    """A running PostgreSQL whose init script has run."""

    socket: Path
    port: int
    secrets: Path

    def secret(self, name: str) -> str:
        """Return a secret without its newline."""
        return (self.secrets / name).read_text(encoding="utf-8").strip()

    def url(self, user: str, password: str, database: str) -> str:
        """Return an address by TCP, where PostgreSQL asks for the password."""
        return f"postgresql+psycopg://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def init(self, secrets: Path) -> subprocess.CompletedProcess[str]:
        """Run the init script as the image's entrypoint does: as the superuser, by the socket."""
        env = os.environ | {"POSTGRES_USER": "postgres", "SECRETS_DIR": str(secrets)}
        env |= {"PGHOST": str(self.socket), "PGPORT": str(self.port)}
        return subprocess.run([str(SCRIPT)], env=env, capture_output=True, text=True, timeout=60, check=False)


def programs() -> Path:
    """Return the folder with initdb and pg_ctl; skips, with the reason, where PostgreSQL is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(places[-1]) if places else None)
    if found is None:
        pytest.skip("PostgreSQL's server programs are not installed")
    return Path(found).parent


def run(user: str | None, *command: str) -> None:
    """Run a program, as another user where we are root: PostgreSQL refuses root."""
    result = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    bin_ = programs()
    user = "postgres" if os.geteuid() == 0 else None
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = Path(tempfile.mkdtemp(prefix="renkei-pg-", dir="/tmp"))  # short: a socket's path has 107 bytes
    if user:
        os.chown(base, pwd.getpwnam(user).pw_uid, -1)
    base.chmod(0o711)
    environment = compose()["services"]["postgres"]["environment"]
    try:
        arguments = [*environment["POSTGRES_INITDB_ARGS"].split(), "--auth-local=trust", "--auth-host=scram-sha-256"]
        run(user, str(bin_ / "initdb"), "-D", str(base / "data"), "--username=postgres", "--no-sync", *arguments)
        options = f"-c listen_addresses=127.0.0.1 -p {port} -k {base} -c fsync=off"
        control = [str(bin_ / "pg_ctl"), "-D", str(base / "data"), "-w", "-t", "60"]
        run(user, *control, "-l", str(base / "log"), "-o", options, "start")
        try:
            secrets = base / "secrets"
            make = [str(ROOT / "docker" / "make-secrets.sh"), str(secrets)]
            subprocess.run(make, check=True, timeout=30, stdout=subprocess.DEVNULL)
            made = Server(socket=base, port=port, secrets=secrets)
            result = made.init(secrets)
            assert result.returncode == 0, result.stderr
            yield made
        finally:
            run(user, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def ask(url: str, statement: str) -> object:
    """Run one statement in a transaction of its own and return its first value, if it has any."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            result = await connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        await engine.dispose()


async def test_the_registrys_address_in_the_secret_file_opens_its_database(server: Server) -> None:
    url = make_url(server.secret("renkei_database_url")).set(host="127.0.0.1", port=server.port)
    address = url.render_as_string(hide_password=False)
    await ask(address, "CREATE TABLE proof (city text)")
    await ask(address, "INSERT INTO proof VALUES ('伊勢崎市')")
    assert await ask(address, "SELECT city FROM proof") == "伊勢崎市"


async def test_camundas_user_owns_its_database(server: Server) -> None:
    url = server.url("camunda", server.secret("camunda_db_password"), "camunda")
    await ask(url, "CREATE TABLE proof (id int)")
    assert await ask(url, "SELECT count(*) FROM proof") == 0
    assert await ask(url, "SHOW server_encoding") == "UTF8"


@pytest.mark.parametrize(
    ("user", "secret", "database"),
    [("camunda", "camunda_db_password", "renkei"), ("renkei", "renkei_db_password", "camunda")],
)
async def test_neither_user_gets_into_the_others_database(
    server: Server, user: str, secret: str, database: str
) -> None:
    with pytest.raises(OperationalError, match="permission denied for database"):
        await ask(server.url(user, server.secret(secret), database), "SELECT 1")


async def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(OperationalError, match="password authentication failed"):
        await ask(server.url("renkei", server.secret("camunda_db_password"), "renkei"), "SELECT 1")


async def test_neither_user_is_a_superuser_or_makes_databases(server: Server) -> None:
    url = server.url("renkei", server.secret("renkei_db_password"), "renkei")
    ours = "SELECT count(*) FROM pg_roles WHERE rolname IN ('camunda', 'renkei')"
    assert await ask(url, ours) == 2
    assert await ask(url, ours + " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication)") == 0


async def test_an_empty_secret_stops_the_start_and_is_named(server: Server, tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("camunda_db_password", "renkei_db_password"):
        (secrets / name).write_text("\n", encoding="utf-8")
    result = server.init(secrets)
    assert result.returncode != 0
    assert result.stderr.strip() == "秘密ファイル camunda_db_password が空です"


async def test_the_password_is_no_argument_of_a_program() -> None:
    commands = [line for line in SCRIPT.read_text(encoding="utf-8").splitlines() if "--set" in line]
    assert commands
    assert not [line for line in commands if "$password" in line.partition(" psql ")[2]]
