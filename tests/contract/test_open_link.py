"""A link in a mail opens the task that it is about, on 8.6 and on 8.9 (ALL-2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from tests.kit.camunda_http import Camunda, Task, camunda
from workers.adapters.camunda.open_tasks import OpenTasks
from workers.adapters.camunda.rest import RestClient
from workers.adapters.camunda.tasklist import Tasklist
from workers.runtime import taskpage

pytestmark = pytest.mark.asyncio
CASE, OTHER = "isesaki-2026-0001", "isesaki-2026-0002"
OFFICE = "isesaki-senryaku"
TASKS = [
    Task(key=11, element="Task_WatchSurvey", name="照会を見守る", case=CASE, group=OFFICE),
    Task(key=12, element="Task_AnswerSurvey", name="照会に答える", case=CASE, group="isesaki-korei"),
    Task(key=13, element="Task_AnswerSurvey", name="照会に答える", case=OTHER, group="isesaki-korei"),
    Task(key=14, element="Task_Talk", name="<協議>", case=CASE, group=OFFICE, due="2026-12-04T08:15:00.000Z"),
]
PAGE = "https://tasklist.city.example/tasklist"


@pytest.fixture(params=["8.6", "8.9"])
def engine(request: pytest.FixtureRequest) -> Iterator[Camunda]:
    """A Camunda with four open tasks."""
    with camunda(request.param, TASKS) as server:
        yield server


@pytest_asyncio.fixture
async def browser(engine: Camunda) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that follows no redirect, before the workers' page."""
    async with (
        RestClient(engine.url) as rest,
        Tasklist(engine.url, "demo", "demo") as tasklist,
        httpx.AsyncClient(
            transport=httpx.ASGITransport(
                Starlette(routes=[taskpage.route(OpenTasks(rest, tasklist), PAGE, lag_seconds=0.5)])
            ),
            base_url="http://workers",
        ) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("link", "key"),
    [
        (f"/open/{CASE}?group=isesaki-korei", 12),
        (f"/open/{OTHER}?group=isesaki-korei", 13),
        (f"/open/{CASE}?group={OFFICE}&task=Task_WatchSurvey", 11),
        (f"/open/{CASE}?task=Task_AnswerSurvey", 12),
    ],
)
async def test_the_one_open_task_is_opened(browser: httpx.AsyncClient, engine: Camunda, link: str, key: int) -> None:
    """The right one of case, group and element; nothing is changed in the engine."""
    answer = await browser.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}/{key}")
    assert answer.headers["cache-control"] == "no-store"
    assert {call.rpartition("/")[2] for call in engine.seen} <= {"search", "login"}


async def test_several_open_tasks_are_listed(browser: httpx.AsyncClient) -> None:
    """With their names, escaped, and their due dates in wareki."""
    answer = await browser.get(f"/open/{CASE}?group={OFFICE}")
    assert answer.status_code == 200
    assert f'<a href="{PAGE}/11">照会を見守る</a>' in answer.text
    assert f'<a href="{PAGE}/14">&lt;協議&gt;</a>（期限 令和8年12月4日）' in answer.text
    assert CASE not in answer.text


@pytest.mark.parametrize("link", [f"/open/{CASE}?group=isesaki-kodomo", "/open/isesaki-2026-0009"])
async def test_a_task_that_is_not_open_is_said_to_be_so(browser: httpx.AsyncClient, link: str) -> None:
    """Done, or not yet there; the list of Tasklist is one click away."""
    answer = await browser.get(link)
    assert answer.status_code == 404
    assert "いま開いている作業はありません" in answer.text
    assert f'<a href="{PAGE}">' in answer.text


async def test_a_task_that_the_index_shows_a_moment_later_is_opened(
    browser: httpx.AsyncClient, engine: Camunda
) -> None:
    """A mail may be read before the search knows its task."""
    held, engine.tasks = engine.tasks, []

    class _Late(list[str]):
        def append(self, call: str) -> None:
            super().append(call)
            if call.endswith("search") and self.count(call) > 1:
                engine.tasks = held

    engine.seen = _Late()
    assert (await browser.get(f"/open/{CASE}?group=isesaki-korei")).status_code == 303


async def test_an_engine_that_is_away_is_said_to_be_so(browser: httpx.AsyncClient, engine: Camunda) -> None:
    """503, so that no proxy keeps the page."""
    engine.away = True
    answer = await browser.get(f"/open/{CASE}?group=isesaki-korei")
    assert answer.status_code == 503
    assert "いまは作業を探せません" in answer.text


@pytest.mark.parametrize("link", ["/open/%3Cscript%3E", f"/open/{CASE}?group=a%22b", f"/open/{CASE}?task=%E8%AA%B2"])
async def test_a_broken_link_asks_nobody(browser: httpx.AsyncClient, engine: Camunda, link: str) -> None:
    """What cannot be a number, a group or an element is not searched for, nor repeated on the page."""
    answer = await browser.get(link)
    assert answer.status_code == 404
    assert "リンクが正しくありません" in answer.text
    assert "script" not in answer.text
    assert engine.seen == []
