"""A backup is one file that is whole, sealed and of one moment; what comes back is what went in (ALL-18)."""

from __future__ import annotations

import asyncio
import json
import tarfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from alembic import command
from click.testing import CliRunner
from sqlalchemy import func, select, text

from tests.kit.registry import registry_at, some_case, some_mail
from workers.adapters.backup import registries, sealed, whole
from workers.adapters.backup.archive import extract
from workers.adapters.backup.whole import Wanted
from workers.adapters.registry import database, outbox_tables, tables
from workers.adapters.registry.outbox_tables import QueueStatus
from workers.adapters.registry.queue import EngineCallQueue, MailQueue
from workers.adapters.registry.restores import Hold, begin_hold, is_on_hold
from workers.cli import main
from workers.errors import InputError, PermanentError
from workers.settings import Settings

pytestmark = pytest.mark.asyncio

_NOW: Final = datetime(2026, 11, 30, 3, tzinfo=UTC)
_NONE: Final = {"kind": "none"}
T = TypeVar("T")


def _settings(data: Path, url: str = "") -> Settings:
    return Settings(data=data, database_url=url)


async def _filled(settings: Settings, case_id: str = "sakura-2026-1") -> None:
    """Put a case with a mail and a document into a registry."""
    async with registry_at(settings.registry_url, settings.data) as registry, registry.open_units()() as unit:
        await unit.cases.add(some_case(case_id))
        await unit.outbox.mail(some_mail(f"{case_id}/a\nline\ttab\\"))
        await unit.documents.store(
            case_id=case_id,
            kind="draft",
            name="案.txt",
            media_type="text/plain",
            content=f"案 {case_id}".encode(),
            draft=True,
        )


async def _asked(url: str, ask: Callable[[Any], Awaitable[T]]) -> T:
    engine = database.create_engine(url, pool_size=1)
    try:
        async with engine.connect() as connection:
            return await ask(connection)
    finally:
        await engine.dispose()


async def _counts(url: str) -> tuple[int, int]:
    async def ask(connection: Any) -> tuple[int, int]:
        cases = await connection.scalar(select(func.count()).select_from(tables.case))
        mails = await connection.scalar(select(func.count()).select_from(outbox_tables.mail))
        return cases, mails

    return await _asked(url, ask)


async def _take(settings: Settings, target: Path, key: bytes | None = None) -> dict[str, Any]:
    return await asyncio.to_thread(whole.take, settings, target, key, engine=_NONE, now=_NOW)


async def _restore(settings: Settings, source: Path, **options: Any) -> dict[str, Any]:
    options = {"wanted": Wanted(), "overwrite": False, "now": _NOW, **options}
    return await asyncio.to_thread(whole.restore, settings, source, options.pop("key", None), **options)


