"""Drafts are counted by kind, in the order in which they were made."""

from __future__ import annotations

from datetime import UTC, datetime

from workers.domain.drafts import editions
from workers.domain.entities import Document


def a_document(number: int, kind: str = "agreement", *, draft: bool = True, hour: int = 1) -> Document:
    return Document(
        id=number,
        case_id="isesaki-2026-1",
        kind=kind,
        name="協定書.docx",
        media_type="application/x",
        sha256="0" * 64,
        size=1,
        draft=draft,
        created_at=datetime(2026, 6, 8, hour, tzinfo=UTC),
    )


def test_drafts_are_counted_by_kind_and_final_papers_are_not() -> None:
    """The second draft of the agreement is 第2案 although another paper was drafted in between (ISE-8)."""
    found = editions([a_document(3), a_document(4, "activity-list"), a_document(5, draft=False), a_document(9)])
    assert {key: edition.name for key, edition in found.items()} == {3: "第1案", 4: "第1案", 9: "第2案"}


def test_a_draft_has_the_japanese_day_on_which_it_was_made() -> None:
    """Eight in the evening in UTC is the next day in Japan (D-7)."""
    assert editions([a_document(1, hour=20)])[1].label == "第1案（令和8年6月9日）"
