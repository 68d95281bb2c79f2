"""What is read of a diagram's variables in other places than its own expressions."""

from __future__ import annotations

import re
from typing import Final

from workers.lint.rules.base import Context
from workers.lint.supplies import names_in
from workers.packs.diagrams import model
from workers.packs.diagrams.model import Diagram, extensions

_WORD: Final = re.compile(r"[^\W\d]\w*")


def read_elsewhere(diagram: Diagram, context: Context) -> set[str]:
    """Return the names that headers hold, that callers take out, and that come back by message."""
    headers = diagram.root.iter(f"{{{model.ZEEBE}}}header")
    found = {word for header in headers for word in _WORD.findall(header.get("value") or "")}
    for process in diagram.processes:
        for call in context.catalogue.calls.get(process.get("id", ""), []):
            caller = model.load(call.path)
            node = caller.ids.get(call.id)
            for output in () if node is None else extensions(node, "zeebe:ioMapping/zeebe:output"):
                found |= names_in((output.get("source") or "").removeprefix("="))
    return found
