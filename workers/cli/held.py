"""For ``renkei status``: whether all waits after a restore; the local registry is asked without its library."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from workers.errors import RenkeiError

if TYPE_CHECKING:
    from workers.settings import Settings

_WAITS = "処理とメールを止めています（renkei reconcile で違いを見て、--confirm で始めます）"


def held_lines(settings: Settings) -> list[str]:
    """Return a line for each restore that waits for its confirmation; none where the registry does not tell."""
    if settings.database_url:
        return _asked(settings)
    file = settings.data / "registry.sqlite3"
    if not file.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=1)) as connection:
            held = connection.execute("SELECT count(*) FROM restored WHERE confirmed_at IS NULL").fetchone()[0]
    except sqlite3.Error:  # busy, or of a version before there were restores
        return []
    return _asked(settings) if held else []


def _asked(settings: Settings) -> list[str]:
    import asyncio

    from workers.adapters.registry.database import check, create_engine
    from workers.adapters.registry.restores import Restore, open_restores

    async def ask() -> list[Restore]:
        engine = create_engine(settings.registry_url, pool_size=1)
        try:
            await check(engine)
            return await open_restores(engine)
        finally:
            await engine.dispose()

    try:
        found = asyncio.run(ask())
    except RenkeiError:  # status says elsewhere that the registry does not answer
        return []
    return [f"{one.said}。{_WAITS}" for one in found]
