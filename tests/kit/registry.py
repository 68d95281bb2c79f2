"""A registry of its own for a test: migrated, with a pinned clock, a renderer that counts, and any number of engines.

Two engines share nothing but the database, like two processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from tests.kit.memory import MemoryCities
from tests.kit.prepared import prepare
from workers.adapters.files import FileStore
from workers.adapters.registry import database
from workers.adapters.registry.outbox import Parts
from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork, opening, uow_factory
from workers.domain.agreements import Agreement, AgreementTerm
from workers.domain.cities import City
from workers.domain.entities import Case, Offer, Partner, Project, Survey, SurveyTarget
from workers.domain.jst import JST
from workers.domain.mails import WrittenMail
from workers.trial.clock import EngineClock
from workers.usecases.ports import AnswerForms, DocumentRenderer, JobRef, MailRenderer, MailRequest, RenderedMail

MORNING = datetime(2026, 6, 1, 8, 30, tzinfo=JST)


class CountingRenderer:
    """A mail renderer whose bytes show what it was given."""

    def __init__(self) -> None:
        self.rendered = 0

    def title(self, city: str, template: str) -> str:  # noqa: ARG002 (no templates here)
        """Return the template's own name."""
        return template

    def readdress(self, raw: bytes, recipient: str) -> RenderedMail:  # noqa: ARG002 (nothing is sent again here)
        """Return the same bytes."""
        return RenderedMail(message_id="<again@test>", raw=raw)

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return what names the mail."""
        return WrittenMail(subject=request.template, body=f"{request.recipient_name}\n")

    def render(self, request: MailRequest, attachments: Sequence[tuple[str, str, bytes]]) -> RenderedMail:
        """Return bytes that no other call returns."""
        self.rendered += 1
        raw = repr((self.rendered, request.business_key, list(attachments))).encode()
        return RenderedMail(message_id=f"<{self.rendered}@example.jp>", raw=raw)


@dataclass(frozen=True)
class Renderers:
    """The renderers of a test."""

    documents: DocumentRenderer
    mails: MailRenderer
    answers: AnswerForms


@dataclass
class RealTime:
    """Real time that a test moves: leases, back-off."""

    moment: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment

    def forward(self, **units: float) -> datetime:
        """Move on by a timedelta's units and return the new moment."""
        self.moment += timedelta(**units)
        return self.moment


@dataclass(kw_only=True)
class Registry:
    """One database and the engines on it."""

    url: str
    files: FileStore
    clock: EngineClock
    now: RealTime = field(default_factory=RealTime)
    mails: CountingRenderer = field(default_factory=CountingRenderer)
    engines: list[AsyncEngine] = field(default_factory=list)

    def sessions(self) -> async_sessionmaker[AsyncSession]:
        """Return sessions on an engine of their own."""
        self.engines.append(database.create_engine(self.url))
        return database.session_factory(self.engines[-1])

    def reading_sessions(self) -> async_sessionmaker[AsyncSession]:
        """Return sessions that only read, on an engine of their own."""
        self.engines.append(database.create_reading_engine(self.url))
        return database.session_factory(self.engines[-1])

    def units(self, *cities: City) -> MakeUnit:
        """Return a factory of units of work on an engine of its own, with these cities for packs."""
        return uow_factory(
            self.sessions(),
            Parts(
                clock=self.clock,
                cities=MemoryCities(cities),
                renderers=Renderers(cast("DocumentRenderer", None), self.mails, cast("AnswerForms", None)),
                files=self.files,
                now=self.now,
            ),
        )

    def open_units(self) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
        """Return what opens a worker's units of work, on an engine of its own."""
        make = self.units()
        return opening(self.engines[-1], make)


@asynccontextmanager
async def registry_at(url: str, folder: Path) -> AsyncIterator[Registry]:
    """Return a migrated registry; its engines are closed afterwards."""
    await asyncio.to_thread(prepare, url)
    clock = EngineClock()
    clock.pinned = MORNING
    registry = Registry(url=url, files=FileStore(folder / "files"), clock=clock)
    try:
        yield registry
    finally:
        for engine in registry.engines:
            await engine.dispose()


def some_case(case_id: str = "sakura-2026-1", *, opened_on: date = date(2026, 6, 1), city: str = "sakura") -> Case:
    """Return a case with a partner, one offer and two projects."""
    return Case(
        id=case_id,
        city=city,
        process_id="sakura-signing",
        opened_on=opened_on,
        partner=Partner(
            name="株式会社さくら", representative="代表 花子", contact="担当 太郎", email="taro@partner.example.jp"
        ),
        offers=[Offer(round=1, offered_on=opened_on, purpose="地域の活性化", fields=[1, 4, 9])],
        projects=[
            Project(round=1, number=2, field=4, title="出前講座", content="小学校で行う"),
            Project(round=1, number=1, field=1, title="見守り", content="配達のついでに", cost_to_city=True),
        ],
    )


def some_agreement(signing: Case, **changes: object) -> Agreement:
    """Return the city's first agreement, signed in the case, in force from 1 April 2026 to 31 March 2027."""
    assert signing.partner is not None
    term = AgreementTerm(
        number=1, starts_on=date(2026, 4, 1), expires_on=date(2027, 3, 31), notice_deadline=date(2027, 2, 28)
    )
    values: dict[str, object] = {
        "id": f"{signing.city}-a1",
        "case_id": signing.id,
        "city": signing.city,
        "kind": "comprehensive",
        "title": "包括連携協定",
        "signed_on": date(2026, 4, 1),
        "parties": [signing.partner.name],
        "fields": [1],
        "partner": signing.partner,
        "terms": [term],
    }
    return Agreement(**(values | changes))  # type: ignore[arg-type]  # a mixed bag of keyword arguments


def some_survey(case_id: str = "sakura-2026-1", departments: Sequence[str] = ("welfare", "school")) -> Survey:
    """Return a survey of departments, due in two weeks."""
    return Survey(
        id=f"{case_id}-s1",
        case_id=case_id,
        round=1,
        due_on=date(2026, 6, 15),
        opened_at=MORNING,
        targets=[
            SurveyTarget(
                department=code, division="部", section=f"{code}課", group=code, email=f"{code}@city.example.jp"
            )
            for code in departments
        ],
    )


def some_mail(business_key: str = "sakura-2026-1/1/taro/offer-received", **changes: object) -> MailRequest:
    """Return a mail to the partner."""
    values: dict[str, object] = {
        "business_key": business_key,
        "case_id": "sakura-2026-1",
        "city": "sakura",
        "kind": "offer-received",
        "template": "offer-received",
        "recipient_name": "担当 太郎",
        "recipient": "taro@partner.example.jp",
        "context": {},
    }
    return MailRequest(**(values | changes))  # type: ignore[arg-type]  # a mixed bag of keyword arguments


def some_job(job_key: int = 2251799813685300, *, element_instance_key: int = 2251799813685299) -> JobRef:
    """Return a job's identity with keys as large as Zeebe's."""
    return JobRef(
        engine_id="test",
        job_key=job_key,
        process_instance_key=2251799813685249,
        element_id="Task_Record",
        element_instance_key=element_instance_key,
    )
