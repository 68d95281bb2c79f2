"""All looks together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from workers.packs.finding import CityPacks
from workers.runtime.doctor import connections, mail, places
from workers.runtime.doctor.findings import Finding, Look, look_at_all
from workers.settings import Settings

_PACKS: Final = "市のパックの city.toml を直してください（renkei lint）"
_REGISTRY: Final = "RENKEI_DATABASE_URL と、データベースが動いているかを確かめてください"
_ENGINE: Final = "Camunda が動いているか、RENKEI_GATEWAY_ADDRESS・RENKEI_REST_ADDRESS を確かめてください"
_TASKLIST: Final = "Tasklist が動いているか、RENKEI_TASKLIST_ADDRESS・RENKEI_CAMUNDA_USER を確かめてください"
_PAGES: Final = "renkei pages が動いているか、リバースプロキシと RENKEI_PAGES_URL を確かめてください"


async def examine(  # noqa: PLR0913 (what is looked at, then what a person asks for by name)
    settings: Settings,
    packs: CityPacks,
    environment: Mapping[str, str],
    *,
    mail_to: str | None,
    city: str | None,
    now: datetime,
) -> list[Finding]:
    """Return what every look comes to, in the order in which one would mend.

    ``mail_to``: who gets a mail to try; ``city``: whose address it comes from, the first one's where none is named.
    """
    looks: list[tuple[str, Look, str]] = [
        ("設定", _now(lambda: places.settings_findings(settings, environment)), ""),
        ("市のパック", _now(lambda: places.pack_findings(packs)), _PACKS),
        ("ディスク", _now(lambda: places.disk_findings(settings)), ""),
        ("権限", _now(lambda: places.permission_findings(settings)), ""),
        ("台帳", partial(connections.registry_findings, settings), _REGISTRY),
        ("エンジン", partial(connections.gateway_findings, settings), _ENGINE),
        ("REST", partial(connections.rest_findings, settings), _ENGINE),
    ]
    if settings.has_tasklist:
        looks.append(("Tasklist", partial(connections.tasklist_findings, settings), _TASKLIST))
    looks.append(("メール", partial(mail.mail_findings, settings), ""))
    if settings.pages_url:
        looks.append(("相手方のページ", partial(connections.page_findings, settings.pages_url), _PAGES))
    for host, port in connections.secure_addresses(settings):
        look = partial(connections.certificate_findings, host, port)
        looks.append(("証明書", look, f"{host}:{port} で答えているかを確かめてください"))
    if mail_to:
        code = city or packs.codes()[0]
        looks.append(
            ("試しのメール", partial(mail.send_test_mail, settings, packs.city(code).sender, mail_to, now), "")
        )
    return await look_at_all(looks)


def _now(look: Callable[[], Sequence[Finding]]) -> Look:
    """Return a look that waits for nothing as one that may be awaited."""

    async def awaited() -> Sequence[Finding]:
        return look()

    return awaited
