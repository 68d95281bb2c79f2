"""What ``renkei import`` tells: on the screen and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from workers.usecases.import_agreements import ImportResult

_SHOWN: Final = 20


def summary(result: ImportResult, *, dry_run: bool) -> dict[str, Any]:
    """Return the whole result as JSON has it."""
    return {
        **vars(result),
        "errors": [error.message for error in result.errors],
        "changes": [
            {
                "row": change.row,
                "number": change.number,
                "agreement_id": change.agreement_id,
                "column": change.column,
                "old": change.old,
                "new": change.new,
                "why_not": change.why_not,
            }
            for change in result.changes
        ],
        "skipped": [vars(row) for row in result.skipped],
        "computed": [vars(value) for value in result.computed],
        "dry_run": dry_run,
    }


def result_lines(result: ImportResult, *, dry_run: bool, correct: bool) -> list[str]:
    """Return what became of a list: one sentence, and below it what a person has to know."""
    return [_sentence(result, dry_run=dry_run, correct=correct), *_told(result, correct=correct)]


def preview_lines(result: ImportResult) -> list[str]:
    """Return how a list is read and what would become of it."""
    columns = [f"  {name} → {heading}" for name, heading in result.used.items()]
    errors = [error.message for error in result.errors]
    return [
        "列の読み方:",
        *columns,
        _counts(result),
        *_told(result, correct=False),
        *(["誤り:", *_first(errors, len(errors))] if errors else []),
        "（まだ取り込んでいません）",
    ]


def _counts(result: ImportResult) -> str:
    return (
        f"{result.rows} 行を読みました。新しい協定 {result.added} 件、台帳にある協定 {result.known} 件"
        f"（うち違いのあるもの {result.changed} 件）、誤りのある行 {result.error_rows} 行"
    )


def _told(result: ImportResult, *, correct: bool) -> Iterator[str]:
    yield from result.notes
    if result.unused:
        yield f"使わなかった列（中身がありますが、取り込んでいません）: {'、'.join(result.unused)}"
    if result.skipped_rows:
        yield f"協定ではない {result.skipped_rows} 行を飛ばしました:"
        yield from _first((f"{row.row}行目 {row.why}: {row.text}" for row in result.skipped), result.skipped_rows)
    if result.computed_rows:
        yield f"一覧にない値を計算した協定 {result.computed_rows} 件（協定書と比べてください）:"
        told = [f"{value.row}行目 {value.column}: {value.text}" for value in result.computed]
        yield from _first(told, len(told))
    if result.changes:
        how = (
            "台帳を一覧のとおりに直しました"
            if correct
            else "台帳と違います。一覧のとおりに直すには --correct を付けます"
        )
        yield f"{result.changed} 件の協定が{how}:"
        told = [change.in_words for change in result.changes]
        yield from _first(told, len(told))


def _first(lines: Iterable[str], count: int) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == _SHOWN and count > _SHOWN:
            yield f"  ほか {count - _SHOWN} 件（--json にはもっと挙がります）"
            return
        yield f"  {line}"


def _sentence(result: ImportResult, *, dry_run: bool, correct: bool) -> str:
    parts = [f"{result.added} 件を取り込み{'ます（まだ取り込んでいません）' if dry_run else 'ました'}"]
    if result.known:
        parts.append(f"台帳にある {result.known} 件はそのままです" if not correct else f"台帳にある {result.known} 件")
    if result.corrected:
        parts.append(f"{result.corrected} 件を一覧のとおりに直し{'ます' if dry_run else 'ました'}")
    if result.ended:
        parts.append(f"{result.ended} 件は終わった協定です")
    if result.without_email:
        parts.append(f"{result.without_email} 件は相手方のメールアドレスがありません")
    return "。".join(parts)
