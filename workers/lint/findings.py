"""What a rule reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Severity(StrEnum):
    """``error`` makes ``renkei lint`` exit with 1; a ``warning`` is only shown, a ``note`` asks for nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One problem. ``element`` is the id of the element or form component, ``message`` Japanese, ``line`` from 1."""

    file: Path
    element: str
    rule: str
    message: str
    severity: Severity = Severity.ERROR
    line: int | None = None
    about: frozenset[str] = field(default=frozenset(), compare=False)
    """What it is about: names and ids, which tell the cause of several findings (``causes``)."""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for ``--json``."""
        return {
            "file": str(self.file),
            "line": self.line,
            "element": self.element,
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message,
        }


def sorted_findings(findings: list[Finding]) -> list[Finding]:
    """Return findings without repetitions by file, line and element."""
    return sorted(set(findings), key=lambda f: (str(f.file), f.line or 0, f.element, f.rule, f.message))
