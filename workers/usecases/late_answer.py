"""An answer that came after the office's own entry is a task of the office: nothing is discarded (ALL-3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from workers.domain.entities import Case
from workers.errors import InputError, PermanentError
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.take_answer import as_text

_WAYS: Final = {"keep": "先に入力した内容のままとした", "use": "回答に合わせて直した"}


@dataclass(frozen=True, kw_only=True)
class LateAnswer:
    """What the office is shown: the step, when the answer came, what it says."""

    title: str
    at: datetime
    text: str


async def late_answer(uow: UnitOfWork, case: Case, answer_id: int) -> LateAnswer:
    """Return an answer that came second; raises PermanentError for one of another case."""
    answer = await uow.answers.kept(answer_id)
    if answer.case_id != case.id:
        raise PermanentError(f"回答 {answer_id} は案件 {case.id} のものではありません")
    link = await uow.answers.link_of(answer)
    return LateAnswer(title=link.title, at=answer.at, text=as_text(answer.said))


async def note_late_answer(uow: UnitOfWork, case_id: str, way: str, told: str) -> None:
    """Record what the office made of the answer; raises InputError for a choice that is none, or an empty account."""
    if way not in _WAYS:
        raise InputError("どう扱うか", "選んでください")
    if not told:
        raise InputError("確かめたこと", "何を確かめ、どうしたかを書いてください")
    await note(uow, case_id, f"後から届いた回答を確かめ、{_WAYS[way]}（{told}）")
