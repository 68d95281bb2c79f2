"""The cookie's word is the key: the registry has its hash, and what Camunda gave under a key that only it makes.

Who reads the registry can neither sign in nor act at the engine; who has the cookie alone needs the registry, too.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES: Final = 32
_SHORTEST: Final = 40


@dataclass(frozen=True)
class Word:
    """A session's secret word, as its cookie holds it."""

    text: str = field(repr=False)

    @property
    def id_hash(self) -> str:
        """What the registry knows the session by."""
        return hashlib.sha256(b"renkei desk id:" + self.text.encode()).hexdigest()

    @property
    def form_word(self) -> str:
        """What every form of the session brings back: no other site's page knows it."""
        return hmac.new(self.text.encode(), b"renkei desk form", hashlib.sha256).hexdigest()

    def is_form_word(self, given: str) -> bool:
        """Whether a form was ours."""
        return hmac.compare_digest(self.form_word.encode(), given.encode())

    def sealed(self, secret: Mapping[str, Any]) -> bytes:
        """Return a secret for the registry."""
        return self._fernet().encrypt(json.dumps(dict(secret)).encode())

    def opened(self, sealed: bytes) -> dict[str, Any] | None:
        """Return a secret again; None where it was sealed with another word."""
        try:
            found: dict[str, Any] = json.loads(self._fernet().decrypt(sealed))
        except InvalidToken:
            return None
        return found

    def _fernet(self) -> Fernet:
        key = HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=b"renkei desk secret").derive(
            self.text.encode()
        )
        return Fernet(base64.urlsafe_b64encode(key))


def new_word() -> Word:
    """Return a new session's word."""
    return Word(secrets.token_urlsafe(48))


def word_of(cookie: str) -> Word | None:
    """Return the word that a cookie holds, None for what cannot be one."""
    return Word(cookie) if cookie.isascii() and len(cookie) >= _SHORTEST else None
