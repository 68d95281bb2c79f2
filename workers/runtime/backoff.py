"""How long to wait before trying again: the one back-off of workers, commands and trials."""

from __future__ import annotations

import secrets

_MANY = 20  # more doublings than any longest pause holds


def doubled(failures: int, first: float, longest: float) -> float:
    """Return the pause in seconds after so many failures in a row (from 1): ``first``, then twice as long each time."""
    return min(first * 2.0 ** min(failures - 1, _MANY), longest)


def jittered_ms(seconds: float) -> int:
    """Return a random delay in milliseconds around ``seconds``, so that many failures do not return at one moment."""
    base = int(seconds * 1000)
    return base // 2 + secrets.randbelow(base + 1)
