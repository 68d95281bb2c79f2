"""The element templates that stand in a pack: files that Camunda Modeler reads by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(".camunda", "element-templates")
"""Where Camunda Modeler looks for templates, from the diagram's folder upwards."""
FILES: Final = ("tasks", "jobs", "calls")
PREFIX: Final = "renkei."
"""Begins the id of each of our templates."""


def standing(pack: Path) -> list[dict[str, Any]]:
    """Return the templates that a pack has; nothing where it has none that can be read."""
    found: list[dict[str, Any]] = []
    for name in FILES:
        try:
            found += json.loads((pack / FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), str)]


def of_all_packs(roots: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the templates of all packs below some folders; one that several packs have, as the first has it."""
    packs = (pack for root in roots if root.is_dir() for pack in sorted(root.iterdir()))
    found: dict[str, dict[str, Any]] = {}
    for pack in packs:
        for template in standing(pack):
            found.setdefault(template["id"], template)
    return list(found.values())
