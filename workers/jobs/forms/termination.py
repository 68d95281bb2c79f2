"""The end of an agreement as its diagram and forms have it: what speaks for it, the plan (D-8, AGE-T2, ISE-T2)."""

from __future__ import annotations

from typing import Any

from workers.domain.dissolution import TerminationPlan
from workers.domain.wareki import format_wareki
from workers.usecases.dissolution import Standing
from workers.variables import named


def standing_variables(found: Standing) -> dict[str, Any]:
    """Return a standing as a form shows it and as the decision table reads it."""
    if found.running:
        record = "今も続いている連携事業があります"
    elif found.last_record:
        record = f"最後の実績は{format_wareki(found.last_record)}です"
    else:
        record = f"実績はまだありません（締結日 {format_wareki(found.signed_on)}）"
    lines = [record]
    if found.excluded_periods:
        lines.append(f"算定から除く期間として双方で確認したものが{found.excluded_periods}件あります")
    if found.candidate_from:
        lines.append(f"実績のない期間による解除を検討できるのは{format_wareki(found.candidate_from)}からです")
    if found.fields_missing:
        lines.append(f"連携事項が要件より{found.fields_missing}つ少なくなっています")
    return {"candidate": found.candidate, "text": "\n".join(f"- {line}" for line in lines)}


def plan_variable(plan: TerminationPlan) -> dict[str, Any]:
    """Return ``terminationPlan``: the plan, and its days as texts."""
    texts = {"endsText": format_wareki(plan.ends_on), "noticeByText": format_wareki(plan.notice_by, weekday=True)}
    return {**named(**vars(plan)), **texts}
