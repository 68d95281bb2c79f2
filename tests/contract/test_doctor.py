"""``renkei doctor``: what works is said, what does not is named with what to do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from tests.kit.certificates import certificate
from tests.kit.prepared import prepare
from tests.kit.smtp import SmtpServer
from workers.cli import main
from workers.domain.cities import Sender
from workers.errors import InputError, PermanentError
from workers.runtime.doctor import connections, places
from workers.runtime.doctor.connections import certificate_findings, registry_findings, secure_addresses
from workers.runtime.doctor.findings import Finding, State, good, look_at_all
from workers.runtime.doctor.mail import mail_findings, send_test_mail
from workers.settings import Settings

_SENDER = Sender(name="見本市 政策課", address="seisaku@city.example.jp")
_NOW = datetime(2026, 11, 30, tzinfo=UTC)


def _states(findings: Sequence[Finding]) -> list[State]:
    return [finding.state for finding in findings]


def test_a_setting_that_nothing_reads_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert _states(places.settings_findings(settings, {"RENKEI_SMTP_HOST": "x", "RENKEI_HOME": "y"})) == [State.GOOD]
    (found,) = places.settings_findings(settings, {"RENKEI_SMTP_HOTS": "x"})
    assert found.state is State.NOTE
    assert "RENKEI_SMTP_HOTS という設定はありません" in found.says
    assert "RENKEI_SMTP_HOST のことなら" in found.advice


@pytest.mark.parametrize(
    ("free", "state"), [(499_000_000, State.BAD), (4_000_000_000, State.NOTE), (9_000_000_000, State.GOOD)]
)
def test_little_room_is_told_before_it_is_too_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    assert _states(places.disk_findings(Settings(data=tmp_path))) == [state]


def test_what_others_may_read_or_we_may_not_write_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data=tmp_path, home=tmp_path)
    file = tmp_path / "registry.sqlite3"
    file.touch(mode=0o600)
    assert set(_states(places.permission_findings(settings))) == {State.GOOD}
    file.chmod(0o644)
    *_, told = places.permission_findings(settings)
    assert (told.state, told.advice) == (State.NOTE, f"chmod go-rwx {file} を実行してください")
    monkeypatch.setattr(os, "access", lambda *_arguments: False)
    assert places.permission_findings(settings)[0].state is State.BAD


@pytest.mark.asyncio
async def test_a_registry_of_this_version_is_well(database_url: str, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=database_url)
    await asyncio.to_thread(prepare, database_url)
    found = await registry_findings(settings)
    assert set(_states(found)) == {State.GOOD}
    assert len(found) == (2 if "postgres" in database_url else 1), "a server has a clock of its own"


@pytest.mark.asyncio
async def test_an_empty_database_is_not_of_this_version_and_a_missing_file_is_not_made(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    assert "まだありません" in (await registry_findings(settings))[0].says
    file = tmp_path / "registry.sqlite3"
    assert not file.exists()
    file.touch()
    with pytest.raises(PermanentError, match="データベースの版がこの renkei と合いません"):
        await registry_findings(settings)


@pytest.mark.asyncio
async def test_the_mail_server_is_tried_with_tls_and_login_and_no_mail(tmp_path: Path) -> None:
    context, trusted = certificate(tmp_path)
    with pytest.MonkeyPatch.context() as patched, SmtpServer(users={"u": "right"}, tls=context) as server:
        patched.setenv("SSL_CERT_FILE", str(trusted))
        settings = Settings(smtp_port=server.port, smtp_tls="starttls", smtp_user="u", smtp_password=SecretStr("right"))
        taken, expires = await mail_findings(settings)
        assert taken.state is State.GOOD
        assert (expires.part, expires.state) == ("証明書", State.NOTE), "a certificate for a day"
        (wrong,) = await mail_findings(settings.model_copy(update={"smtp_password": SecretStr("wrong")}))
        assert wrong.state is State.BAD
        assert "断られました: 535" in wrong.says
        assert server.accepted == []


@pytest.mark.asyncio
async def test_a_mail_server_that_is_not_there_or_offers_no_tls_is_named() -> None:
    with SmtpServer() as server:
        port = server.port
        (plain,) = await mail_findings(Settings(smtp_port=port, smtp_tls="starttls"))
        assert plain.state is State.BAD
        assert "TLS かログインのしかたが合いません" in plain.says
    (away,) = await mail_findings(Settings(smtp_port=port))
    assert away.state is State.BAD
    assert f"127.0.0.1:{port} につながりません" in away.says
    assert away.advice


@pytest.mark.asyncio
async def test_a_mail_to_try_arrives_from_the_city(tmp_path: Path) -> None:
    with SmtpServer() as server:
        settings = Settings(data=tmp_path, smtp_port=server.port)
        (sent,) = await send_test_mail(settings, _SENDER, "kakari@city.example.jp", _NOW)
        assert sent.state is State.GOOD
        (mail,) = server.of("kakari@city.example.jp")
        assert b"seisaku@city.example.jp" in mail.content
        with pytest.raises(InputError, match="--mail"):
            await send_test_mail(settings, _SENDER, "nobody", _NOW)
    (refused,) = await send_test_mail(settings, _SENDER, "kakari@city.example.jp", _NOW)
    assert (refused.state, "送れません" in refused.says) == (State.BAD, True)


@pytest.mark.asyncio
async def test_a_certificate_is_read_and_one_that_cannot_be_trusted_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, file = certificate(tmp_path)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        (stranger,) = await certificate_findings("127.0.0.1", port)
        assert (stranger.state, "信じられません" in stranger.says) == (State.BAD, True)
        known = ssl.create_default_context(cafile=file)
        monkeypatch.setattr(connections, "trusted", lambda: known)
        (ending,) = await certificate_findings("127.0.0.1", port)
        assert (ending.state, "あと 0 日" in ending.says) == (State.NOTE, True)


def test_a_long_certificate_is_well() -> None:
    ends = datetime.now(UTC) + timedelta(days=300)
    assert connections.expiry("city.example.jp", f"{ends:%b %d %H:%M:%S %Y} GMT").state is State.GOOD


def test_every_address_with_tls_is_looked_at_once() -> None:
    settings = Settings(
        rest_address="https://camunda.example.jp/rest",
        tasklist_address="https://camunda.example.jp",
        gateway_address="zeebe.example.jp:443",
        gateway_tls=True,
        pages_url="https://kaitou.example.jp:8443",
    )
    assert secure_addresses(settings) == [
        ("camunda.example.jp", 443),
        ("kaitou.example.jp", 8443),
        ("zeebe.example.jp", 443),
    ]


@pytest.mark.parametrize(("seconds", "state"), [(1, State.GOOD), (60, State.NOTE)])
def test_a_clock_that_differs_is_told(seconds: int, state: State) -> None:
    assert connections._clock("台帳のサーバー", datetime.now(UTC) - timedelta(seconds=seconds)).state is state


@pytest.mark.asyncio
async def test_a_look_that_hangs_or_fails_keeps_none_of_the_others_from_speaking() -> None:
    async def hangs() -> list[Finding]:
        await asyncio.Event().wait()
        raise AssertionError

    async def fails() -> list[Finding]:
        raise ConnectionRefusedError

    async def works() -> list[Finding]:
        return [good("C", "well")]

    found = await look_at_all([("A", hangs, "a"), ("B", fails, "b"), ("C", works, "")], seconds=0.05)
    assert [(each.part, each.state, each.advice) for each in found] == [
        ("A", State.BAD, "a"),
        ("B", State.BAD, "b"),
        ("C", State.GOOD, ""),
    ]


def test_the_command_names_everything_that_is_away_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing answers at the ports that were just free."""
    with SmtpServer() as server:
        port = server.port
    monkeypatch.setenv("RENKEI_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("RENKEI_SMTP_PORT", str(port))
    monkeypatch.setenv("RENKEI_GATEWAY_ADDRESS", f"127.0.0.1:{port}")
    monkeypatch.setenv("RENKEI_REST_ADDRESS", f"http://127.0.0.1:{port}")
    result = CliRunner().invoke(main, ["doctor", "--json"], standalone_mode=False)
    found = {each["part"]: each for each in json.loads(result.stdout)}
    assert result.exit_code == 1
    assert {part for part, each in found.items() if each["state"] == "bad"} == {"エンジン", "REST", "メール"}
    assert all(each["advice"] for each in found.values() if each["state"] != "good")
    assert not (tmp_path / "data").exists()
