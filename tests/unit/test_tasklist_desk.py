"""The demo's desk beside an index that lags: Tasklist has a task before it has the task's variables."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

import pytest

from workers.adapters.camunda.tasklist import Tasklist
from workers.scenarios.player import REVIEW_TASK
from workers.scenarios.tasklist_desk import TasklistDesk
from workers.usecases.ports import Clock

DRAFT = {"mailSubject": "包括連携協定書（案）", "mailBody": "ご確認ください。"}


class LaggingTasklist:
    """One reviewed mail whose variables come in pieces, as the index writes them."""

    def __init__(self, *pieces: Mapping[str, Any]) -> None:
        self._pieces = list(pieces)
        self.completed: list[Mapping[str, Any]] = []

    async def search(self, wanted: Mapping[str, Any], variables: Sequence[str]) -> list[dict[str, Any]]:
        """Return the mail to be reviewed, with its case."""
        assert (wanted["taskDefinitionId"], list(variables)) == (REVIEW_TASK, ["caseId"])
        return [{"id": "1", "variables": [{"name": "caseId", "value": '"isesaki-2026-0001"'}]}]

    async def variables(self, key: str, names: Sequence[str] = ()) -> dict[str, Any]:
        """Return what the index has by now."""
        assert key == "1"
        piece = self._pieces[0] if len(self._pieces) == 1 else self._pieces.pop(0)
        return {name: value for name, value in piece.items() if name in names}

    async def assign(self, key: str) -> None:
        """Claim the task."""
        assert key == "1"

    async def complete(self, key: str, answers: Mapping[str, Any]) -> None:
        """Keep what was sent."""
        assert key == "1"
        self.completed.append(answers)


class OneDay:
    """A clock that stands."""

    def today(self) -> date:
        """Return a Monday."""
        return date(2026, 6, 1)


async def _no_case(instance: int) -> str | None:
    raise AssertionError(f"nothing starts: {instance}")


@pytest.mark.parametrize("step", ["as it stands", "as the scenario says"])
def test_a_mail_is_sent_as_the_office_sees_it_even_where_the_index_lags(step: str) -> None:
    """A mail that was sent with an empty text came back empty, for ever."""
    tasklist = LaggingTasklist({}, {"mailSubject": DRAFT["mailSubject"]}, DRAFT)
    desk = TasklistDesk(cast("Tasklist", tasklist), cast("Clock", OneDay()), _no_case)

    async def work() -> None:
        await desk.join("isesaki-2026-0001")
        if step == "as it stands":
            await desk.send_reviewed_mails()
        else:
            await desk.complete(REVIEW_TASK, None, {"mailChoice": "return", "mailReason": "直すため"})

    asyncio.run(work())

    choice = {"mailChoice": "send"} if step == "as it stands" else {"mailChoice": "return", "mailReason": "直すため"}
    assert tasklist.completed == [{**DRAFT, **choice}]
