"""An encrypted stream: pieces under AES-256-GCM, each bound to its place, the last one marked.

So a piece that was changed, taken out, moved or cut off is seen, and no more than a piece is held in memory. Each file
has a key of its own, made from the office's key and a salt that stands in front.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workers.errors import InputError, PermanentError

MAGIC: Final = b"renkei sealed 1\n"
_SALT: Final = 32
_KEY: Final = 32
_TAG: Final = 16
_PIECE: Final = 1024 * 1024
_PREFIX: Final = "renkei-key-1:"


def make_key(path: Path) -> None:
    """Write a new key into a file that only its owner may read; raises InputError where there is one already."""
    text = _PREFIX + base64.b64encode(secrets.token_bytes(_KEY)).decode() + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InputError(str(path), "すでにあります。鍵を上書きすると、前のバックアップが読めなくなります") from None
    except OSError as error:
        raise InputError(str(path), f"書き込めません（{error.strerror}）") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)


def read_key(path: Path) -> bytes:
    """Return the key of a file; raises InputError where it is none, or others may read it."""
    try:
        text, mode = path.read_text(encoding="ascii").strip(), path.stat().st_mode
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except OSError as error:
        raise InputError(str(path), f"鍵のファイルが読めません（{error.strerror}）") from error
    except (UnicodeDecodeError, binascii.Error):
        raise InputError(str(path), "renkei の鍵ではありません（renkei backup --new-key で作ります）") from None
    if not text.startswith(_PREFIX) or len(key) != _KEY:
        raise InputError(str(path), "renkei の鍵ではありません（renkei backup --new-key で作ります）")
    if mode & 0o077:
        raise InputError(str(path), f"ほかの利用者も読めます。chmod 600 {path} を実行してください")
    return key


class SealingWriter:
    """Encrypts what is written to it. Only a stream that was closed can be read."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        salt = secrets.token_bytes(_SALT)
        self._target = target
        self._cipher = _cipher(key, salt)
        self._waiting = bytearray()
        self._number = 0
        target.write(MAGIC + salt)

    def write(self, data: bytes) -> int:
        """Take bytes; whole pieces go on, the last one is kept until more comes or the end."""
        self._waiting += data
        while len(self._waiting) > _PIECE:
            self._seal(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(data)

    def flush(self) -> None:
        """Do nothing: a piece that is not full may not leave yet."""

    def close(self) -> None:
        """Write the last piece."""
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, MAGIC))
        self._number += 1


class SealedReader:
    """Decrypts a stream whose ``MAGIC`` has been read already. Raises PermanentError for another key or a damage."""

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        self._source = source
        self._cipher = _cipher(key, source.read(_SALT))
        self._piece = source.read(_PIECE + _TAG)
        self._open = bytearray()
        self._number = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        while len(self._open) < size and self._piece:
            following = self._source.read(_PIECE + _TAG)
            self._open += self._opened(self._piece, last=not following)
            self._piece = following
            self._number += 1
        found = bytes(self._open[:size])
        del self._open[:size]
        return found

    def _opened(self, piece: bytes, *, last: bool) -> bytes:
        try:
            return self._cipher.decrypt(_nonce(self._number, last=last), piece, MAGIC)
        except InvalidTag:
            what = (
                "鍵が違うか、ファイルが壊れています"
                if not self._number
                else "ファイルが途中で切れているか、壊れています"
            )
            raise PermanentError(f"バックアップを開けません。{what}") from None


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), _KEY, salt, MAGIC).derive(key))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
