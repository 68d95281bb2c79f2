"""The file store: bytes under the SHA-256 of their content. What is there once never changes."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import tempfile
from pathlib import Path

from workers.errors import BusyError, PermanentError

_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT}


class FileStore:
    """Files under ``root/ab/cdef…``. A crash leaves a file whole or not at all; other processes may write too."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def write(self, content: bytes) -> str:
        """Keep bytes safely on the disk and return their SHA-256 in hex; known content is not rewritten.

        Raises BusyError when the disk is full.
        """
        try:
            return await asyncio.to_thread(self._write, content)
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise BusyError("文書を置くディスクに空きがありません。空き次第、自動でやり直します") from error
            raise

    async def read(self, sha256: str) -> bytes:
        """Return the bytes; raises PermanentError when they are missing or no longer match."""
        return await asyncio.to_thread(self._read, sha256)

    def path(self, sha256: str) -> Path:
        """Return where content lies; raises PermanentError for a text that is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise PermanentError("文書の記録が壊れています（ハッシュ値の形が違います）")
        return self._root / sha256[:2] / sha256[2:]

    def _write(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        target = self.path(sha256)
        if _intact(target, sha256):
            return sha256
        write_lasting(target, content, incoming=self._root / _INCOMING)
        return sha256

    def _read(self, sha256: str) -> bytes:
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise PermanentError(
                f"文書のファイルがありません（{sha256[:12]}…）。バックアップから戻してください"
            ) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise PermanentError(
                f"文書のファイルが変わっているか壊れています（{sha256[:12]}…）。バックアップから戻してください"
            )
        return content


def write_lasting(target: Path, content: bytes, *, incoming: Path) -> None:
    """Write a file whole or not at all, so that it survives a power cut; raises OSError.

    ``incoming``: a folder of the same disk for what is not whole yet. Folders are made, for the owner alone.
    """
    _make_folder(incoming)
    _make_folder(target.parent)
    handle, name = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _intact(path: Path, sha256: str) -> bool:
    """Return whether the content is there and whole: a damaged file is mended by storing the content again."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except FileNotFoundError:
        return False


def _make_folder(folder: Path) -> None:
    """Make a folder that survives a power cut; only the owner may look into it."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
