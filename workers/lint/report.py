"""How ``renkei lint`` shows a report: lines for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from workers.lint.findings import Finding, Severity
from workers.lint.linter import Report


def as_lines(report: Report) -> Iterator[str]:
    """Yield the report as lines: ``file:line: element [rule] message``, then what was checked and how."""
    for finding in report.findings:
        yield _line(finding)
    yield f"検査した内容: {_short_list(report)}"
    yield f"使った検査: {'、'.join(report.linters)}"
    for note in report.notes:
        yield f"行わなかった検査: {note}"
    notes = f"、参考 {report.notes_found} 件" if report.notes_found else ""
    yield f"エラー {report.errors} 件、注意 {report.warnings} 件{notes}"


def as_json(report: Report) -> str:
    """Return the report as JSON: ``findings``, ``errors``, ``warnings``, ``linters``, ``skipped``, ``files``."""
    content = {
        "errors": report.errors,
        "warnings": report.warnings,
        "findings": [finding.as_dict() for finding in report.findings],
        "linters": report.linters,
        "skipped": report.notes,
        "files": [str(path) for path in report.files],
        "packs": [str(path) for path in report.packs],
    }
    return json.dumps(content, ensure_ascii=False, indent=2)


def _line(finding: Finding) -> str:
    place = f"{_relative(finding.file)}:{finding.line}:" if finding.line else f"{_relative(finding.file)}:"
    kind = {Severity.WARNING: "注意 ", Severity.NOTE: "参考 "}.get(finding.severity, "")
    return " ".join(part for part in (place, finding.element, f"[{finding.rule}]", f"{kind}{finding.message}") if part)


def _relative(path: Path) -> Path:
    """Return a path as seen from the current folder, when it lies below it."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path


def _short_list(report: Report) -> str:
    counts = {suffix: sum(path.suffix == suffix for path in report.files) for suffix in (".bpmn", ".dmn", ".form")}
    parts = [f"{suffix} {count} 件" for suffix, count in counts.items() if count]
    return "、".join([*parts, f"市のパック {len(report.packs)} 件"] if report.packs else parts)
