"""The one place where adapters meet use cases. Each part is imported and made when it is asked for."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from workers.domain.jst import JST
from workers.settings import Settings

if TYPE_CHECKING:  # a command that asks the registry needs neither Word, mails nor the jobs
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

    from workers.adapters.registry.acts import OpenActs
    from workers.adapters.registry.groups import JobGroups
    from workers.adapters.registry.outbox import Parts
    from workers.adapters.registry.queue import EngineCallQueue, MailQueue
    from workers.adapters.registry.restores import Restore
    from workers.adapters.registry.turns import Turns
    from workers.adapters.registry.unit_of_work import MakeUnit, SqlUnitOfWork
    from workers.jobs.catalog import JobType
    from workers.packs.finding import CityPacks
    from workers.packs.stepways import StepWays
    from workers.packs.templatefiles import TemplateFolders
    from workers.usecases.ports import AnswerForms, Book, Clock, DocumentRenderer, MailRenderer, Register


class SystemClock:
    """The business clock of production: the machine's time on Japan's calendar (D-7)."""

    def now(self) -> datetime:
        """Return the present moment in Asia/Tokyo."""
        return datetime.now(JST)

    def today(self) -> date:
        """Return the Japanese date."""
        return self.now().date()


class Services:
    """What the entry points need: the worker, the command line, the pages."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self._engines: list[AsyncEngine] = []  # beside ``engine``; those with other handlers share it

    @cached_property
    def packs(self) -> CityPacks:
        """The cities' packs."""
        from workers.packs.finding import CityPacks

        return CityPacks(pack_folders(self.settings))

    @cached_property
    def templates(self) -> TemplateFolders:
        """Where mail and document templates lie."""
        return template_folders(self.settings)

    @cached_property
    def job_types(self) -> Mapping[str, JobType]:
        """Handlers by job type."""
        from workers.jobs.catalog import all_job_types

        return all_job_types()

    @cached_property
    def ways(self) -> StepWays:
        """What the diagrams say about going back."""
        from workers.packs.stepways import StepWays

        return StepWays(pack_folders(self.settings))

    @cached_property
    def engine(self) -> AsyncEngine:
        """The registry's connections."""
        from workers.adapters.registry.database import create_engine

        return create_engine(self.settings.registry_url)

    @cached_property
    def open_unit(self) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
        """Opens a transaction."""
        from workers.adapters.registry.unit_of_work import opening

        return opening(self.engine, self._make_unit, self._turns)

    @cached_property
    def groups(self) -> JobGroups:
        """Where short jobs share a transaction."""
        from workers.adapters.registry.groups import LOCK_MS, JobGroups
        from workers.runtime.metrics import group_ended

        engine = self.engine
        if self._turns is None:
            from workers.adapters.registry.database import create_engine

            engine = create_engine(self.settings.registry_url, pool_size=1, lock_ms=LOCK_MS, asks_first=False)
            self._engines.append(engine)
        return JobGroups(engine, self._make_unit, turns=self._turns, told=group_ended)

    @cached_property
    def _make_unit(self) -> MakeUnit:
        from workers.adapters.registry.unit_of_work import uow_factory

        return uow_factory(self._sessions, self._parts)

    @cached_property
    def read_unit(self) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
        """Opens a transaction that only reads and waits for no writer."""
        from workers.adapters.registry.database import session_factory
        from workers.adapters.registry.unit_of_work import reading, uow_factory

        return reading(uow_factory(session_factory(self._reading_engine), self._parts))

    @cached_property
    def _reading_engine(self) -> AsyncEngine:
        from workers.adapters.registry.database import create_reading_engine

        return create_reading_engine(self.settings.registry_url)

    @cached_property
    def _parts(self) -> Parts:
        from workers.adapters.files import FileStore
        from workers.adapters.registry.outbox import Parts
        from workers.packs.configured import ConfiguredCities

        return Parts(
            clock=self.clock,
            cities=ConfiguredCities(self.packs),
            renderers=self._renderers,
            files=FileStore(self.settings.files),
            mail_deadline=timedelta(hours=self.settings.mail_deadline_hours),
            pages_url=self.settings.pages_url.rstrip("/"),
        )

    @asynccontextmanager
    async def open_register(self) -> AsyncIterator[Register]:
        """Open the register alone, to be read: without the entities and all else of a transaction."""
        from sqlalchemy.ext.asyncio import AsyncSession

        from workers.adapters.registry.database import READ_ONLY
        from workers.adapters.registry.faults import passing_faults_retryable
        from workers.adapters.registry.register import SqlRegister

        with passing_faults_retryable():
            async with AsyncSession(self.engine) as session:
                await session.connection(execution_options=READ_ONLY)
                yield SqlRegister(session)

    @asynccontextmanager
    async def open_book(self) -> AsyncIterator[Book]:
        """Open the book of agreements, to be read."""
        from sqlalchemy.ext.asyncio import AsyncSession

        from workers.adapters.registry.book import SqlBook
        from workers.adapters.registry.database import READ_ONLY
        from workers.adapters.registry.faults import passing_faults_retryable

        with passing_faults_retryable():
            async with AsyncSession(self.engine) as session:
                await session.connection(execution_options=READ_ONLY)
                yield SqlBook(session)

    @cached_property
    def mails(self) -> MailQueue:
        """The mail outbox."""
        from workers.adapters.registry.queue import MailQueue

        return MailQueue(self._sessions, turns=self._turns)

    @cached_property
    def engine_calls(self) -> EngineCallQueue:
        """The outbox of engine calls."""
        from workers.adapters.registry.queue import EngineCallQueue

        return EngineCallQueue(self._sessions)

    async def check_registry(self) -> None:
        """Return when the registry answers; raises RetryableError or PermanentError else."""
        from workers.adapters.registry.database import check

        await check(self.engine)

    async def renewals_due(self) -> int:
        """Return how many agreements wait for the renewal watch; raises RetryableError."""
        from workers.adapters.registry.agreement_repositories import due_count

        return await due_count(self.engine, self.clock.today())

    async def open_acts(self) -> OpenActs:
        """Return how many acts have no person yet, or none for good; raises RetryableError."""
        from workers.adapters.registry.acts import open_acts

        return await open_acts(self.engine)

    async def next_look(self) -> datetime | None:
        """Return when the next person is to be looked up; raises RetryableError."""
        from workers.adapters.registry.acts import next_look

        return await next_look(self.engine)

    async def on_hold(self) -> bool:
        """Return whether a restore waits for its confirmation; raises RetryableError."""
        from workers.adapters.registry.restores import is_on_hold

        return await is_on_hold(self.engine)

    async def open_restores(self) -> list[Restore]:
        """Return the restores that nobody has confirmed yet; raises RetryableError."""
        from workers.adapters.registry.restores import open_restores

        return await open_restores(self.engine)

    async def keep_first_keys(self, keys: Mapping[int, int]) -> None:
        """Note the engine's next keys, by partition, with the open restores; raises RetryableError."""
        from workers.adapters.registry.restores import keep_first_keys

        await keep_first_keys(self.engine, keys)

    def with_job_types(self, job_types: Mapping[str, JobType]) -> Services:
        """Return the same services with other handlers."""
        other = copy.copy(self)
        other.__dict__["job_types"] = job_types
        return other

    def with_registry(self, settings: Settings) -> Services:
        """Return services on another registry, whose schema is up to date, that share what was read of the packs."""
        other = Services(settings, self.clock)
        for name in ("packs", "templates", "job_types", "ways", "_renderers"):
            other.__dict__[name] = getattr(self, name)
        return other

    def make_all(self) -> None:
        """Import and make everything now, so that a worker's first job waits for none of it (blocking)."""
        from workers.domain.business_days import is_business_day

        for name in ("job_types", "ways", "open_unit", "groups", "mails", "engine_calls"):
            getattr(self, name)
        for name in ("documents", "mails", "answers"):
            getattr(self._renderers, name)
        is_business_day(self.clock.today())

    async def close(self) -> None:
        """Close the registry's connections."""
        for engine in (self.engine, *self._engines):
            await engine.dispose()
        if "_reading_engine" in self.__dict__:
            await self._reading_engine.dispose()

    @cached_property
    def _renderers(self) -> _TemplateRenderers:
        return _TemplateRenderers(self)

    @cached_property
    def _sessions(self) -> async_sessionmaker[AsyncSession]:
        from workers.adapters.registry.database import session_factory

        return session_factory(self.engine)

    @cached_property
    def _turns(self) -> Turns | None:
        """The order in which jobs and mails use the one connection to SQLite."""
        from workers.adapters.registry.turns import Turns

        return Turns() if self.engine.dialect.name == "sqlite" else None


