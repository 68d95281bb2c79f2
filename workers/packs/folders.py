"""Folders of packs: which of two packs with the same code is meant."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def given_first(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return folders of packs in the order in which a file is looked for.

    ``folders``: the project's own first. Those behind it somebody has named, so what they hold stands in for its own.
    """
    return (*folders[1:], *folders[:1])
