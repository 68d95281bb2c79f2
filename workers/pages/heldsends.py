"""Sends that came while the registry was away: kept on the page server's disk until the registry takes them (ALL-3).

What was typed and attached is in the registry since the page of the check; only the wish to send it is kept here, by
the link's hash. No secret and nothing that a partner wrote lies on this disk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from workers.adapters.files import write_lasting
from workers.logs import get_logger

_log = get_logger(__name__)
_MOST: Final = 5000
"""Whoever knows no link can send, too, while nobody can look links up: the disk must not fill."""
_END: Final = ".json"
_INCOMING: Final = "incoming"


@dataclass(frozen=True, kw_only=True)
class HeldSend:
    """What a partner confirmed and could not hand over. ``at``: when, with its zone."""

    token_hash: str
    digest: str
    at: datetime


class HeldSends:
    """The sends that wait, one a link: who sends twice sends the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, send: HeldSend) -> bool:
        """Keep a send; False where that is not possible, and nobody may be told that it was."""
        if len(list(self._folder.glob(f"*{_END}"))) >= _MOST:
            return False
        content = json.dumps({"digest": send.digest, "at": send.at.isoformat()}).encode()
        try:
            write_lasting(self._path(send), content, incoming=self._folder / _INCOMING)
        except OSError as error:
            _log.error("a send could not be kept", error=type(error).__name__)
            return False
        return True

    def waiting(self) -> Iterator[HeldSend]:
        """Yield the sends that wait."""
        for path in sorted(self._folder.glob(f"*{_END}")):
            try:
                found = json.loads(path.read_bytes())
                yield HeldSend(
                    token_hash=path.stem, digest=str(found["digest"]), at=datetime.fromisoformat(found["at"])
                )
            except FileNotFoundError:
                continue  # another server has handed it over
            except (ValueError, KeyError, TypeError):
                _log.error("a kept send cannot be read", file=path.name)

    def forget(self, send: HeldSend) -> None:
        """Forget a send that has come to its end."""
        self._path(send).unlink(missing_ok=True)

    def _path(self, send: HeldSend) -> Path:
        return self._folder / f"{send.token_hash}{_END}"
