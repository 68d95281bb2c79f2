"""Whose answer to a step counts, and since when: whoever comes second is told (ALL-3, B6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workers.domain.answers import AnswerState, PartnerAnswer
from workers.domain.wareki import format_moment
from workers.usecases.ports import UnitOfWork


@dataclass(frozen=True, kw_only=True)
class FirstAnswer:
    """When the answer that counts was given. ``section``: the office that entered it, empty for the partner's page."""

    at: datetime
    section: str = ""

    @property
    def told(self) -> str:
        """What whoever came second reads."""
        moment = format_moment(self.at)
        if self.section:
            return f"{self.section}が{moment}に、先に入力を済ませていました"
        return f"{moment}に、回答のページからの回答を先に受け付けていました"


async def last_answer(uow: UnitOfWork, case_id: str, element_id: str) -> PartnerAnswer | None:
    """Return the partner's answer by link to the last round of a step, None where there is none."""
    number = await uow.answers.last_round(case_id, element_id)
    return await uow.answers.answer(case_id, element_id, number) if number else None


async def first_answer(uow: UnitOfWork, case_id: str, city: str, element_id: str) -> FirstAnswer | None:
    """Return the answer that counts in the last round of a step, None where nobody has given one."""
    answer = await last_answer(uow, case_id, element_id)
    if answer is not None and answer.state is not AnswerState.LATE:
        return FirstAnswer(at=answer.at)
    done = [e for e in await uow.history.of_case(case_id) if e.act is not None and e.act.element_id == element_id]
    return FirstAnswer(at=done[-1].at, section=uow.cities.city(city).office.section) if done else None
