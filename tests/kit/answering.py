"""A partner's page without an engine: a registry with a case, the mail that asks, the task as the engine shows it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from email import message_from_bytes
from email.policy import SMTP
from typing import Any, Final
from urllib.parse import urlencode

import httpx
from sqlalchemy import select
from starlette.applications import Starlette

from tests.kit import papers
from tests.kit.registry import Registry
from workers.adapters.camunda.open_tasks import OpenTask
from workers.adapters.camunda.task_forms import ShownTask
from workers.adapters.registry import outbox_tables
from workers.adapters.registry.unit_of_work import SqlUnitOfWork
from workers.domain.entities import Case
from workers.errors import RetryableError
from workers.pages.app import application
from workers.pages.steps import Steps
from workers.readers.attachedfile import FileLimits
from workers.usecases.send_mail import send_mail

PAGES_URL: Final = "http://pages.city.example"
CASE_ID: Final = "isesaki-2026-1"
TASK: Final = "Task_SubmitOffer"
TASK_KEY: Final = 4711
_LIMITS: Final = FileLimits()
FORM: Final = json.loads((papers.ROOT / "bpmn" / "isesaki" / "isesaki-offer.form").read_text(encoding="utf-8"))
OPTIONS: Final = [{"label": entry.name, "value": str(entry.number)} for entry in papers.CITY.fields]
OFFER: Final[dict[str, Any]] = {
    "filing": "file",
    "offeredOn": "２０２６／６／１",
    "purpose": "市の子育てを支えるため",
    "fields": ["1", "4", "7"],
    "projects": [{"field": "1", "title": " 健康教室 ", "content": "公民館で\r\n月に一度", "costToCity": False}],
    "projectsCount": 99,
    "records": [],
    "other": "",
    "secret": "no field of the form",
}


@dataclass
class Engine:
    """One open task. ``away``: nothing answers. ``completed``: who completed it with what, in order."""

    form: Mapping[str, Any] = field(default_factory=lambda: FORM)
    values: dict[str, Any] = field(
        default_factory=lambda: {"cityOptions": {"fields": OPTIONS}, "caseTitle": "包括連携協定", "surveyView": "内部"}
    )
    away: bool = False
    is_open: bool = True
    breaks: int = 0
    completed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return the task as a page reads it."""
        if not await self.find(case_id=case_id, element_id=element_id):
            return None
        wanted = names(self.form)
        return ShownTask(form=self.form, values={name: self.values[name] for name in self.values if name in wanted})

    async def find(self, *, element_id: str, case_id: str) -> list[OpenTask]:
        """Return the task while it is open."""
        if self.away:
            raise RetryableError("away")
        found = OpenTask(
            key=TASK_KEY,
            element_id=TASK,
            name=TASK,
            process_instance_key=1,
            assignee="",
            candidate_groups=(),
            due_date="",
        )
        return [found] if self.is_open and (element_id, case_id) == (TASK, CASE_ID) else []

    async def take(self, key: int, assignee: str, variables: Mapping[str, Any]) -> bool:
        """Complete the task, once; with ``breaks`` the engine does it and its answer is lost."""
        assert key == TASK_KEY
        if self.away:
            raise RetryableError("away")
        if not self.is_open:
            return False
        self.is_open = False
        self.completed.append((assignee, variables))
        if self.breaks:
            self.breaks -= 1
            raise RetryableError("the answer was lost")
        return True

    async def assignee(self, key: int) -> str | None:
        """Return who completed the task."""
        assert key == TASK_KEY
        return self.completed[-1][0] if self.completed else None


@dataclass
class Page:
    """A browser before a link's page."""

    client: httpx.AsyncClient
    url: str

    async def open(self, path: str = "") -> httpx.Response:
        """Open the page."""
        return await self.client.get(self.url + path)

    async def word(self) -> str:
        """Return the word of the page's form."""
        found = re.search(r'name="word" value="([^"]+)"', (await self.open()).text)
        return found[1] if found else ""

    async def type(self, values: Mapping[str, Any], action: str = "check") -> httpx.Response:
        """Type an answer and go on."""
        fields = {"word": await self.word(), "action": action, "values": json.dumps(values)}
        return await self.post("", fields)

    async def checked(self) -> dict[str, str]:
        """Return the fields of the page of the check."""
        shown = (await self.open("/check")).text
        return dict(re.findall(r'name="(word|digest)" value="([^"]+)"', shown))

    async def send(self) -> httpx.Response:
        """Send what the page of the check shows."""
        return await self.post("/send", await self.checked())

    async def attach(self, *files: tuple[str, bytes], values: Mapping[str, Any] | None = None) -> httpx.Response:
        """Attach files, and with them what was typed so far."""
        fields = {"word": await self.word(), "values": json.dumps(values or {})}
        parts = [("file", file) for file in files]
        return await self.client.post(f"{self.url}/files", data=fields, files=parts or [("file", ("", b""))])

    async def remove(self, number: str) -> httpx.Response:
        """Take a file away."""
        fields = {"word": await self.word(), "values": "{}", "remove": number}
        return await self.client.post(f"{self.url}/files", data=fields, files=[("file", ("", b""))])

    async def post(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """Send a plain form."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.client.post(self.url + path, content=urlencode(fields), headers=headers)


@dataclass
class Answering:
    """All of it together."""

    registry: Registry
    engine: Engine
    app: Starlette
    open_unit: Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]

    async def ask(self, template: str = "offer-request", key: str = "k") -> str:
        """Mail the partner, who has the link now; returns its path."""
        async with self.open_unit() as uow:
            await send_mail(
                uow,
                CASE_ID,
                template=template,
                to="partner",
                attach=(),
                values={},
                department=None,
                key=key,
                page=TASK,
            )
        (*_, raw) = await self.mails(template)
        found = re.search(rf"{PAGES_URL}(/a/\S+)", raw)
        assert found
        return found[1]

    async def mails(self, template: str) -> list[str]:
        """Return the texts of the mails made from a template, oldest first."""
        t = outbox_tables.mail.c
        async with self.open_unit() as uow:
            rows = (await uow._session.scalars(select(t.raw).where(t.kind == template).order_by(t.id))).all()
        return [message_from_bytes(raw, policy=SMTP).get_body(("plain",)).get_content() for raw in rows]  # type: ignore[union-attr]

    async def calls(self, kind: str) -> Sequence[Mapping[str, Any]]:
        """Return the payloads of a kind of engine call."""
        t = outbox_tables.engine_call.c
        async with self.open_unit() as uow:
            return (await uow._session.scalars(select(t.payload).where(t.kind == kind).order_by(t.id))).all()

    @asynccontextmanager
    async def browser(self, path: str, address: str = "192.0.2.1") -> AsyncIterator[Page]:
        """Return a browser with cookies of its own."""
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url=PAGES_URL) as client:
            yield Page(client, path)


async def answering(registry: Registry, limits: FileLimits = _LIMITS) -> Answering:
    """Return a case whose partner has not been written to yet."""
    open_unit, read_unit = papers.opened(registry, pages_url=PAGES_URL)
    async with open_unit() as uow:
        await uow.cases.add(
            Case(
                id=CASE_ID,
                city="isesaki",
                process_id="isesaki-signing",
                opened_on=date(2026, 5, 1),
                partner=papers.partner(),
            )
        )
    engine = Engine()
    app = application(open_unit, Steps(engine, lag_seconds=0), limits=limits, read_unit=read_unit)
    return Answering(registry, engine, app, open_unit)
