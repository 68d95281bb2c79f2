"""A desk in Tasklist: starts with the start form and completes tasks through the API that Tasklist's pages call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from workers.adapters.camunda.tasklist import Tasklist
from workers.errors import PermanentError
from workers.scenarios.player import CONFIRM_TASK, CONTROL_PROCESS, REVIEW_TASK, as_it_stands
from workers.usecases.ports import Clock

T = TypeVar("T")
_DEADLINE_SECONDS = 180
_LOOK_AGAIN_SECONDS = 0.1
_SIDE_BY_SIDE = 4
_MAIL_TEXT = ("mailSubject", "mailBody")
_REST_SECONDS = 1.0
"""Tasks that appear together are all in the index when none has come for as long as this."""


class TasklistDesk:
    """A ``Desk`` for one case; time is not at its command, so scenarios with timers are refused."""

    def __init__(self, tasklist: Tasklist, clock: Clock, case_of: Callable[[int], Awaitable[str | None]]) -> None:
        """Create a desk; ``case_of`` tells the case of a process instance once it has drawn its number."""
        self._tasklist = tasklist
        self._clock = clock
        self._case_of = case_of
        self._done: set[str] = set()
        self.case_id = ""
        self.own_review = False

    def today(self) -> date:
        """Return today's Japanese date."""
        return self._clock.today()

    async def start(self, process_id: str, variables: Mapping[str, Any]) -> None:
        """Fill the start form and wait until the case has its number."""
        instance = await self._tasklist.start(process_id, variables)
        self.case_id = await _awaited(lambda: self._case_of(instance), "案件番号")

    async def join(self, case_id: str) -> None:
        """Work on the case whose instance the worker starts."""
        self.case_id = case_id

    async def complete_all(self, task: str, answers: Mapping[str, Any]) -> None:
        """Complete all open tasks of a kind side by side, as many departments do."""
        free = asyncio.Semaphore(_SIDE_BY_SIDE)

        async def answer(key: str) -> None:
            async with free:
                await self._complete(key, answers)

        async with asyncio.TaskGroup() as departments:
            for key in await self.all_open(task):
                departments.create_task(answer(key))

    async def all_open(self, task: str) -> list[str]:
        """Return the keys of the case's open tasks of a kind, once the index shows no more of them."""
        found = await _awaited(lambda: self._wanted(task, None), task)
        while True:
            await asyncio.sleep(_REST_SECONDS)
            again = await self._open(task, None)
            if {row["id"] for row in again} == {row["id"] for row in found}:
                return [row["id"] for row in found]
            found = again

    async def complete(self, task: str, group: str | None, answers: Mapping[str, Any]) -> None:
        """Claim and complete the case's open task of a kind, as a clerk does."""
        found = await _awaited(lambda: self._wanted(task, group), task)
        key = found[0]["id"]
        if task == REVIEW_TASK:
            answers = {**await self._mail_as_it_stands(key), **answers}
        await self._complete(key, answers)

    async def send_reviewed_mails(self) -> None:
        """Send the case's mails that wait for the office, as they stand."""
        for row in await self._open(REVIEW_TASK, None):
            await self._complete(row["id"], await self._mail_as_it_stands(row["id"]))

    async def _mail_as_it_stands(self, key: str) -> dict[str, Any]:
        """Return what a clerk sends who reads the mail first: the index may have the task before it has the text."""

        async def shown() -> dict[str, Any] | None:
            found = await self._tasklist.variables(key, _MAIL_TEXT)
            return found if set(_MAIL_TEXT) <= set(found) else None

        return as_it_stands(await _awaited(shown, "メールの文面"))

    async def _wanted(self, task: str, group: str | None) -> list[dict[str, Any]]:
        """Return the open tasks of a kind; where there is none yet, a mail may be what the case waits for."""
        found = await self._open(task, group)
        if not found and task != REVIEW_TASK:
            await self.send_reviewed_mails()
        return found

    async def _complete(self, key: str, answers: Mapping[str, Any]) -> None:
        self._done.add(key)  # the index shows it as open for another moment
        await self._tasklist.assign(key)
        await self._tasklist.complete(key, answers)

    async def let_fire(self, timer: str, *, unless_over: bool = False) -> None:  # noqa: ARG002 (the desk's signature)
        """Refuse: real time cannot be moved."""
        raise PermanentError(f"このシナリオは {timer} まで時間を進めます。実際の時計では進められません")

    async def control(self, order: Mapping[str, Any]) -> None:
        """Start the control, read which case it is, carry it out."""
        form = {"caseNumber": self.case_id, **order}
        await self._tasklist.start(CONTROL_PROCESS, form)
        (key, *_) = [row["id"] for row in await _awaited(lambda: self._open(CONFIRM_TASK, None), CONFIRM_TASK)]
        steps = (await self._tasklist.variables(key, ["steps"])).get("steps") or [{}]
        await self._complete(key, {**form, "stepChoice": steps[0].get("value"), "orderNext": "run"})

    async def _open(self, task: str, group: str | None) -> list[dict[str, Any]]:
        wanted = {"taskDefinitionId": task, **({"candidateGroup": group} if group else {})}
        found = await self._tasklist.search(wanted, variables=["caseId"])
        return [row for row in found if row["id"] not in self._done and _case(row) == self.case_id]


def _case(row: Mapping[str, Any]) -> str:
    """Return the case of a task; empty while the index has the task but not yet its variables."""
    return next((json.loads(variable["value"]) for variable in row.get("variables") or ()), "")


async def _awaited(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """Return the first true value; raises PermanentError after the deadline."""
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            while not (found := await look()):  # noqa: ASYNC110 (an index that lags: nothing tells)
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            return found
    except TimeoutError:
        raise PermanentError(
            f"{_DEADLINE_SECONDS} 秒待っても {what} が現れません。renkei status と Operate を見てください"
        ) from None
