"""A partner's file whose step has an answer already, or one on its way: told, and kept beside that one (ALL-17, B6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

from workers.errors import InputError
from workers.usecases.answer_workbooks import TakenFile
from workers.usecases.filed_answers import done_since, keep_second, waiting_answer
from workers.usecases.first_answers import FirstAnswer
from workers.usecases.ports import UnitOfWork


@dataclass(frozen=True)
class SecondFiles:
    """Says of a file that somebody's answer was first, and keeps it. ``by``: who brought it, for the history."""

    open_unit: Callable[[], AbstractAsyncContextManager[UnitOfWork]]
    taken: TakenFile
    by: str

    async def refuse_waiting(self, elements: Iterable[str]) -> None:
        """Raise InputError where a partner's answer by link is on its way to one of the steps."""
        for element_id in elements:
            async with self.open_unit() as uow:
                first = await waiting_answer(uow, self.taken.document.case_id, element_id)
            await self._refuse(element_id, first)

    async def refuse_done(self, elements: Iterable[str], since: datetime) -> None:
        """Raise InputError where one of the steps has been done since a moment."""
        for element_id in elements:
            async with self.open_unit() as uow:
                first = await done_since(uow, self.taken.document.case_id, element_id, since)
            await self._refuse(element_id, first)

    async def _refuse(self, element_id: str, first: FirstAnswer | None) -> None:
        if first is None:
            return
        async with self.open_unit() as uow:
            uow.by = self.by
            kept = await keep_second(uow, self.taken.document.case_id, element_id, self.taken, first)
        what = (
            "ファイルは捨てずに残し、作業「後から届いた回答を確かめる」にしました"
            if kept
            else "このファイルはその前に読んでいます。案件に残してあります"
        )
        raise InputError(self.taken.name, f"{first.told}。{what}")
