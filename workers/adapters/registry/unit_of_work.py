"""One transaction with everything that a use case may touch in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from workers.adapters.registry import mapping  # noqa: F401 (maps the entities)
from workers.adapters.registry.acts import SqlActs
from workers.adapters.registry.agreement_repositories import SqlActivities, SqlAgreements, SqlSweeps
from workers.adapters.registry.applied import AppliedJobs
from workers.adapters.registry.calendar_feeds import SqlCalendarFeeds
from workers.adapters.registry.deployments import Deployments
from workers.adapters.registry.desk import SqlDesk
from workers.adapters.registry.documents import SqlDocuments
from workers.adapters.registry.faults import MESSAGE, is_passing, passing_faults_retryable
from workers.adapters.registry.mail_drafts import SqlMailDrafts
from workers.adapters.registry.meeting_repositories import SqlMeetings
from workers.adapters.registry.outbox import OutboxName, Parts, SqlOutbox
from workers.adapters.registry.partner_answers import SqlPartnerAnswers
from workers.adapters.registry.public_offers import SqlPublicOffers
from workers.adapters.registry.register import SqlRegister
from workers.adapters.registry.repositories import SqlCases, SqlCounters, SqlHistory, SqlSurveys
from workers.adapters.registry.turns import Turns
from workers.domain.acts import Act
from workers.errors import BusyError
from workers.usecases import ports


class SqlUnitOfWork:
    """``async with factory() as uow: …; await uow.commit()``. Left without a commit, nothing has happened.

    A fault of the database that passes by itself leaves the block as BusyError; nothing was committed then,
    unless the connection was lost within ``commit`` itself: business keys and ``applied_job`` make that harmless.
    """

    clock: ports.Clock
    cities: ports.Cities
    cases: ports.Cases
    surveys: ports.Surveys
    agreements: ports.Agreements
    activities: ports.Activities
    meetings: ports.Meetings
    register: ports.Register
    sweeps: ports.Sweeps
    documents: ports.Documents
    drafts: ports.MailDrafts
    counters: ports.Counters
    outbox: ports.Outbox
    history: ports.History
    acts: ports.Acts
    answers: ports.PartnerAnswers
    feeds: ports.CalendarFeeds
    offers: ports.PublicOffers
    desk: ports.DeskRecords

    def __init__(self, session: AsyncSession, parts: Parts) -> None:
        self._session = session
        self.act: Act | None = None
        self.by = ""
        self.clock = parts.clock
        self.cities = parts.cities
        self._renderers = parts.renderers
        self.cases = SqlCases(session)
        self.surveys = SqlSurveys(session)
        self.agreements = SqlAgreements(session)
        self.activities = SqlActivities(session)
        self.meetings = SqlMeetings(session)
        self.register = SqlRegister(session)
        self.sweeps = SqlSweeps(session)
        self.documents = SqlDocuments(session, parts.files, parts.clock)
        self.drafts = SqlMailDrafts(session)
        self.counters = SqlCounters(session)
        self.history = SqlHistory(session)
        self.acts = SqlActs(session)
        self.answers = SqlPartnerAnswers(session)
        self.feeds = SqlCalendarFeeds(session)
        self.offers = SqlPublicOffers(session)
        self.desk = SqlDesk(session)
        self.pages_url = parts.pages_url
        self.outbox = self._outbox = SqlOutbox(session, self.documents, parts)
        self.applied = AppliedJobs(session, now=parts.now)
        self.deployments = Deployments(session)

    @property
    def renderer(self) -> ports.DocumentRenderer:
        """Fills documents."""
        return self._renderers.documents

    @property
    def answer_forms(self) -> ports.AnswerForms:
        """Makes the forms that partners fill in."""
        return self._renderers.answers

    @property
    def outbox_used(self) -> set[OutboxName]:
        """The outboxes that something was added to."""
        return self._outbox.used

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was read or written yet."""
        return not self._session.in_transaction()

    async def applied_job(self, ref: ports.JobRef) -> Mapping[str, Any] | None:
        """Return a job's stored outcome, see ``AppliedJobs.find``."""
        return await self.applied.find(ref)

    async def store_applied_job(self, ref: ports.JobRef, job_type: str, outcome: Mapping[str, Any]) -> None:
        """Keep a job's outcome, see ``AppliedJobs.store``."""
        await self.applied.store(ref, job_type, outcome)

    async def commit(self) -> None:
        """Make everything since the last commit lasting. Raises RetryableError for a passing fault."""
        with passing_faults_retryable():
            await self._session.commit()

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """Return a block whose effects alone are undone when it raises; the transaction goes on."""
        return self._session.begin_nested()

    async def rollback(self) -> None:
        """Undo everything since the last commit; entities read before must be read again."""
        with passing_faults_retryable():
            await self._session.rollback()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session.in_transaction():
            # Rolls back. Shielded: a cancelled job must not leave its connection in a transaction.
            await asyncio.shield(asyncio.ensure_future(self._session.close()))
        if error is not None and is_passing(error):
            raise BusyError(MESSAGE) from error


class MakeUnit(Protocol):
    """Makes units of work."""

    def __call__(self, within: AsyncConnection | None = None) -> SqlUnitOfWork:
        """Return a unit with a transaction of its own, or one that shares a connection's: its commit only writes."""


def uow_factory(sessions: async_sessionmaker[AsyncSession], parts: Parts) -> MakeUnit:
    """Return what makes a unit of work."""

    def unit(within: AsyncConnection | None = None) -> SqlUnitOfWork:
        if within is None:
            return SqlUnitOfWork(sessions(), parts)
        return SqlUnitOfWork(sessions(bind=within, join_transaction_mode="rollback_only"), parts)

    return unit


def committing(factory: MakeUnit) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
    """Return a factory whose units commit at the end of their block; an exception still undoes everything."""

    @asynccontextmanager
    async def unit() -> AsyncIterator[SqlUnitOfWork]:
        async with factory() as uow:
            yield uow
            await uow.commit()

    return unit


def opening(
    engine: AsyncEngine, make: MakeUnit, turns: Turns | None = None
) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
    """Return what opens units that commit at the end of their block; on SQLite one after the other.

    ``turns``: those of the mails that use the same connection.
    """
    alone = committing(make)
    if engine.dialect.name != "sqlite":
        return alone
    order = turns or Turns()

    @asynccontextmanager
    async def in_turn() -> AsyncIterator[SqlUnitOfWork]:
        async with order.job(), alone() as uow:
            yield uow

    return in_turn


def reading(factory: MakeUnit) -> Callable[[], AbstractAsyncContextManager[SqlUnitOfWork]]:
    """Return a factory of units that only read: what one has written is undone."""

    @asynccontextmanager
    async def unit() -> AsyncIterator[SqlUnitOfWork]:
        async with factory() as uow:
            yield uow

    return unit
