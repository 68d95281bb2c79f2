"""Hands a partner's answer to the engine: it completes the open user task, or somebody was first (ALL-2, ALL-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from workers.domain.answers import PARTNER_USER
from workers.errors import RenkeiError, RetryableError
from workers.logs import get_logger
from workers.runtime.ports import AnswerTasks, OpenJobUnit
from workers.usecases.filed_answers import keep_files_beside
from workers.usecases.take_answer import (
    Delivery,
    confirm_receipt,
    late_by_number,
    settle_delivered,
    to_deliver,
    try_with,
)

_log = get_logger(__name__)
PATIENCE: Final = timedelta(hours=1)
"""So long an answer waits for a task that nobody has seen completed: the index lags, or the step is still to come."""


class AnswerDelivery:
    """Delivers one answer. A delivery that was broken off may be repeated: nothing is completed or told twice."""

    def __init__(self, tasks: AnswerTasks, open_unit: OpenJobUnit) -> None:
        self._tasks = tasks
        self._open_unit = open_unit

    async def deliver(self, answer_id: int) -> None:
        """Complete the answer's task, or keep the answer as late.

        Raises RetryableError while the engine does not answer, or does not show the task yet.
        """
        async with self._open_unit() as unit:
            delivery, now = await to_deliver(unit, answer_id), unit.clock.now()
        if delivery is None:
            return
        await self._confirm(answer_id)
        if delivery.tried is not None:
            await self._after_a_break(delivery)
            return
        await self._first_time(delivery, now)

    async def _confirm(self, answer_id: int) -> None:
        """Mail the receipt; an answer that nobody can be told of is delivered all the same."""
        try:
            async with self._open_unit() as unit:
                await confirm_receipt(unit, answer_id)
        except RetryableError:
            raise
        except RenkeiError as error:
            _log.error("a receipt could not be made", answer_id=answer_id, error=type(error).__name__)

    async def _first_time(self, delivery: Delivery, now: datetime) -> None:
        open_tasks = await self._tasks.find(element_id=delivery.element_id, case_id=delivery.case_id)
        if not open_tasks:
            if now - delivery.taken_at < PATIENCE:
                raise RetryableError("回答を渡す作業がまだ見つかりません")
            await self._settle(delivery, delivered=False)
            return
        key = open_tasks[-1].key
        async with self._open_unit() as unit:
            still_waiting = await try_with(unit, delivery.answer_id, key)
        if still_waiting:
            taken = await self._tasks.take(key, PARTNER_USER, delivery.values)
            await self._settle(delivery, delivered=taken)

    async def _after_a_break(self, delivery: Delivery) -> None:
        """Find out whether the call that was broken off had done it: the task's assignee tells."""
        key = delivery.tried or 0
        if await self._tasks.take(key, PARTNER_USER, delivery.values):
            await self._settle(delivery, delivered=True)
            return
        assignee = await self._tasks.assignee(key)
        if assignee is None:
            raise RetryableError("回答を渡した作業の記録がまだ見つかりません")
        await self._settle(delivery, delivered=assignee == PARTNER_USER)

    async def _settle(self, delivery: Delivery, *, delivered: bool) -> None:
        async with self._open_unit() as unit:
            if delivered:
                await settle_delivered(unit, delivery.answer_id)
                await keep_files_beside(unit, delivery.answer_id)
            else:
                await late_by_number(unit, delivery.answer_id)
