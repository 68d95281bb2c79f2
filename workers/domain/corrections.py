"""What corrected lists changed in the register, kept for good, and what offices chose for their headings (ALL-6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(eq=False, kw_only=True)
class Correction:
    """One value of an agreement that was put right: by whom, from which file, what stood there and what stands now.

    ``column``: the heading as people know it. ``old`` and ``new`` are in words, as a list shows them.
    """

    id: int | None = None
    agreement_id: str
    at: datetime
    by: str
    source: str
    column: str
    old: str
    new: str


@dataclass(eq=False, kw_only=True)
class ListHeading:
    """What a city's office reads a heading as. ``word``: the heading without width and blanks; ``key``: the column's.

    ``key`` ``""``: the column is not used.
    """

    id: int | None = None
    city: str
    word: str
    key: str
