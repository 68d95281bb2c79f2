"""Registry, engine, clock, certificates: what answers over the network."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from sqlalchemy import text

from workers.adapters.camunda.gateway import is_ready, open_channel, probe, zeebe_client
from workers.adapters.camunda.http import trusted, unreachable_is_retryable
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.adapters.registry.database import READ_ONLY, async_url, check, create_engine
from workers.adapters.registry.restores import Restore, open_restores
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki
from workers.runtime.doctor.findings import Finding, bad, good, note
from workers.settings import Settings

_RUN: Final = ("8.6", "8.8", "8.9")
"""The releases that were run or checked (README)."""
_RENEW_DAYS: Final = 30
_DRIFT: Final = timedelta(seconds=5)


async def registry_findings(settings: Settings) -> list[Finding]:
    """Return whether the registry answers and has this program's schema; raises RetryableError, PermanentError."""
    url = async_url(settings.registry_url)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite and not Path(url.database or "").exists():  # noqa: ASYNC240 (nothing else waits for this)
        return [good("台帳", f"SQLite（{url.database}）はまだありません（初めて使うときに作ります）")]
    engine = create_engine(settings.registry_url, pool_size=1)
    try:
        await check(engine)
        held = [_held(one) for one in await open_restores(engine)]
        if sqlite:
            return [good("台帳", f"SQLite（{url.database}）。版が合っています"), *held]
        async with engine.connect() as connection:
            await connection.execution_options(**READ_ONLY)
            version, now = (await connection.execute(text("SELECT current_setting('server_version'), now()"))).one()
        return [good("台帳", f"PostgreSQL {version}。版が合っています"), _clock("台帳のサーバー", now), *held]
    finally:
        await engine.dispose()


def _held(one: Restore) -> Finding:
    """Return that nothing goes on until somebody has looked at what a restore has left."""
    return bad(
        "復元",
        f"{one.said}。処理とメールを止めています",
        "renkei reconcile で違いを見て、--confirm で始めてください",
    )


async def gateway_findings(settings: Settings) -> list[Finding]:
    """Return whether Zeebe takes jobs, and which release it is; raises RetryableError."""
    channel = open_channel(settings)
    try:
        topology = await probe(zeebe_client(channel), timeout_seconds=10)
    finally:
        await channel.close()
    version = topology.gateway_version
    if not is_ready(topology):
        return [
            bad(
                "エンジン",
                f"Zeebe {version} につながりますが、動いていない区画があります",
                "Camunda の記録を見てください",
            )
        ]
    if not version.startswith(_RUN):
        return [
            note("エンジン", f"Zeebe {version}（renkei で確かめていない版）", f"確かめた版は {'、'.join(_RUN)} です")
        ]
    if version.startswith("8.6") and not settings.local:
        return [note("エンジン", f"Zeebe {version}", "8.6 は保守が終わっています。本番には 8.9 以降を使ってください")]
    return [good("エンジン", f"Zeebe {version}（{settings.gateway}）")]


async def rest_findings(settings: Settings) -> list[Finding]:
    """Return whether the REST API lets us in, and how far its clock is from ours.

    Raises RetryableError, PermanentError.
    """
    async with RestClient.from_settings(settings) as rest:
        response = await rest.request("GET", "/v2/topology", None)
        if response.is_success:
            found = [good("REST", f"入れます（{settings.rest}）")]
        else:
            advice = "利用者名・パスワードか OAuth の設定を確かめてください"
            found = [bad("REST", f"HTTP {response.status_code}（{settings.rest}）", advice)]
    told = response.headers.get("date", "")
    return [*found, _clock("エンジンのサーバー", parsedate_to_datetime(told))] if told else found


async def tasklist_findings(settings: Settings) -> list[Finding]:
    """Return whether Tasklist lets us in; raises RetryableError or PermanentError."""
    async with Tasklist.from_settings(settings) as tasklist:
        await tasklist.login()
    return [good("Tasklist", f"入れます（{settings.tasklist}）")]


def _clock(whose: str, told: datetime) -> Finding:
    """Return how far another clock is from this machine's; both are given to the second at least."""
    drift = abs(datetime.now(UTC) - told.astimezone(UTC))
    if drift > _DRIFT:
        return note(
            "時計", f"{whose}と {drift.total_seconds():.0f} 秒ずれています", "時刻の同期（NTP）を確かめてください"
        )
    return good("時計", f"{whose}と合っています")


def secure_addresses(settings: Settings) -> list[tuple[str, int]]:
    """Return host and port of everything that is reached over TLS, each once."""
    addresses = (
        *(settings.rest, settings.tasklist, settings.tasklist_page),
        *(settings.links_address, settings.pages_url, settings.oauth_url),
    )
    found = [(parts.hostname, parts.port or 443) for parts in map(urlsplit, addresses) if parts.scheme == "https"]
    if settings.gateway_tls:
        host, _, port = settings.gateway.rpartition(":")
        found.append((host, int(port)))
    return [(host, port) for host, port in dict.fromkeys(found) if host]


async def certificate_findings(host: str, port: int) -> list[Finding]:
    """Return until when a certificate holds; raises OSError when nobody answers."""
    part = "証明書"
    try:
        _, writer = await asyncio.open_connection(host, port, ssl=trusted(), server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        return [
            bad(
                part,
                f"{host}:{port} の証明書を信じられません（{error.verify_message}）",
                "発行元と名前を確かめてください",
            )
        ]
    try:
        certificate: dict[str, str] = writer.get_extra_info("peercert")
    finally:
        writer.close()
    return [expiry(f"{host}:{port}", certificate["notAfter"])]


def expiry(whose: str, not_after: str) -> Finding:
    """Return until when a certificate holds, by what OpenSSL writes (``Jun  1 12:00:00 2027 GMT``)."""
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(not_after), UTC)
    day = format_wareki(ends.astimezone(JST).date())
    left = (ends - datetime.now(UTC)).days
    says = f"{whose} は {day} まで（あと {left} 日）"
    return good("証明書", says) if left >= _RENEW_DAYS else note("証明書", says, "新しい証明書に替えてください")


async def page_findings(url: str) -> list[Finding]:
    """Return whether the partners' pages answer at the address that stands in mails; raises RetryableError."""
    async with httpx.AsyncClient(trust_env=False, verify=trusted(), timeout=10) as client:
        with unreachable_is_retryable():
            response = await client.get(f"{url.rstrip('/')}/healthz")
    if response.status_code == httpx.codes.OK:
        return [good("相手方のページ", f"{url} で答えます")]
    return [
        bad(
            "相手方のページ",
            f"{url}/healthz が HTTP {response.status_code}",
            "リバースプロキシの設定を確かめてください",
        )
    ]
