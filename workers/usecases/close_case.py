"""Close a case with its outcome (ISE-8, ISE-9)."""

from __future__ import annotations

from workers.domain.entities import BROKEN_OFF, Case, CaseOutcome, ProjectStatus
from workers.errors import PermanentError
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork

OUTCOME_NAMES = {
    CaseOutcome.SIGNED: "締結",
    CaseOutcome.INDIVIDUAL: "個別協定",
    CaseOutcome.DECLINED: "見送り",
    CaseOutcome.WITHDRAWN: "取下げ",
    CaseOutcome.COMPLETED: "完了",
    CaseOutcome.RENEWED: "更新",
    CaseOutcome.EXPIRED: "満了",
    CaseOutcome.TERMINATED: "解除",
    CaseOutcome.AMENDED: "変更",
    CaseOutcome.CONTINUED: "継続",
    CaseOutcome.STOPPED: "中止",
    CaseOutcome.CANCELLED: "取消し",
}

_WITHOUT_AGREEMENT = frozenset({CaseOutcome.DECLINED, CaseOutcome.COMPLETED})


def state_name(case: Case) -> str:
    """Return where a case stands, in Japanese: how it ended, or that it goes on."""
    return OUTCOME_NAMES[case.outcome] if case.outcome else "進行中"


async def close_case(uow: UnitOfWork, case_id: str, outcome: str) -> None:
    """Close the case; raises PermanentError for an outcome that the diagram's header misspells.

    A project on which nothing was decided by the end of a case that leads to no agreement is dropped: the register
    never says of a refused proposal that it stands as one (DAT-A: B).
    One that was broken off a moment before keeps that outcome: its instance is about to be cancelled (ALL-22).
    """
    case = await uow.cases.get(case_id)
    if case.outcome in BROKEN_OFF and case.closed_on is not None:
        return
    if outcome not in set(CaseOutcome):
        raise PermanentError(f"ヘッダー outcome の値 {outcome} は使えません（{'・'.join(CaseOutcome)}）")
    case.outcome, case.closed_on = CaseOutcome(outcome), uow.clock.today()
    if case.outcome in _WITHOUT_AGREEMENT:
        for project in case.current_projects():
            if project.status is ProjectStatus.PROPOSED:
                project.status = ProjectStatus.DROPPED
    await note(uow, case.id, f"案件を閉じた: {OUTCOME_NAMES[case.outcome]}")
