"""Mail and document templates are compiled and filled with sample cases before anyone gets a broken paper."""

from __future__ import annotations

from workers.lint.papers.checking import Papers

__all__ = ["Papers"]
