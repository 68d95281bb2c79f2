"""A Camunda distribution that the office has already: a folder or an archive, C8 Run's own, too."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from workers.localstack.errors import StackError
from workers.localstack.packages import place
from workers.localstack.progress import Meter, Reporter

SERIES: Final = "8.6"
"""The local stack's settings are those of this release."""
_JAR: Final = re.compile(r"camunda-zeebe-(\d+\.\d+\.\d+[\w.-]*)\.jar")
_VARIABLE: Final = "RENKEI_CAMUNDA_DIST"
_NEEDED_MB: Final = 1500
"""C8 Run brings Elasticsearch and connectors along."""


def given_distribution(given: Path, cache: Path, reporter: Reporter) -> Path:
    """Return the folder with ``bin``, ``config`` and ``lib`` of a distribution; an archive is unpacked in ``cache``.

    Args:
        given: A folder, a .tar.gz or a .zip: the distribution itself, or C8 Run with one inside.
        cache: The download folder.
        reporter: Shows the progress of unpacking.

    Raises:
        StackError: Nothing is there, it holds no Camunda or one of another release, or the disk is full.
    """
    given = given.expanduser()
    if given.is_dir():
        return _home(given, given)
    if not given.is_file():
        raise StackError(f"{_VARIABLE} の場所に何もありません: {given}")
    with given.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()[:12]
    title = given.name

    def make(staging: Path) -> None:
        with reporter.meter(f"{title} の展開", given.stat().st_size) as meter:
            try:
                unpack(given, staging, meter)
            except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
                raise StackError(
                    f"{_VARIABLE} のファイルを展開できません（tar.gz か zip にします）: {given}"
                ) from error
        _home(staging, given)

    return _home(place(cache / f"camunda-given-{digest}", title, _NEEDED_MB, make, reporter), given)


def _home(folder: Path, given: Path) -> Path:
    """Return the folder that holds Camunda: this one, or the one in it (C8 Run)."""
    homes = [home for home in (folder, *sorted(folder.glob("camunda-zeebe-*"))) if _version(home)]
    if not homes:
        raise StackError(
            f"{_VARIABLE} に Camunda がありません: {given}（lib に camunda-zeebe-{SERIES}.….jar のあるフォルダーか"
            "その書庫を指定します）"
        )
    home = homes[0]
    version = _version(home)
    if not version.startswith(f"{SERIES}."):
        raise StackError(
            f"{_VARIABLE} は Camunda {version} です。手元の一式は {SERIES} で動かします: {given}"
            "（動いているほかの版の Camunda には RENKEI_GATEWAY_ADDRESS などでつなぎます）"
        )
    return home


def _version(home: Path) -> str:
    found = (_JAR.fullmatch(path.name) for path in sorted((home / "lib").glob("camunda-zeebe-*.jar")))
    return next((match.group(1) for match in found if match), "")


def unpack(archive: Path, folder: Path, meter: Meter) -> None:
    """Unpack an archive without its top folder; only plain files, only inside ``folder``."""
    for name, size, runs, source in _zipped(archive) if zipfile.is_zipfile(archive) else _tarred(archive):
        parts = PurePosixPath(name).parts[1:]
        if not parts or ".." in parts:
            continue
        target = folder.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        target.chmod(0o755 if runs else 0o644)
        meter.advance(size)


def _tarred(archive: Path) -> Iterator[tuple[str, int, bool, IO[bytes]]]:
    with tarfile.open(archive) as tar:
        for member in tar:
            source = tar.extractfile(member) if member.isfile() else None
            if source is not None:
                yield member.name, member.size, bool(member.mode & 0o100), source


def _zipped(archive: Path) -> Iterator[tuple[str, int, bool, IO[bytes]]]:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            if not member.is_dir():
                yield member.filename, member.file_size, bool(member.external_attr >> 16 & 0o100), packed.open(member)
