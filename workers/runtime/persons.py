"""Finds out afterwards who completed a user task: the engine's index lags, so acts wait for their person here."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from workers.adapters.registry.acts import OpenActs
from workers.domain.acts import Act, Completion
from workers.errors import PermanentError, RetryableError
from workers.logs import get_logger
from workers.runtime import metrics
from workers.runtime.drain import first_of, later
from workers.runtime.ports import PeopleSource, WorkerServices
from workers.usecases.tell_person import tell_persons

_log = get_logger(__name__)

GIVE_UP_AFTER: Final = timedelta(days=1)
"""A task that the index does not show by then will not come any more."""

_AT_ONCE: Final = 100
_IDLE_SECONDS: Final = 2.0
_CLAIM_SECONDS: Final = 60
_FIRST_SECONDS: Final = 1.0
_LAST_SECONDS: Final = 600.0
_AWAY_SECONDS: Final = 10.0
_SURE_AFTER: Final = 3
"""Looks after which a task without an assignee counts as such: an index may show the end before the person."""


class PersonSearch:
    """Looks up the persons of acts; several workers share the work."""

    def __init__(self, services: WorkerServices, source: PeopleSource) -> None:
        self._services = services
        self._source = source

    async def run(self, stop: asyncio.Event) -> None:
        """Look up until ``stop``; raises RetryableError when the registry does not answer."""
        while not stop.is_set():
            pause = _IDLE_SECONDS
            if await self._is_due():
                try:
                    await self.look()
                    pause = 0
                except (RetryableError, PermanentError) as error:
                    # Acts wait as they are: whether a task was found is not known.
                    _log.warning("who completed tasks cannot be looked up now", exc_info=error)
                    pause = _AWAY_SECONDS
            if pause:
                await first_of(stop, seconds=pause)

    async def look(self) -> None:
        """Look up who did what is due."""
        now = datetime.now(UTC)
        async with self._services.open_unit() as unit:
            until = now + timedelta(seconds=_CLAIM_SECONDS)
            acts = await unit.acts.claim(now, until=until, limit=_AT_ONCE)
            taken = await unit.acts.known_tasks({act.process_instance_key for act in acts})
        if not acts:
            return
        found = await self._source.look_up(acts, taken)
        if found is None:
            await self._keep(acts, {}, [], now + timedelta(seconds=_LAST_SECONDS))
            return
        sure = {act.id: found[act.id] for act in acts if act.id in found and _is_sure(act, found[act.id])}
        left = [act for act in acts if act.id not in sure]
        given_up = [act for act in left if now - act.queued_at > GIVE_UP_AFTER]
        await self._keep(left, {n: c for n, c in sure.items() if n is not None}, given_up, None)

    async def _keep(
        self, left: Sequence[Act], found: dict[int, Completion], given_up: Sequence[Act], look_at: datetime | None
    ) -> None:
        """Write down what was found; look for the others at ``look_at``, by default after a growing pause."""
        async with self._services.open_unit() as unit:
            await tell_persons(unit, found, [act.id for act in given_up if act.id is not None])
            for act in left:
                kept = await unit.acts.find(act.id or 0)
                if kept is None or act in given_up:
                    continue
                if look_at is None:
                    kept.attempts += 1
                    pause = later(kept.attempts, first_seconds=_FIRST_SECONDS, last_seconds=_LAST_SECONDS)
                kept.look_at = look_at or pause

    async def _is_due(self) -> bool:
        moment = await self._services.next_look()  # reads only: takes no write lock
        return moment is not None and moment <= datetime.now(UTC)


def _is_sure(act: Act, completion: Completion) -> bool:
    return bool(completion.person) or act.attempts + 1 >= _SURE_AFTER


def measure(found: OpenActs) -> None:
    """Tell the metrics how many acts have no person."""
    for state, count in (("waiting", found.waiting), ("unassigned", found.unassigned), ("unknown", found.unknown)):
        metrics.ACTS.labels(state).set(count)
    age = (datetime.now(UTC) - found.oldest).total_seconds() if found.oldest else 0
    metrics.ACTS_OLDEST.set(max(age, 0))
