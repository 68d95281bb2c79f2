"""Every open task with its case, as the daily mail on late tasks reads them, on 8.6 and on 8.9 (ALL-1)."""

from __future__ import annotations

import pytest

from tests.kit.camunda_http import Task, camunda
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.errors import RetryableError

pytestmark = pytest.mark.asyncio
FIRST, SECOND = "isesaki-2026-0001", "date-2026-0001"
DUE = "2026-12-04T08:15:00.000Z"
TASKS = [
    Task(key=1, element="Task_Decide", name="決める", case=FIRST, group="isesaki-senryaku", due=DUE, assignee="sato"),
    Task(key=2, element="Task_AnswerSurvey", name="答える", case=SECOND, group="date-kikaku", instance=77),
    Task(key=3, element="Task_Decide", name="決める", case=FIRST, group="isesaki-senryaku", state="COMPLETED"),
]


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_every_open_task_has_its_case(version: str) -> None:
    """With label, group, assignee and due date; what is done is left out; asked again, no other search is tried."""
    with camunda(version, TASKS) as engine:
        async with RestClient(engine.url) as rest, Tasklist(engine.url, "demo", "demo") as tasklist:
            tasks = OpenTasks(rest, tasklist)
            await tasks.all_open()
            before = len(engine.seen)
            found = await tasks.all_open()
            calls = [call.rpartition(" ")[2] for call in engine.seen[before:]]
    assert [(task.name, task.case_id, task.candidate_groups, task.assignee, task.due_date) for task in found] == [
        ("決める", FIRST, ("isesaki-senryaku",), "sato", DUE),
        ("答える", SECOND, ("date-kikaku",), "", ""),
    ]
    assert (
        calls
        == {
            "8.6": ["/v1/tasks/search"],
            "8.9": ["/v2/user-tasks/search", "/v2/variables/search"],
        }[version]
    )


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_an_index_that_is_away_is_asked_again_later(version: str) -> None:
    """No digest is written of half an answer."""
    with camunda(version, TASKS) as engine:
        engine.away = True
        async with RestClient(engine.url) as rest, Tasklist(engine.url, "demo", "demo") as tasklist:
            with pytest.raises(RetryableError):
                await OpenTasks(rest, tasklist).all_open()
