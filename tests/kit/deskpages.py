"""The desk without an engine: a registry of its own, people with passwords, tasks that one list holds.

async with desk_at(database_url, tmp_path) as desk:
    async with desk.browser("sato") as browser:       # signed in; "" for nobody
        page = await browser.get("/desk/")
        await browser.post("/desk/…", {"name": "value"})   # brings the form's word along
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import urlencode

import httpx
from starlette.applications import Starlette

from tests.kit.papers import ROOT, clock
from tests.kit.prepared import prepare
from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.camunda.person_tasks import PersonTasks, TaskState
from workers.adapters.camunda.signin import SignedIn, WrongPasswordError
from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.desk import Person
from workers.errors import PermanentError, RetryableError
from workers.pages.app import application
from workers.pages.desk.application import desk_application
from workers.settings import Settings
from workers.usecases.ports import UnitOfWork
from workers.wiring import Services

URL: Final = "https://desk.city.example"
PASSWORD: Final = "right"  # noqa: S105 (of people who are not)
OFFICE: Final = "isesaki-senryaku"
PEOPLE: Final = {
    "sato": Person(user="sato", name="佐藤 花子", groups=frozenset({OFFICE})),
    "ito": Person(user="ito", name="伊藤 次郎", groups=frozenset({"isesaki-kikaku"})),
    "ono": Person(user="ono", name="小野 三郎", groups=frozenset({"isesaki-koho"})),
    "date": Person(user="date", name="伊達 四郎", groups=frozenset({"date-seisaku"})),
    "nobody": Person(user="nobody", name="無所属 五郎", groups=frozenset()),
    "demo": Person(user="demo", name="試し 六郎", groups=None),
}
"""The office of 伊勢崎市, two of its departments, another city's office, somebody of no group, the trial's user."""


def open_task(key: int, **changes: Any) -> OpenTask:
    """Return an open task of 伊勢崎市's office."""
    known: dict[str, Any] = {
        "element_id": "Task_CheckRequirements",
        "name": "要件を確認する",
        "process_instance_key": 1,
        "assignee": "",
        "candidate_groups": (OFFICE,),
        "due_date": "2026-06-08T17:00:00+09:00",
        "case_id": "isesaki-2026-1",
    }
    return OpenTask(key=key, **(known | changes))


@dataclass
class Engine:
    """The tasks of everybody. ``away``: nothing answers. ``completed``: (user, key, variables), in order."""

    tasks: dict[int, OpenTask] = field(default_factory=dict)
    forms: dict[int, ShownTask] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    completed: list[tuple[str, int, Mapping[str, Any]]] = field(default_factory=list)
    away: bool = False
    start_forms: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    started: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def add(self, *tasks: OpenTask) -> None:
        """Open tasks."""
        self.tasks |= {task.key: task for task in tasks}