class _TemplateRenderers:
    """``Renderers`` on the packs' templates."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @cached_property
    def documents(self) -> DocumentRenderer:
        from workers.adapters.documents.word import WordDocuments

        return WordDocuments(self._services.templates)

    @cached_property
    def mails(self) -> MailRenderer:
        from workers.adapters.mail.renderer import JinjaMails

        made, settings = self._services, self._services.settings
        return JinjaMails(
            made.templates,
            made.packs,
            made.clock,
            tasklist_url=settings.tasklist_url,
            open_url=settings.open_url,
            desk_url=settings.desk_page,
        )

    @cached_property
    def answers(self) -> AnswerForms:
        from workers.adapters.documents.answerbooks import WorkbookForms
        from workers.jobs.forms.answers import known_answers

        return WorkbookForms(self._services.packs, known_answers)


def pack_folders(settings: Settings) -> list[Path]:
    """Return the folders of city packs: the project's own first."""
    return [settings.home / "bpmn", *settings.packs]


def template_folders(settings: Settings) -> TemplateFolders:
    """Return where mail and document templates lie."""
    from workers.packs.templatefiles import TemplateFolders

    return TemplateFolders(templates=settings.home / "templates", packs=tuple(settings.packs))


def build_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Return the services; the registry's schema is brought up to date first (blocking).

    Raises PermanentError for a database URL that cannot be used or a schema newer than this program.
    """
    from workers.adapters.registry.database import migrate

    migrate(settings.registry_url)
    return Services(settings, clock or SystemClock())


@asynccontextmanager
async def services(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Services]:
    """Yield the services and close their connections afterwards."""
    built = build_services(settings, clock=clock)
    try:
        yield built
    finally:
        await built.close()
