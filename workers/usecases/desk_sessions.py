"""A person signs in at the desk, is known from page to page, signs out (issue of the desk: no accounts of our own)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from workers.domain.desk import DeskSession, Person
from workers.usecases.ports import UnitOfWork

_NOTE_EVERY: Final = timedelta(minutes=1)
"""A session's last use is written down no more often: every page would be a write else."""
_FORGET_AFTER: Final = timedelta(days=1)


async def begin_session(uow: UnitOfWork, person: Person, *, id_hash: str, secret: bytes) -> DeskSession:
    """Keep a sign-in; those that were forgotten long ago go."""
    now = datetime.now(UTC)
    await uow.desk.end_sessions(seen_before=now - _FORGET_AFTER)
    groups = None if person.groups is None else sorted(person.groups)
    session = DeskSession(
        id_hash=id_hash,
        user=person.user,
        name=person.name,
        groups=groups,
        secret=secret,
        made_at=now,
        seen_at=now,
    )
    await uow.desk.add_session(session)
    return session


async def known_session(uow: UnitOfWork, id_hash: str, idle: timedelta) -> DeskSession | None:
    """Return a sign-in that has not ended, and note that it is in use; one that has ended is forgotten."""
    session = await uow.desk.session(id_hash)
    if session is None:
        return None
    now = datetime.now(UTC)
    if session.is_over(now, idle):
        await uow.desk.end_session(id_hash)
        return None
    if now - session.seen_at >= _NOTE_EVERY:
        session.seen_at = now
    return session


async def end_session(uow: UnitOfWork, id_hash: str) -> None:
    """Sign out."""
    await uow.desk.end_session(id_hash)


async def renew_secret(uow: UnitOfWork, id_hash: str, secret: bytes) -> None:
    """Keep what Camunda, or the identity provider, gave in place of what ran out."""
    session = await uow.desk.session(id_hash)
    if session is not None:
        session.secret = secret


async def remember_filter(uow: UnitOfWork, id_hash: str, name: str, query: str) -> None:
    """Keep how a person looks at a list; ``query`` is the part of the address after ``?``."""
    session = await uow.desk.session(id_hash)
    if session is not None and session.filters.get(name) != query:
        session.filters[name] = query
