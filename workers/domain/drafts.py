"""Drafts of a document are numbered in the order in which they were made, and dated: 第2案（令和8年6月8日）."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from workers.domain.entities import Document
from workers.domain.jst import jst_date
from workers.domain.wareki import format_wareki


@dataclass(frozen=True)
class Edition:
    """Which draft of a document this is, and of which day."""

    number: int
    made_on: date

    @property
    def name(self) -> str:
        """``第2案``."""
        return f"第{self.number}案"

    @property
    def label(self) -> str:
        """``第2案（令和8年6月8日）``."""
        return f"{self.name}（{format_wareki(self.made_on)}）"


def editions(documents: Iterable[Document]) -> dict[int, Edition]:
    """Return which edition each draft is, by the draft's id.

    ``documents``: a case's, the oldest first. Each kind is counted for itself.
    """
    counted: Counter[str] = Counter()
    found = {}
    for document in documents:
        if document.draft and document.id is not None:
            counted[document.kind] += 1
            found[document.id] = Edition(counted[document.kind], jst_date(document.created_at))
    return found
