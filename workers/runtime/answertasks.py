"""Puts what a partner's file says into the open task: its form shows it, for the office to check and send (ALL-17).

The values are variables of the task alone (of its element instance), so they survive whoever claims it, are shown by
Tasklist 8.6 and 8.9 alike, and end with the task: what leaves it passes its output mappings as ever.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from workers.adapters.camunda.instances import ElementInstance
from workers.adapters.camunda.open_tasks import OpenTask
from workers.domain.markdown import plain
from workers.errors import InputError, RetryableError
from workers.usecases.ports import FiledAnswer

_LAG_SECONDS: Final = 4.0
_POLL_SECONDS: Final = 0.4


class FindsTasks(Protocol):
    """``OpenTasks``, as far as it is needed here."""

    async def find(self, *, case_id: str | None = None) -> list[OpenTask]:
        """Return the open tasks of a case."""

    async def set_variables(self, scope_key: int, variables: Mapping[str, Any]) -> None:
        """Set variables of an element instance."""


class FindsElements(Protocol):
    """``Instances``, as far as it is needed here."""

    async def active(self, instance: int) -> list[ElementInstance]:
        """Return the elements at which a process instance stands."""


class AnswerTasks:
    """Finds the task that a form is for, and fills it in."""

    def __init__(self, tasks: FindsTasks, instances: FindsElements, *, lag_seconds: float = _LAG_SECONDS) -> None:
        self._tasks = tasks
        self._instances = instances
        self._lag = lag_seconds

    async def find(self, case_id: str, elements: Mapping[str, str], wanted: str = "") -> OpenTask:
        """Return the case's open task among ``elements`` (ids with names).

        ``wanted``: the key or the element of one of several. A task that has just come may be found a moment later.
        Raises InputError in Japanese where there is none, or more than one; RetryableError where the engine is away.
        """
        deadline = time.monotonic() + self._lag
        while True:
            found = [task for task in await self._tasks.find(case_id=case_id) if task.element_id in elements]
            chosen = [task for task in found if wanted in ("", str(task.key), task.element_id)]
            if len(chosen) == 1:
                return chosen[0]
            if found or time.monotonic() > deadline:
                raise _no_single(case_id, elements, found, wanted)
            await asyncio.sleep(_POLL_SECONDS)

    async def fill(self, task: OpenTask, answer: FiledAnswer) -> None:
        """Put values, and what is wrong with them, into a task; raises InputError for one that is over."""
        deadline = time.monotonic() + self._lag
        while not (keys := await self._elements(task)):
            if time.monotonic() > deadline:
                raise RetryableError("作業がまだ検索に出ていません。少し待ってからやり直してください")
            await asyncio.sleep(_POLL_SECONDS)
        problems = plain("\n".join(answer.problems)) if answer.problems else None
        await self._tasks.set_variables(keys[-1], {**answer.values, "formError": problems})

    async def _elements(self, task: OpenTask) -> list[int]:
        active: Sequence[ElementInstance] = await self._instances.active(task.process_instance_key)
        return [element.key for element in active if element.element_id == task.element_id]


def _no_single(case_id: str, elements: Mapping[str, str], found: Sequence[OpenTask], wanted: str) -> InputError:
    if not found:
        names = "・".join(dict.fromkeys(f"「{name}」" for name in elements.values())) or "作業"
        return InputError(
            case_id, f"この様式を受ける{names}は、いま開いていません（まだ来ていないか、もう済んでいます）"
        )
    listed = "、".join(f"{task.key}（{elements[task.element_id]}）" for task in found)
    if wanted:
        return InputError(
            "--task", f"「{wanted}」は、この様式を受ける開いた作業ではありません。開いているもの: {listed}"
        )
    return InputError("--task", f"この様式を受ける作業がいくつか開いています。番号を指定してください: {listed}")
