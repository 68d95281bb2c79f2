"""Settings, packs, folders, disk: what can be seen on this machine."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from workers.packs.finding import CityPacks
from workers.runtime.doctor.findings import Finding, bad, good, note
from workers.settings import Settings

_PREFIX: Final = "RENKEI_"
_OWN: Final = {"RENKEI_HOME"}
"""Read by hand, before the settings are."""
_LEAST_MB: Final = 500
_LITTLE_MB: Final = 5_000
_MB: Final = 1000**2
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def settings_findings(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Return what the settings come to; a variable that no setting reads is most often a slip of the pen."""
    known = {f"{_PREFIX}{name.upper()}" for name in type(settings).model_fields} | _OWN
    unread = sorted(
        name
        for name in environment
        if name.upper().startswith(_PREFIX) and name.upper().partition("__")[0] not in known
    )
    if not unread:
        return [good("設定", f"読めました（台帳: {_kind(settings)}、エンジン: {settings.gateway}）")]
    return [
        note("設定", f"{name} という設定はありません", _nearest(name, known) + "使わないなら消してください")
        for name in unread
    ]


def _nearest(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name.upper(), sorted(known), n=1)
    return f"{near[0]} のことなら書き直し、" if near else ""


def _kind(settings: Settings) -> str:
    return "PostgreSQL" if settings.registry_url.startswith("postgres") else "SQLite"


def pack_findings(packs: CityPacks) -> list[Finding]:
    """Return which cities are known; raises PermanentError where a pack cannot be read."""
    codes = packs.codes()
    if not codes:
        return [bad("市のパック", "ひとつもありません", "RENKEI_PACKS に市のパックのあるフォルダーを指定してください")]
    names = "、".join(packs.city(code).name for code in codes)
    return [good("市のパック", f"{len(codes)} 市（{names}）")]


def disk_findings(settings: Settings) -> list[Finding]:
    """Return how much room there is where renkei writes."""
    existing = [_existing(folder) for folder in (settings.data, settings.files)]
    disks = {folder.stat().st_dev: folder for folder in reversed(existing)}  # each disk once
    return [_disk(folder) for folder in disks.values()]


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free // _MB
    says = f"{folder} の空きは {free:,} MB"
    if free < _LEAST_MB:
        return bad("ディスク", says, f"{_LEAST_MB:,} MB より空けてください。足りないと台帳にも文書にも書けません")
    if free < _LITTLE_MB:
        return note("ディスク", says, "文書と控えが増えるので、空けておいてください")
    return good("ディスク", says)


def permission_findings(settings: Settings) -> list[Finding]:
    """Return whether renkei may write, and whether others on this machine may read what is personal."""
    found = [_folder(folder) for folder in dict.fromkeys((settings.data, settings.files))]
    readable = [path for path in _private_files(settings) if path.stat().st_mode & _OTHERS]
    return found + [
        note("権限", f"{path} をほかの利用者も読めます", f"chmod go-rwx {path} を実行してください") for path in readable
    ]


def _folder(folder: Path) -> Finding:
    if not folder.exists():
        return good("権限", f"{folder} はまだありません（初めて使うときに作ります）")
    if not os.access(folder, os.W_OK | os.X_OK):
        return bad("権限", f"{folder} に書き込めません", "renkei を動かす利用者のものにしてください（chown）")
    return good("権限", f"{folder} に書き込めます")


def _private_files(settings: Settings) -> list[Path]:
    """Return the registry of SQLite and the file that may hold passwords, as far as they are there."""
    return [path for path in (settings.data / "registry.sqlite3", settings.home / "renkei.toml") if path.is_file()]
