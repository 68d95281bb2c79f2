"""Every call to Camunda 8.9 against the published description of its API: what is asked, and that the answer is read.

The answers are made from the description, with everything that it says may be there; none is written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import httpx
import pytest

from tests.kit.camunda89api import Api, example
from workers.adapters.camunda.incidents import Incidents
from workers.adapters.camunda.instances import Instances
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.people import People
from workers.adapters.camunda.person_tasks import PersonRest, PersonTasks
from workers.adapters.camunda.rest import AlreadyStartedError, RestClient, UnknownProcessError
from workers.adapters.camunda.task_forms import TaskForms
from workers.adapters.camunda.tasklist import Tasklist
from workers.domain.acts import Act

pytestmark = pytest.mark.asyncio
_NO_TASKLIST = cast("Tasklist", None)
"""8.9 is asked nothing in Tasklist's old way; who does fails."""
_NOW = datetime(2026, 4, 1, tzinfo=UTC)


class Described:
    """Answers as the description says; refuses what it does not have."""

    def __init__(self, given: Mapping[str, Any] | None = None, *, status: int = 200) -> None:
        self.api = Api()
        self.given = dict(given or {})
        self.status = status
        self.called: list[str] = []
        self.bodies: dict[str, Any] = {}

    def client(self) -> RestClient:
        """Return a client that talks to this."""
        client = RestClient("http://camunda.invalid")
        client._http = httpx.AsyncClient(base_url="http://camunda.invalid", transport=httpx.MockTransport(self._answer))
        return client

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name, _ = self.api.find(request.method, request.url.path)
        self.called.append(name)
        if request.content:
            self.bodies[name] = json.loads(request.content)
            self.api.check(name, "body", self.bodies[name])
        schema = self.api.operations[name]["answer"]
        if not schema or self.status != 200:
            return httpx.Response(204 if self.status == 200 else self.status)
        answer = _with(example(schema), self.given)
        self.api.check(name, "answer", answer)
        return httpx.Response(200, json=answer)


def _with(answer: Any, given: Mapping[str, Any]) -> Any:
    """Return an answer in which some fields have values that mean something to the reader."""
    if isinstance(answer, dict):
        return {name: given.get(name, _with(value, given)) for name, value in answer.items()}
    return [_with(each, given) for each in answer] if isinstance(answer, list) else answer


async def _start(rest: RestClient) -> None:
    await rest.create_instance("isesaki-signing", {"caseId": "isesaki-2026-0001"}, business_id="isesaki-2026-0001")


async def _open_tasks(rest: RestClient) -> None:
    tasks = OpenTasks(rest, _NO_TASKLIST)
    (found,) = await tasks.find(process_instance_key=7, element_id="Task", group="isesaki-kikaku", case_id="a-1")
    assert (found.key, found.process_instance_key) == (7, 7)
    (each,) = await tasks.all_open()
    assert each.case_id == "a-1"
    assert await tasks.assignee(7) is not None


async def _changed_tasks(rest: RestClient) -> None:
    tasks = OpenTasks(rest, _NO_TASKLIST)
    await tasks.set_due_date(7, "2026-04-01T17:15:00+09:00")
    assert await tasks.take(7, "renkei", {"answer": "yes"})
    await rest.unassign_user_task(7)
    await tasks.set_variables(7, {"surveyView": {}})


async def _people(rest: RestClient) -> None:
    place: Any = {
        "process_id": "isesaki-signing",
        "process_instance_key": 7,
        "element_instance_key": 7,
        "element_id": "Task",
    }
    act = Act(id=1, case_id="a-1", engine_id="local", task_name="作業", at=_NOW, queued_at=_NOW, look_at=_NOW, **place)
    found = await People(rest, None).look_up([act], [])
    assert found is not None
    assert found[1].task_key == 7


async def _places(rest: RestClient) -> None:
    instances = Instances(rest, _NO_TASKLIST)
    assert [each.key for each in await instances.active(7)] == [7]
    await instances.move(7, leave=[7], enter="Task_Before")
    (incident,) = await Incidents(rest, _NO_TASKLIST).open()
    assert (incident.key, incident.case_id) == (7, "a-1")


async def _forms(rest: RestClient) -> None:
    shown = await TaskForms(rest, _NO_TASKLIST).of_task(7, lambda _form: {"text"})
    assert (shown.form, shown.values) == ({}, {"text": "a-1"})
    person = PersonTasks.__new__(PersonTasks)
    person._rest, person._by_cookies = cast("PersonRest", rest), False
    assert (await person.start_form("isesaki-signing")).form == {}
    assert await person.start("isesaki-signing", {"partner": "企業"}) == 7


async def _others(rest: RestClient) -> None:
    assert await rest.user_name("kikaku") != ""
    assert (await rest.topology())["brokers"] != []
    assert [row["processInstanceKey"] for row in await rest.search_all("process-instances", {"state": "ACTIVE"}) or []]


_VALUES = {"value": '"a-1"', "name": "caseId"}
_CALLS: dict[str, tuple[Callable[[RestClient], Awaitable[None]], Mapping[str, Any], set[str]]] = {
    "start": (_start, {}, {"createProcessInstance"}),
    "open tasks": (_open_tasks, _VALUES, {"searchUserTasks", "searchVariables"}),
    "changed tasks": (
        _changed_tasks,
        {},
        {"updateUserTask", "assignUserTask", "completeUserTask", "unassignUserTask", "createElementInstanceVariables"},
    ),
    "people": (_people, {"actorType": "USER", "actorId": "kikaku"}, {"searchAuditLogs", "getUser"}),
    "places": (
        _places,
        _VALUES,
        {"searchElementInstances", "modifyProcessInstance", "searchIncidents", "searchVariables"},
    ),
    "forms": (
        _forms,
        {"schema": "{}", "name": "text", "value": '"a-1"'},
        {
            *("getUserTaskForm", "searchUserTaskVariables"),
            *("searchProcessDefinitions", "getStartProcessForm", "createProcessInstance"),
        },
    ),
    "others": (_others, {}, {"getUser", "getTopology", "searchProcessInstances"}),
}


@pytest.mark.parametrize("what", _CALLS)
async def test_what_is_asked_and_read_is_as_the_description_says(what: str) -> None:
    work, given, operations = _CALLS[what]
    engine = Described(given)
    async with engine.client() as rest:
        await work(rest)
    assert set(engine.called) == operations


async def test_a_case_has_its_number_as_business_id_and_is_not_started_twice() -> None:
    engine = Described()
    async with engine.client() as rest:
        await _start(rest)
        assert engine.bodies["createProcessInstance"]["businessId"] == "isesaki-2026-0001"
        engine.status = 409
        with pytest.raises(AlreadyStartedError, match="isesaki-2026-0001 は、もう始まっています"):
            await _start(rest)
        engine.status = 404
        with pytest.raises(UnknownProcessError):
            await _start(rest)


async def test_a_call_that_the_description_does_not_have_would_be_noticed() -> None:
    async with Described().client() as rest:
        with pytest.raises(AssertionError, match="has no POST /v2/user-tasks/7/forward"):
            await rest.request("POST", "/v2/user-tasks/7/forward", {})
