"""A backup as one file: a tar of what is kept, then the checksums of it all, then what it is.

Neither writing nor reading holds more of it in memory than a piece. Without a key it is a plain ``.tar.gz``, which any
tar opens.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, cast

from workers.adapters.backup.sealed import MAGIC, SealedReader, SealingWriter
from workers.errors import InputError, PermanentError

FORMAT: Final = 1
SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
_DAMAGED: Final = "バックアップのファイルが壊れています"
_BLOCK: Final = 1024 * 1024
_QUICK: Final = 1
"""What fills a backup is compressed already (documents) or empty (the engine's log): more work gains nothing."""


class ArchiveWriter:
    """Adds files and folders; :func:`writing` makes one."""

    def __init__(self, tar: tarfile.TarFile, sums: BinaryIO) -> None:
        self._tar = tar
        self._sums = sums
        self.files = 0
        self.bytes = 0

    def add(self, source: Path, name: str) -> None:
        """Add a file, or a folder with all that is in it; what vanishes meanwhile was not kept, either."""
        try:
            info = self._tar.gettarinfo(source, name)
        except FileNotFoundError:
            return
        if info is None:  # a socket
            return
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        if info.isreg():
            self._add_file(source, info)
            return
        self._tar.addfile(info)
        self._forget()
        if info.isdir():
            for child in sorted(source.iterdir()):
                self.add(child, f"{name}/{child.name}")
        else:
            self._sum(f"{info.type.decode()}:{info.linkname}", name)

    def _add_file(self, source: Path, info: tarfile.TarInfo) -> None:
        try:
            file = source.open("rb")
        except FileNotFoundError:
            return
        with file:
            hashed = _Hashing(file)
            self._tar.addfile(info, cast("IO[bytes]", hashed))
        self._sum(hashed.hexdigest(), info.name)
        self.files += 1
        self.bytes += info.size
        self._forget()

    def _sum(self, digest: str, name: str) -> None:
        self._sums.write(f"{digest}  {name}\n".encode())

    def _forget(self) -> None:
        # tarfile keeps a note of each file, which nobody asks for.
        self._tar.members.clear()  # type: ignore[attr-defined]  # typeshed lacks it


class _Hashing:
    """A file that hashes what is read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._hash.update(data)
        return data

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def writing(target: Path, key: bytes | None, manifest: dict[str, Any], scratch: Path) -> Iterator[ArchiveWriter]:
    """Write an archive; what the block adds to ``manifest`` is in it. A failure leaves no file.

    ``scratch``: a folder on a disk with room for the checksums. Raises InputError where the file is there already.
    """
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(str(target), "すでにあります。別の名前にしてください") from None
    except OSError as error:
        raise InputError(str(target), f"書き込めません（{error.strerror}）") from error
    try:
        with os.fdopen(handle, "wb") as file:
            sealed = None if key is None else SealingWriter(file, key)
            sink = cast("IO[bytes]", sealed or file)
            with (
                gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=_QUICK) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield from _written(tar, manifest, scratch / SUMS)
            if sealed:
                sealed.close()
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _written(tar: tarfile.TarFile, manifest: dict[str, Any], sums: Path) -> Iterator[ArchiveWriter]:
    with sums.open("w+b") as listed:
        writer = ArchiveWriter(tar, listed)
        yield writer
        listed.flush()
        size = listed.tell()
        listed.seek(0)
        hashed = _Hashing(listed)
        info = tarfile.TarInfo(SUMS)
        info.size, info.mode = size, 0o600
        tar.addfile(info, cast("IO[bytes]", hashed))
    manifest["format"] = FORMAT
    manifest["files"], manifest["bytes"], manifest["sums"] = writer.files, writer.bytes, hashed.hexdigest()
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.size, info.mode = len(text), 0o600
    tar.addfile(info, io.BytesIO(text))


@dataclass(frozen=True)
class Extracted:
    """A backup laid out in a folder, every byte of it checked."""

    folder: Path
    manifest: dict[str, Any]


def is_sealed(path: Path) -> bool:
    """Return whether a backup is encrypted; raises InputError where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError as error:
        raise InputError(str(path), f"読めません（{error.strerror}）") from error


def extract(path: Path, key: bytes | None, folder: Path) -> Extracted:
    """Lay a backup out in an empty folder and compare it with its checksums.

    Raises InputError without the key that it needs, PermanentError for a file that is damaged, cut off or no backup.
    """
    if is_sealed(path) and key is None:
        raise InputError(str(path), "暗号化されています。--key に鍵のファイルを指定してください")
    sums = folder / f".{SUMS}"
    try:
        with path.open("rb") as file, sums.open("wb") as found:
            source: Any = file
            if is_sealed(path):
                file.seek(len(MAGIC))
                source = SealedReader(file, key or b"")
            with tarfile.open(fileobj=source, mode="r|gz") as tar:
                _lay_out(tar, folder, found)
            _read_to_the_end(source)
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise PermanentError(f"バックアップを取り出せません（{error.strerror}）") from error
        raise PermanentError(f"{_DAMAGED}（{type(error).__name__}）") from error
    return Extracted(folder, _checked(folder, sums))


def _lay_out(tar: tarfile.TarFile, folder: Path, found: BinaryIO) -> None:
    for member in tar:
        if member.name in {SUMS, MANIFEST}:
            tar.extract(member, folder, filter="data")
        else:
            tar.extract(member, folder, filter="data")
            if member.isreg():
                with (folder / member.name).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
                found.write(f"{digest}  {member.name}\n".encode())
            elif not member.isdir():
                found.write(f"{member.type.decode()}:{member.linkname}  {member.name}\n".encode())
        tar.members.clear()  # type: ignore[attr-defined]  # typeshed lacks it


def _read_to_the_end(source: Any) -> None:
    """Read what follows the tar: the last piece of a sealed stream tells that nothing was cut off."""
    while source.read(_BLOCK):
        pass


def _checked(folder: Path, sums: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        told = (folder / SUMS).open("rb")
    except (OSError, ValueError):
        raise PermanentError(f"{_DAMAGED}か、renkei のバックアップではありません") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise PermanentError("このバックアップの形は、この renkei では読めません。新しい renkei を使ってください")
    with told, sums.open("rb") as seen:
        alike = all(one == other for one, other in zip_longest(told, seen))
        told.seek(0)
        alike = alike and hashlib.file_digest(told, "sha256").hexdigest() == manifest["sums"]
    if not alike:
        raise PermanentError(f"{_DAMAGED}（チェックサムが合いません）")
    sums.unlink()
    return manifest
