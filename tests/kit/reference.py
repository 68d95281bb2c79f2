"""Writes docs/reference from the program: ``python -m tests.kit.reference``. A test fails where a page is old."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.kit import (
    referencecity,
    referencecommands,
    referenceerrors,
    referencejobs,
    referencesettings,
    referencevariables,
)
from tests.kit.referencetables import MADE

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "docs" / "reference"
PAGES: Final[dict[str, Callable[[], str]]] = {
    "errors": referenceerrors.page,
    "commands": referencecommands.page,
    "settings": referencesettings.page,
    "city": referencecity.page,
    "jobs": referencejobs.page,
    "variables": referencevariables.page,
}


def page(name: str) -> str:
    """Return a page as it has to be."""
    title, _, rest = PAGES[name]().partition("\n")
    return f"{title}\n\n{MADE}\n{rest.rstrip()}\n"


def main() -> int:
    """Write the pages."""
    for name in PAGES:
        path = FOLDER / f"{name}.md"
        path.write_text(page(name), encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
