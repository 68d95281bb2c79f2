"""What a look at one part comes to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from workers.errors import RenkeiError

_SECONDS: Final = 20.0
"""No look takes longer: each waits for one answer."""


class State(StrEnum):
    """How a part is."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """``part``: what was looked at. ``says``: what was seen. ``advice``: what to do, empty where all is well."""

    part: str
    state: State
    says: str
    advice: str = ""


Look = Callable[[], Awaitable[Sequence[Finding]]]


def good(part: str, says: str) -> Finding:
    """Return a part that is as it should be."""
    return Finding(part=part, state=State.GOOD, says=says)


def note(part: str, says: str, advice: str) -> Finding:
    """Return a part that works, and that somebody should look after."""
    return Finding(part=part, state=State.NOTE, says=says, advice=advice)


def bad(part: str, says: str, advice: str) -> Finding:
    """Return a part that does not work."""
    return Finding(part=part, state=State.BAD, says=says, advice=advice)


async def look_at_all(looks: Sequence[tuple[str, Look, str]], *, seconds: float = _SECONDS) -> list[Finding]:
    """Return what all looks come to, in their order; they wait side by side.

    Args:
        looks: The part's name, the look, and what to do where it finds nobody there.
        seconds: The longest that one may take.
    """
    found = await asyncio.gather(*(_look(part, look, advice, seconds) for part, look, advice in looks))
    return [finding for findings in found for finding in findings]


async def _look(part: str, look: Look, advice: str, seconds: float) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return await look()
    except RenkeiError as error:
        return [bad(part, error.message, advice)]
    except TimeoutError:
        return [bad(part, f"{seconds:.0f} 秒待っても答えがありません", advice)]
    except OSError as error:
        return [bad(part, f"つながりません（{type(error).__name__}）", advice)]