async def test_what_a_backup_holds_comes_back_and_what_came_after_is_gone(database_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", database_url)
    await _filled(settings)
    held = settings.data / "held-answers"
    held.mkdir()
    (held / "1.json").write_text("{}", encoding="utf-8")
    file = tmp_path / "a.renkei"
    manifest = await _take(settings, file)
    await _filled(settings, "sakura-2026-2")
    (held / "1.json").unlink()

    with pytest.raises(InputError, match="--overwrite"):
        await _restore(settings, file)
    assert await _counts(database_url) == (2, 2)
    await _restore(settings, file, overwrite=True)

    assert manifest["registry"]["rows"]["case"] == 1
    assert await _counts(database_url) == (1, 1)
    assert (held / "1.json").read_text(encoding="utf-8") == "{}"
    assert (held / "1.json").stat().st_mode & 0o777 == 0o600
    async with registry_at(database_url, settings.data) as registry, registry.open_units()() as unit:
        (document,) = await unit.documents.of_case("sakura-2026-1")
        assert await unit.documents.read(document) == "案 sakura-2026-1".encode()
        kept = await unit.outbox.kept(1)
        assert kept is not None
        assert kept.business_key == "sakura-2026-1/a\nline\ttab\\"
        # A number that was given out is not given out again.
        await unit.cases.add(some_case("sakura-2026-3"))
        await unit.outbox.mail(some_mail("sakura-2026-3/b"))
    assert await _counts(database_url) == (2, 2)


async def test_a_sealed_backup_opens_with_its_key_alone_and_tells_any_damage(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data")
    await _filled(settings)
    (settings.data / "large").write_bytes(b"x" * 3_000_000)
    keys = [tmp_path / "one.key", tmp_path / "other.key"]
    for path in keys:
        sealed.make_key(path)
    key, other = (sealed.read_key(path) for path in keys)
    file = tmp_path / "a.renkei"
    await _take(settings, file, key)
    whole.verify(settings, file, key)
    content = file.read_bytes()

    with pytest.raises(InputError, match="--key"):
        whole.verify(settings, file, None)
    with pytest.raises(PermanentError, match="鍵が違う"):
        whole.verify(settings, file, other)
    for damaged in (content[:-1], content[:-20], content[: len(content) // 2], content[:200]):
        file.write_bytes(damaged)
        with pytest.raises(PermanentError, match="壊れて"):
            whole.verify(settings, file, key)
    for at in (60, len(content) // 2, len(content) - 5):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(PermanentError, match="壊れて"):
            whole.verify(settings, file, key)
    assert b"sakura" not in content
    assert list(settings.data.glob(".backup-*")) == []


async def test_a_key_is_never_replaced_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "renkei.key"
    sealed.make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="すでにあります"):
        sealed.make_key(path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        sealed.read_key(path)
    path.chmod(0o600)
    path.write_text("renkei-key-1:abc\n", encoding="ascii")
    with pytest.raises(InputError, match="renkei の鍵ではありません"):
        sealed.read_key(path)


async def test_an_open_backup_that_was_changed_is_refused(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data")
    await _filled(settings)
    file = tmp_path / "a.renkei"
    await _take(settings, file)
    inside = tmp_path / "inside"
    inside.mkdir()
    extract(file, None, inside)
    document = next((inside / "data" / "files").glob("??/*"))
    document.write_bytes(b"another text")
    changed = tmp_path / "changed.renkei"
    with tarfile.open(changed, "w:gz") as tar:
        for name in ("registry", "data", "SHA256SUMS", "manifest.json"):
            tar.add(inside / name, name)

    with pytest.raises(PermanentError, match="チェックサム"):
        whole.verify(settings, changed, None)
    with pytest.raises(PermanentError, match="チェックサム"):
        await _restore(settings, changed, overwrite=True)
    assert await _counts(settings.registry_url) == (1, 1)


async def test_no_file_of_a_backup_may_lie_outside_of_it(tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data")
    evil = tmp_path / "evil.renkei"
    with tarfile.open(evil, "w:gz") as tar:
        (tmp_path / "word").write_text("x", encoding="utf-8")
        tar.add(tmp_path / "word", "../outside")
    with pytest.raises(PermanentError, match="壊れて"):
        whole.verify(settings, evil, None)
    assert not (tmp_path / "outside").exists()
    assert not (settings.data / "outside").exists()


async def test_a_newer_programs_backup_and_another_kind_of_database_are_refused_before_anything_is_touched(
    tmp_path: Path, postgres_url: str
) -> None:
    settings = _settings(tmp_path / "data")
    await _filled(settings)
    file = tmp_path / "a.renkei"
    await _take(settings, file)

    with pytest.raises(PermanentError, match="PostgreSQL には戻せません"):
        await _restore(_settings(tmp_path / "other", postgres_url), file)

    async def newer(connection: Any) -> None:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await connection.commit()

    await _asked(settings.registry_url, newer)
    late = tmp_path / "late.renkei"
    await _take(settings, late)
    with pytest.raises(PermanentError, match="新しい版の renkei"):
        await _restore(settings, late, overwrite=True)
    assert await _counts(settings.registry_url) == (1, 1)


async def test_a_backup_of_an_older_schema_is_brought_up_to_date(database_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", database_url)
    await _filled(settings)

    async def older(connection: Any) -> None:
        def down(sync: Any) -> None:
            command.downgrade(database.alembic_config(sync), "0029")

        await connection.run_sync(down)
        await connection.commit()

    await _asked(database_url, older)
    file = tmp_path / "a.renkei"
    manifest = await _take(settings, file)
    await _restore(settings, file, overwrite=True)
    engine = database.create_engine(database_url, pool_size=1)
    await database.check(engine)
    await engine.dispose()
    assert manifest["registry"]["revision"] == "0029"
    assert await _counts(database_url) == (1, 1)


async def test_nobody_restores_under_a_worker_that_is_connected(postgres_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", postgres_url)
    await _filled(settings)
    file = tmp_path / "a.renkei"
    await _take(settings, file)
    engine = database.create_engine(postgres_url, pool_size=1)
    async with engine.connect():
        with pytest.raises(PermanentError, match="つながっています"):
            await _restore(settings, file, overwrite=True)
        assert list(settings.data.glob("before-restore-*")) == []
    await engine.dispose()
    await _restore(settings, file, overwrite=True)
    assert await _counts(postgres_url) == (1, 1)


async def test_a_backup_is_of_one_moment_while_others_write(database_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", database_url)
    await _filled(settings)
    stop = asyncio.Event()

    async def write() -> int:
        written = 0
        async with registry_at(database_url, settings.data) as registry:
            opened = registry.open_units()
            while not stop.is_set():
                written += 1
                async with opened() as unit:
                    case_id = f"sakura-2026-{written + 10}"
                    await unit.cases.add(some_case(case_id))
                    await unit.outbox.mail(some_mail(f"{case_id}/a"))
        return written

    writing = asyncio.create_task(write())
    files = [tmp_path / f"{number}.renkei" for number in range(3)]
    manifests = [await _take(settings, file) for file in files]
    stop.set()
    written = await writing
    counts = [(m["registry"]["rows"]["case"], m["registry"]["rows"]["mail"]) for m in manifests]
    assert written > 0
    assert all(cases == mails for cases, mails in counts), counts
    for file in files:
        await asyncio.to_thread(whole.verify, settings, file, None)


async def test_what_waited_in_the_backup_is_held_and_nothing_is_claimed(database_url: str, tmp_path: Path) -> None:
    settings = _settings(tmp_path / "data", database_url)
    await _filled(settings)
    engine = database.create_engine(database_url, pool_size=2)
    await begin_hold(engine, Hold(backup_at=_NOW, registry=True, engine=False))
    sessions = database.session_factory(engine)
    mails, calls = MailQueue(sessions), EngineCallQueue(sessions)
    async with registry_at(database_url, settings.data) as registry, registry.open_units()() as unit:
        await unit.outbox.mail(some_mail("sakura-2026-1/new"))
        await unit.outbox.engine_call(business_key="x", kind="publish-message", payload={})
    assert await is_on_hold(engine)
    assert await mails.next_due() is None
    assert await mails.claim("me", 10, 60) == []
    assert await calls.claim("me", 10, 60) == []
    assert [mail.status for mail in await mails.list()] == [QueueStatus.HELD, QueueStatus.QUEUED]
    await engine.dispose()


async def _run(*arguments: str) -> tuple[int, str]:
    done = await asyncio.to_thread(CliRunner().invoke, main, list(arguments))
    return done.exit_code, done.output


async def test_the_commands_take_check_and_restore(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RENKEI_DATABASE_URL", raising=False)
    data, file, key = tmp_path / "data", tmp_path / "a.renkei", tmp_path / "renkei.key"
    await _filled(_settings(data))
    common = ("--data", str(data))
    code, output = await _run("backup", str(file), "--new-key", str(key), *common)
    assert (code, "戻せることを確かめました" in output, "暗号化していません" in output) == (0, True, True), output
    file.unlink()
    code, output = await _run("backup", str(file), "--key", str(key), *common)
    assert code == 0, output
    assert "案件 1 件" in output
    code, output = await _run("backup", str(file), "--key", str(key), *common)
    assert (code, "別の名前" in output) == (1, True)
    code, output = await _run("backup", str(file), "--verify", "--key", str(key), "--json", *common)
    assert json.loads(output)["registry"]["rows"]["case"] == 1
    code, output = await _run("restore", str(file), "--key", str(key), *common)
    assert (code, "--overwrite" in output) == (1, True), output
    code, output = await _run("restore", str(file), "--key", str(key), "--overwrite", *common)
    assert (code, "止めてあります" in output) == (0, True), output
    code, output = await _run("status", *common)
    assert (code, "renkei reconcile" in output) == (1, True), output
    for order in (("reconcile",), ("reconcile", "--confirm")):
        code, output = await _run(*order, *common)
        assert (code, "Camunda" in output) == (1, True), output  # nothing is let go while the engine does not answer
    code, output = await _run("status", *common)
    assert "renkei reconcile" in output
    code, output = await _run("doctor", "--json", *common)
    assert "復元" in {finding["part"] for finding in json.loads(output)}
    assert registries.holds_anything(_settings(data).registry_url)
