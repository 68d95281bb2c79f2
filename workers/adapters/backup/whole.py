"""All that renkei keeps, into one file and back: registry, documents, held answers, the local engine (ALL-18)."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any, Final

from sqlalchemy import create_engine

from workers.adapters.backup import registries
from workers.adapters.backup.archive import Extracted, extract, writing
from workers.adapters.registry import database
from workers.adapters.registry.restores import Hold
from workers.domain.jst import JST
from workers.errors import InputError, PermanentError
from workers.settings import Settings

DATA: Final = "data"
ENGINE_FOLDERS: Final = ("zeebe", "opensearch")
"""The local engine and its index; they are copied while it stands still."""
_PASSING: Final = ("logs", "mails", "stack.json*", "stack.lock", "registry.sqlite3*", ".backup-*", "before-restore-*")
"""What belongs to this machine or to trying out: logs, the mail sink's mails, who runs, what a restore put aside."""
_ASIDE: Final = "before-restore-"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which sides are meant."""

    registry: bool = True
    engine: bool = True


def take(
    settings: Settings, target: Path, key: bytes | None, *, engine: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Write a backup and return its manifest.

    Args:
        settings: Where the registry and the data folder are.
        target: The file; it must not be there yet.
        key: Encrypts it.
        engine: What is told of the engine: ``kind`` is embedded (its folders go along), camunda or none.
        now: The moment, aware. It is read before anything is copied: what was sent until then is in the registry.

    Raises InputError, PermanentError. The registry is copied first: documents are written before the rows that name
    them, so all that it names are there.
    """
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    manifest: dict[str, Any] = {
        "renkei": version("renkei"),
        "made_at": now.astimezone(JST).isoformat(timespec="microseconds"),
        "engine": dict(engine),
        "engine_id": settings.engine_id,
    }
    left_out = (*_PASSING, *(() if engine["kind"] == "embedded" else ENGINE_FOLDERS))
    with _scratch(settings) as scratch:
        copy = scratch / registries.FOLDER
        copy.mkdir(mode=0o700)
        manifest["registry"] = registries.save(settings.registry_url, copy)
        with writing(target, key, manifest, scratch) as archive:
            archive.add(copy, registries.FOLDER)
            for child in sorted(settings.data.iterdir()):
                if not any(fnmatchcase(child.name, pattern) for pattern in left_out) and child != target:
                    archive.add(child, f"{DATA}/{child.name}")
    return manifest


def verify(settings: Settings, path: Path, key: bytes | None) -> dict[str, Any]:
    """Lay a backup out beside the data, look at every byte and every row of it, and remove it again.

    Returns its manifest; raises InputError, PermanentError for one that cannot be restored.
    """
    with _scratch(settings) as scratch:
        return _examined(extract(path, key, scratch)).manifest


def restore(  # noqa: PLR0913 (each keyword is a decision of whoever restores)
    settings: Settings, path: Path, key: bytes | None, *, wanted: Wanted, overwrite: bool, now: datetime
) -> dict[str, Any]:
    """Put a backup's sides in place of what is there; returns its manifest.

    What was there goes to ``before-restore-…`` in the data folder (PostgreSQL's tables are replaced). Nothing is
    touched before the whole backup has been examined; the hold stands before anything can be seen.
    Raises InputError, PermanentError.
    """
    with _scratch(settings) as scratch:
        found = _examined(extract(path, key, scratch))
        engine = wanted.engine and found.manifest["engine"]["kind"] == "embedded"
        if wanted.engine and not wanted.registry and not engine:
            raise InputError(str(path), "エンジンのデータが入っていません")
        if wanted.registry:
            registries.require_readable(found.manifest["registry"], settings.registry_url)
        names = _names(scratch, registry=wanted.registry, engine=engine)
        _require_free(settings, names, wanted, overwrite=overwrite)
        aside = _aside(settings, now)
        hold = Hold(
            backup_at=datetime.fromisoformat(found.manifest["made_at"]), registry=wanted.registry, engine=engine
        )
        if wanted.registry:
            saved = scratch / registries.FOLDER
            registries.load(settings.registry_url, saved, found.manifest["registry"], aside=aside, hold=hold)
        else:
            _hold(settings, hold)
        for name in names:
            _swap(scratch / DATA / name, settings.data / name, aside)
        if engine:  # an index of another day than the engine's
            for name in ENGINE_FOLDERS:
                if name not in names and (settings.data / name).exists():
                    _swap(None, settings.data / name, aside)
        return {**found.manifest, "restored_engine": engine}


def _aside(settings: Settings, now: datetime) -> Path:
    """Return where goes what was there: a folder that is not there yet."""
    name = f"{_ASIDE}{now.astimezone(JST):%Y%m%d-%H%M%S}"
    folders = (settings.data / (name if not number else f"{name}-{number}") for number in count())
    return next(folder for folder in folders if not folder.exists())


def _hold(settings: Settings, hold: Hold) -> None:
    """Note a restore of the engine alone in the registry that stays."""
    database.migrate(settings.registry_url)
    engine = create_engine(database.sync_url(settings.registry_url))
    try:
        with engine.begin() as connection:
            hold.note(connection)
    finally:
        engine.dispose()


def _examined(found: Extracted) -> Extracted:
    """Return an extracted backup whose registry is whole and whose documents are what their names say."""
    registry = found.folder / registries.FOLDER
    registries.check(registry, found.manifest["registry"])
    sums = (found.folder / "SHA256SUMS").open(encoding="utf-8")
    with sums:
        for line in sums:
            digest, _, name = line.rstrip("\n").partition("  ")
            parts = name.split("/")
            if (
                parts[:2] == [DATA, "files"]
                and len(parts) == 4
                and len(parts[2]) == 2
                and parts[2] + parts[3] != digest
            ):
                raise PermanentError(f"バックアップの中の文書が壊れています（{digest[:12]}…）")
    return found


def _names(scratch: Path, *, registry: bool, engine: bool) -> list[str]:
    folder = scratch / DATA
    inside = sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
    return [name for name in inside if (engine if name in ENGINE_FOLDERS else registry)]


def _require_free(settings: Settings, names: list[str], wanted: Wanted, *, overwrite: bool) -> None:
    there = [str(settings.data / name) for name in names if _holds(settings.data / name)]
    if wanted.registry and registries.holds_anything(settings.registry_url):
        there.insert(0, "台帳")
    if there and not overwrite:
        raise InputError(
            "、".join(there),
            "すでにあります。置き換えてよければ --overwrite を付けてください（前のものは before-restore-… に移します。"
            "PostgreSQL の台帳は移せないので、先に renkei backup で控えを取ってください）",
        )


def _holds(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _swap(new: Path | None, place: Path, aside: Path) -> None:
    if place.exists():
        aside.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.rename(aside / place.name)
    if new is None:
        return
    _keep_private(new)
    new.rename(place)


def _keep_private(path: Path) -> None:
    """Let only the owner read what is restored, whatever the archive's umask was."""
    if path.name in ENGINE_FOLDERS:
        path.chmod(0o700)
        return
    for each in (path, *path.rglob("*")) if path.is_dir() else (path,):
        each.chmod(0o700 if each.is_dir() else 0o600)


@contextmanager
def _scratch(settings: Settings) -> Iterator[Path]:
    """Make a folder on the data's disk, for the owner alone, and remove it."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=settings.data))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def told(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as JSON, for people who keep it beside the file."""
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
