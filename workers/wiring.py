"""The one place where adapters meet use cases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from workers.adapters.documents.word import WordDocuments
from workers.adapters.files import FileStore
from workers.adapters.mail.renderer import JinjaMails
from workers.adapters.registry.acts import OpenActs, next_look, open_acts
from workers.adapters.registry.agreement_repositories import due_count
from workers.adapters.registry.database import check, create_engine, migrate, session_factory
from workers.adapters.registry.queue import EngineCallQueue, MailQueue
from workers.adapters.registry.shared_transaction import opening
from workers.adapters.registry.turns import Turns
from workers.adapters.registry.unit_of_work import SqlUnitOfWork, uow_factory
from workers.domain.jst import JST
from workers.jobs.catalog import JobType, all_job_types
from workers.packs.configured import ConfiguredCities
from workers.packs.finding import CityPacks
from workers.packs.stepways import StepWays
from workers.packs.templates import TemplateFolders
from workers.settings import Settings
from workers.usecases.ports import Clock


class SystemClock:
    """The business clock of production: the machine's time on Japan's calendar (D-7)."""

    def now(self) -> datetime:
        """Return the present moment in Asia/Tokyo."""
        return datetime.now(JST)

    def today(self) -> date:
        """Return the Japanese date."""
        return self.now().date()


@dataclass(kw_only=True)
class Services:
    """What the entry points need: the worker, the command line, the pages."""

    settings: Settings
    clock: Clock
    packs: CityPacks
    templates: TemplateFolders
    engine: AsyncEngine
    job_types: Mapping[str, JobType]
    ways: StepWays
    open_unit: Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]
    mails: MailQueue
    engine_calls: EngineCallQueue

    async def check_registry(self) -> None:
        """Return when the registry answers; raises RetryableError or PermanentError else."""
        await check(self.engine)

    async def renewals_due(self) -> int:
        """Return how many agreements wait for the renewal watch; raises RetryableError."""
        return await due_count(self.engine, self.clock.today())

    async def open_acts(self) -> OpenActs:
        """Return how many acts have no person yet, or none for good; raises RetryableError."""
        return await open_acts(self.engine)

    async def next_look(self) -> datetime | None:
        """Return when the next person is to be looked up; raises RetryableError."""
        return await next_look(self.engine)

    async def close(self) -> None:
        """Close the registry's connections."""
        await self.engine.dispose()


def pack_folders(settings: Settings) -> list[Path]:
    """Return the folders of city packs: the project's own first."""
    return [settings.home / "bpmn", *settings.packs]


def template_folders(settings: Settings) -> TemplateFolders:
    """Return where mail and document templates lie."""
    return TemplateFolders(templates=settings.home / "templates", packs=tuple(settings.packs))


def build_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Put the adapters together; the registry's schema is brought up to date first (blocking).

    Raises PermanentError for a database URL that cannot be used or a schema newer than this program.
    """
    migrate(settings.registry_url)
    business_clock = clock or SystemClock()
    packs = CityPacks(pack_folders(settings))
    templates = template_folders(settings)
    engine = create_engine(settings.registry_url)
    sessions = session_factory(engine)
    turns = Turns() if engine.dialect.name == "sqlite" else None
    factory = uow_factory(
        sessions,
        clock=business_clock,
        cities=ConfiguredCities(packs),
        renderer=WordDocuments(templates),
        mail_renderer=JinjaMails(
            templates, packs, business_clock, tasklist_url=settings.tasklist_url, open_url=settings.open_url
        ),
        files=FileStore(settings.files),
        mail_deadline=timedelta(hours=settings.mail_deadline_hours),
    )
    return Services(
        settings=settings,
        clock=business_clock,
        packs=packs,
        templates=templates,
        engine=engine,
        job_types=all_job_types(),
        ways=StepWays(pack_folders(settings)),
        open_unit=opening(engine, factory, turns),
        mails=MailQueue(sessions, turns=turns),
        engine_calls=EngineCallQueue(sessions),
    )


@asynccontextmanager
async def services(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Yield the services and close their connections afterwards."""
    built = build_services(settings, clock=clock)
    try:
        yield built
    finally:
        await built.close()
