"""A 決裁 as forms and commands have it, and as a step keeps it (ALL-11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from workers.domain.required import check, parse_rules
from workers.domain.wareki import format_wareki, parse_date

APPROVAL_LABELS: Final = {"number": "起案番号", "decidedOn": "決裁日", "class": "決裁区分", "decidedBy": "決裁者"}
"""What is asked of a 決裁, by the key under which the form has it."""
APPROVAL_LEVELS: Final = {"mayor": "市長", "deputy": "副市長", "director": "部長", "manager": "課長"}
_APPROVED: Final = parse_rules(
    require=",".join(f"approval.{key}:{label}" for key, label in APPROVAL_LABELS.items()),
    dates="approval.decidedOn:決裁日 <=today",
    ranges="",
    empty="",
)


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who decided what, where and when; ``level`` is one of ``APPROVAL_LEVELS``."""

    number: str
    decided_on: date
    level: str = ""
    decided_by: str = ""

    @property
    def said(self) -> str:
        """What an entry's reason says of it."""
        parts = (
            f"起案番号 {self.number}",
            f"決裁日 {format_wareki(self.decided_on)}",
            f"決裁区分 {APPROVAL_LEVELS.get(self.level, '')}",
            f"決裁者 {self.decided_by}",
        )
        return f"（{'、'.join(parts)}）"


def check_approval(approval: Mapping[str, Any], today: date) -> None:
    """Raise InputErrors with all that a 決裁 lacks."""
    check({"approval": approval}, _APPROVED, today=today)


def read_approval(approval: Any) -> Approval | None:
    """Read a 決裁, None where none was given; raises InputError for a bad date."""
    if not isinstance(approval, Mapping) or not approval.get("number"):
        return None
    return Approval(
        number=str(approval["number"]),
        decided_on=parse_date(approval.get("decidedOn"), "決裁日"),
        level=str(approval.get("class") or ""),
        decided_by=str(approval.get("decidedBy") or ""),
    )


def approval_to_keep(approval: Approval) -> dict[str, str]:
    """Return a 決裁 as its step keeps it."""
    return {
        "number": approval.number,
        "decidedOn": approval.decided_on.isoformat(),
        "class": approval.level,
        "decidedBy": approval.decided_by,
    }
