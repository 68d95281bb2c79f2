"""The sessions of the registry: what they write of agreements, they write into the book's lines, too."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from workers.adapters.registry import mapping  # noqa: F401 (maps the entities)
from workers.adapters.registry.book_lines import keep_lines


class RegistrySession(Session):
    """A session whose flushes keep the lines of the book."""


event.listen(RegistrySession, "after_flush", keep_lines)