@dataclass
class AsPerson:
    """The engine as one person."""

    engine: Engine
    user: str

    async def __aenter__(self) -> Self:
        if self.engine.away:
            raise RetryableError("away")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def all_open(self) -> list[OpenTask]:
        """Return the open tasks."""
        return [task for key, task in self.engine.tasks.items() if key not in self.engine.done]

    async def of_case(self, case_id: str) -> list[OpenTask]:
        """Return those of a case."""
        return [task for task in await self.all_open() if task.case_id == case_id]

    async def find(self, key: int) -> TaskState | None:
        """Return a task, open or done."""
        task = self.engine.tasks.get(key)
        return None if task is None else TaskState(task=task, is_open=key not in self.engine.done)

    async def form(self, task: OpenTask, names: Callable[[Mapping[str, Any]], Collection[str]]) -> ShownTask:
        """Return a task's form."""
        if task.key not in self.engine.forms:
            raise PermanentError("no form")
        shown = self.engine.forms[task.key]
        wanted = names(shown.form)
        return ShownTask(form=shown.form, values={n: v for n, v in shown.values.items() if n in wanted})

    async def standing(self, instance: int) -> list[str]:
        """Return where the case's instance stands."""
        return [task.element_id for task in await self.all_open() if task.process_instance_key == instance]

    async def start_form(self, process_id: str) -> ShownTask:
        """Return a start form."""
        return ShownTask(form=self.engine.start_forms[process_id], values={})

    async def start(self, process_id: str, variables: Mapping[str, Any]) -> int:
        """Start a process."""
        self.engine.started.append((self.user, process_id, variables))
        return len(self.engine.started)

    async def claim(self, key: int, *, over: bool = False) -> bool:
        """Claim a task."""
        task = self.engine.tasks[key]
        if key in self.engine.done or (not over and task.assignee not in {"", self.user}):
            return False
        self.engine.tasks[key] = replace(task, assignee=self.user)
        return True

    async def give_back(self, key: int) -> bool:
        """Give a task back."""
        if key in self.engine.done:
            return False
        self.engine.tasks[key] = replace(self.engine.tasks[key], assignee="")
        return True

    async def complete(self, key: int, variables: Mapping[str, Any]) -> bool:
        """Complete a task that this person has claimed."""
        if key in self.engine.done or self.engine.tasks[key].assignee != self.user:
            return False
        self.engine.done.add(key)
        self.engine.completed.append((self.user, key, variables))
        return True


class SignIn:
    """Camunda's sign-in with the passwords of ``PEOPLE``."""

    async def by_password(self, user: str, password: str) -> SignedIn:
        """Return who has user and password."""
        if user not in PEOPLE or password != PASSWORD:
            raise WrongPasswordError("利用者名かパスワードが違います")
        return SignedIn(person=PEOPLE[user], secret={"way": "cookies", "cookies": {"SECRET": "canary"}})


@dataclass
class Browser:
    """A browser; its forms bring the word that the last page had."""

    client: httpx.AsyncClient
    word: str = ""

    async def get(self, path: str, **more: Any) -> httpx.Response:
        """Open a page."""
        return self._seen(await self.client.get(path, **more))

    async def post(self, path: str, fields: Mapping[str, str], *, word: str | None = None) -> httpx.Response:
        """Send a plain form, with the last page's word where no other is given."""
        content = urlencode({"word": self.word if word is None else word, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._seen(await self.client.post(path, content=content, headers=headers))

    async def sign_in(self, user: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in, and see the first page for its word."""
        await self.get("/desk/sign-in")
        answer = await self.post("/desk/sign-in", {"user": user, "password": password})
        if answer.status_code == httpx.codes.SEE_OTHER:
            await self.get("/desk/")
        return answer

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        found = re.search(r'name="word" value="([^"]+)"', answer.text)
        self.word = found[1] if found else self.word
        return answer


@dataclass
class DeskAtWork:
    """All of it together."""

    services: Services
    engine: Engine
    app: Starlette

    def open_unit(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction of the registry."""
        return self.services.open_unit()

    @asynccontextmanager
    async def browser(self, user: str, address: str = "192.0.2.1") -> AsyncIterator[Browser]:
        """Return a browser with cookies of its own, signed in as ``user`` where one is given."""
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
            browser = Browser(client)
            if user:
                assert (await browser.sign_in(user)).status_code == httpx.codes.SEE_OTHER
            yield browser


@asynccontextmanager
async def desk_at(database_url: str, folder: Path, **settings: Any) -> AsyncIterator[DeskAtWork]:
    """Return a desk on an empty registry, on 1 June 2026."""
    prepare(database_url)
    services = Services(Settings(home=ROOT, data=folder, database_url=database_url, **settings), clock())
    engine = Engine()

    def as_person(person: Person, secret: Mapping[str, Any]) -> PersonTasks:
        assert secret["cookies"] == {"SECRET": "canary"}
        return cast("PersonTasks", AsPerson(engine, person.user))

    desk = desk_application(services, sign_in=SignIn(), open_tasks=as_person)
    try:
        yield DeskAtWork(services, engine, application(services.open_unit, None, desk))
    finally:
        await services.close()
