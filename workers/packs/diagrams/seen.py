"""Which files were read for a judgement: as long as none of them changes, the judgement holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

_SEEN: Final[ContextVar[set[Path] | None]] = ContextVar("seen", default=None)


def note(path: Path) -> None:
    """Remember that a file was read."""
    if (seen := _SEEN.get()) is not None:
        seen.add(path)


@contextmanager
def watched() -> Iterator[set[Path]]:
    """Collect the files that are read meanwhile; whoever watches around it sees them, too."""
    around, seen = _SEEN.get(), set[Path]()
    token = _SEEN.set(seen)
    try:
        yield seen
    finally:
        _SEEN.reset(token)
        if around is not None:
            around |= seen
