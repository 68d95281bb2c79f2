"""Pictures of the screens: every run keeps them under build/, only ``--pictures`` renews those of the documentation.

A pytest plugin that tests/conftest.py loads. A run of the tests leaves the clone as it was.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTED = ROOT / "docs" / "pictures"
_KEPT = ROOT / "build" / "screenshots"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that renews the documentation's pictures."""
    parser.addoption("--pictures", action="store_true", help="renew docs/pictures/*.png")


class Album:
    """Where pictures go: all of them in the order taken, and those of the documentation where it is renewed."""

    def __init__(self, folder: Path, documented: Path | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        self._folder = folder
        self._documented = documented
        self._number = 0

    def paste(self, name: str, picture: bytes) -> None:
        """Keep a picture of the walk as a whole, such as what stands on the screen when something fails."""
        self._number += 1
        (self._folder / f"{self._number:02d}-{name}.png").write_bytes(picture)

    def document(self, kind: str, picture: bytes, *, of: str = "tasklist") -> None:
        """Keep a picture of a kind of screen; with ``--pictures`` as ``docs/pictures/tasklist-KIND.png``."""
        self.paste(f"doc-{kind}", picture)
        if self._documented is not None:
            (self._documented / f"{of}-{kind}.png").write_bytes(picture)


def album(config: pytest.Config, name: str) -> Album:
    """Return a new album of this run; what an earlier run of the same name kept is gone."""
    return Album(_KEPT / name, DOCUMENTED if config.getoption("pictures") else None)
