"""Who did what, when: a case's history as rows for the screen and for files (ALL-15)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from workers.cli.tables import Output
from workers.domain.entities import HistoryEntry
from workers.domain.jst import JST
from workers.domain.wareki import format_wareki

_COLUMNS: Final = (("case", "案件"), ("moment", "日時"), ("who", "した人"), ("what", "したこと"))


def history_rows(entries: Sequence[HistoryEntry]) -> list[dict[str, str]]:
    """Return the entries as rows: case, moment (ISO, and as people write it), who, what."""
    return [
        {
            "case": entry.case_id,
            "at": entry.at.isoformat(timespec="seconds"),
            "moment": f"{format_wareki(entry.at.astimezone(JST).date())} {entry.at.astimezone(JST):%H:%M}",
            "who": entry.who,
            "what": entry.what,
        }
        for entry in entries
    ]


def history_output(rows: Sequence[Mapping[str, Any]]) -> Output:
    """Return the rows as a table for CSV, Excel and JSON."""
    return Output(title="経過", columns=_COLUMNS, rows=rows, empty="経過はまだありません")
