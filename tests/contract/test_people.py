"""Who completed a task, looked up on 8.6 and on 8.9 (ALL-15)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from tests.kit.camunda_http import Camunda, Task, camunda
from workers.adapters.camunda.people import People
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.acts import Act, Completion
from workers.domain.jst import JST
from workers.errors import RetryableError

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 11, 30, 9, tzinfo=JST)
INSTANCE = 700


def _act(number: int, element_instance: int, *, element: str = "Task_Answer", loop: int | None = None) -> Act:
    return Act(
        id=number,
        case_id="isesaki-2026-0001",
        engine_id="local",
        process_id="isesaki-signing",
        process_instance_key=INSTANCE,
        element_id=element,
        element_instance_key=element_instance,
        loop=loop,
        task_name="照会に答える",
        at=NOW,
        queued_at=NOW,
        look_at=NOW,
    )


def _task(key: int, element_instance: int, assignee: str | None, **more: object) -> Task:
    facts = {"element": "Task_Answer", "state": "COMPLETED", **more}
    return Task(
        key=key,
        name="照会に答える",
        case="isesaki-2026-0001",
        group="g",
        instance=INSTANCE,
        element_instance=element_instance,
        assignee=assignee,
        **facts,  # type: ignore[arg-type]
    )


@asynccontextmanager
async def _people(version: str, *tasks: Task, tasklist: bool = True) -> AsyncIterator[tuple[People, Camunda]]:
    with camunda(version, tasks) as server:
        async with RestClient(server.url) as rest, Tasklist(server.url, "demo", "demo") as pages:
            yield People(rest, pages if tasklist else None), server


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_two_persons_of_one_case_are_told_apart(version: str) -> None:
    tasks = [
        _task(102, 101, "sato"),
        _task(202, 201, "tanaka", element="Task_Check"),
        _task(302, 301, "sato", element="Task_Check"),
    ]
    async with _people(version, *tasks) as (people, _):
        acts = [_act(1, 101), _act(2, 201, element="Task_Check"), _act(3, 301, element="Task_Check")]
        found = await people.look_up(acts, [])
    assert found is not None
    assert {number: each.person for number, each in found.items()} == {1: "sato", 2: "tanaka", 3: "sato"}
    assert {number: each.task_key for number, each in found.items()} == {1: 102, 2: 202, 3: 302}


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_a_task_that_nobody_was_assigned_to_has_no_person(version: str) -> None:
    async with _people(version, _task(102, 101, None)) as (people, _):
        assert await people.look_up([_act(1, 101)], []) == {1: Completion(task_key=102, person="", name="")}


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_what_the_index_does_not_show_yet_is_missing(version: str) -> None:
    """An open task of the same element, and a completed one of an earlier round, are not it."""
    tasks = [_task(90, 89, "sato"), _task(102, 101, "sato", state="CREATED")]
    async with _people(version, *tasks) as (people, _):
        assert await people.look_up([_act(1, 101)], []) == {}


async def test_departments_that_answer_at_once_are_told_apart_by_their_round_on_8_6() -> None:
    """Keys alone would give the second department's act, whose task came first, the first one's person."""
    tasks = [_task(111, 101, "suzuki", loop=1), _task(112, 102, "kato", loop=2)]
    async with _people("8.6", *tasks) as (people, _):
        found = await people.look_up([_act(2, 102, loop=2)], [])
        assert found is not None
        assert found[2].person == "kato"


async def test_a_task_that_is_known_to_be_another_acts_is_left_alone_on_8_6() -> None:
    tasks = [_task(102, 101, "sato"), _task(103, 102, "tanaka")]
    async with _people("8.6", *tasks) as (people, _):
        found = await people.look_up([_act(2, 101)], [102])
    assert found is not None
    assert found[2].person == "tanaka"


async def test_the_audit_log_of_8_9_says_who_completed_and_the_users_say_the_name() -> None:
    """Not who claimed the task; a program is told apart from people."""
    tasks = [
        _task(102, 101, "sato", actor=("USER", "tanaka")),
        _task(202, 201, None, element="Task_Check", actor=("CLIENT", "renkei-worker")),
    ]
    async with _people("8.9", *tasks) as (people, server):
        server.users = {"tanaka": "田中 花子"}
        found = await people.look_up([_act(1, 101), _act(2, 201, element="Task_Check")], [])
        assert found == {
            1: Completion(task_key=102, person="tanaka", name="田中 花子"),
            2: Completion(task_key=202, person="renkei-worker", name="プログラム（renkei-worker）"),
        }
        await people.look_up([_act(1, 101)], [])
        assert server.seen.count("GET /v2/users/tanaka") == 1  # asked once
        assert "POST /v2/user-tasks/search" not in server.seen


async def test_without_leave_to_read_the_audit_log_the_assignee_is_it_on_8_9() -> None:
    async with _people("8.9", _task(102, 101, "sato", actor=("USER", "tanaka"))) as (people, server):
        server.audited = False
        found = await people.look_up([_act(1, 101)], [])
    assert found is not None
    assert found[1].person == "sato"


async def test_an_engine_without_search_and_without_tasklist_tells_nobody() -> None:
    async with _people("8.6", _task(102, 101, "sato"), tasklist=False) as (people, _):
        assert await people.look_up([_act(1, 101)], []) is None


@pytest.mark.parametrize("version", ["8.6", "8.9"])
async def test_a_camunda_that_is_away_is_asked_again(version: str) -> None:
    async with _people(version, _task(102, 101, "sato")) as (people, server):
        server.away = True
        with pytest.raises(RetryableError):
            await people.look_up([_act(1, 101)], [])
        server.away = False
        assert await people.look_up([_act(1, 101)], [])


@pytest.mark.parametrize(("version", "person"), [("8.6", ""), ("8.9", "sato")])
async def test_who_started_an_instance_is_known_since_8_9(version: str, person: str) -> None:
    """8.6 keeps no record of it, so nobody waits for one."""
    start = _act(5, INSTANCE, element="")
    async with _people(version, _task(102, 101, "sato")) as (people, server):
        server.starter = "sato"
        found = await people.look_up([start, _act(1, 101)], [])
    assert found is not None
    assert {number: each.person for number, each in found.items()} == {5: person, 1: "sato"}
    start.settle(found[5])
    assert start.who == (person or "（開始した人の記録なし）")
