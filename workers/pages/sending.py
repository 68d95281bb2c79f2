"""From the page of the check to the registry: a confirmed answer is taken, now or when the registry is back (ALL-3)."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, Final

from workers.domain.answers import AnswerFile, SeenLink
from workers.errors import RetryableError
from workers.logs import get_logger
from workers.pages.heldsends import HeldSend, HeldSends
from workers.pages.steps import ShownStep, Steps
from workers.readers.formanswer import ReadAnswer
from workers.runtime.backoff import doubled
from workers.usecases.answer_links import takes_answer
from workers.usecases.journal import note
from workers.usecases.ports import UnitOfWork
from workers.usecases.take_answer import GivenAnswer, Outcome, take_answer

OpenUnit = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
_log = get_logger(__name__)
_EVERY_SECONDS: Final = 3.0
_FIRST_PAUSE_SECONDS: Final = 60.0
_LONGEST_PAUSE_SECONDS: Final = 3600.0
_DIFFERING_FOR: Final = timedelta(hours=24)
"""While the engine is away, too, what the form computes may read otherwise than it did when it was confirmed."""


async def asked(open_unit: OpenUnit, steps: Steps, link: SeenLink, today: date) -> ShownStep:
    """Return what a link's answer is read with, see :meth:`Steps.check`."""

    async def kept() -> Mapping[str, Any]:
        async with open_unit() as unit:
            return await unit.answers.form(link.token_hash)

    return await steps.check(link, today, kept)


async def read_typed(open_unit: OpenUnit, steps: Steps, link: SeenLink, today: date) -> tuple[ReadAnswer, ShownStep]:
    """Return what was typed by a link so far, and the step that it answers."""
    step = await asked(open_unit, steps, link, today)
    return steps.read(link, step, link.draft or {}), step


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """What a partner confirmed. ``digest``: of the answer as the page of the check showed it, see :func:`digest`."""

    link: SeenLink
    files: Sequence[AnswerFile]
    today: date
    digest: str


async def send(open_unit: OpenUnit, steps: Steps, confirmed: Confirmed) -> Outcome | None:
    """Take the answer that was confirmed; None where it is another one by now, or has to be corrected.

    Raises RetryableError while the registry is away.
    """
    link = confirmed.link
    read, step = await read_typed(open_unit, steps, link, confirmed.today)
    if (read.problems and link.end is None) or confirmed.digest != digest(read, confirmed.files):
        return None
    values, said = step.answer(read.values), [asdict(part) for part in read.said]
    async with open_unit() as unit:
        taken = await take_answer(unit, GivenAnswer(token_hash=link.token_hash, values=values, said=said))
    return taken.outcome


class Broken:
    """The sends that could not be handed over though the registry answers: each is tried ever more rarely."""

    def __init__(self) -> None:
        self._next: dict[str, tuple[int, float]] = {}

    def rests(self, waiting: HeldSend) -> bool:
        """Return whether it is not yet time to try a send again."""
        return waiting.token_hash in self._next and time.monotonic() < self._next[waiting.token_hash][1]

    def note(self, waiting: HeldSend, error: Exception) -> None:
        """Note a try that failed; the log gets the error's kind alone, its words may hold what somebody wrote."""
        times = self._next.get(waiting.token_hash, (0, 0.0))[0] + 1
        pause = doubled(times, _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
        self._next[waiting.token_hash] = (times, time.monotonic() + pause)
        _log.error("a held send could not be handed over", error=type(error).__name__, times=times, pause=pause)

    def forget(self, waiting: HeldSend) -> None:
        """Forget a send that has come to its end."""
        self._next.pop(waiting.token_hash, None)


async def hand_over_forever(open_unit: OpenUnit, steps: Steps, held: HeldSends) -> None:
    """Hand over what is held, again and again; ends only by cancellation, whatever breaks."""
    broken, failures = Broken(), 0
    while True:
        await asyncio.sleep(doubled(failures + 1, _EVERY_SECONDS, _LONGEST_PAUSE_SECONDS))
        try:
            await hand_over(open_unit, steps, held, broken)
        except Exception as error:  # noqa: BLE001 (a disk that cannot be read now may be read later)
            failures += 1
            _log.error("held sends could not be looked at", error=type(error).__name__)
        else:
            failures = 0


async def hand_over(open_unit: OpenUnit, steps: Steps, held: HeldSends, broken: Broken | None = None) -> None:
    """Hand over the sends that are held, as far as the registry answers; one that breaks stops no other."""
    broken = broken or Broken()
    for waiting in list(held.waiting()):
        if broken.rests(waiting):
            continue
        try:
            done = await _handed_over(open_unit, steps, waiting)
        except RetryableError:
            return
        except Exception as error:  # noqa: BLE001 (the others' answers must not wait for this one)
            broken.note(waiting, error)
            continue
        broken.forget(waiting)
        if done:
            held.forget(waiting)


async def _handed_over(open_unit: OpenUnit, steps: Steps, waiting: HeldSend) -> bool:
    """Return whether a send has come to its end, one way or the other."""
    async with open_unit() as unit:
        found = await takes_answer(unit, waiting.token_hash)
        if found is None or found.link.draft is None:
            return True  # no link of ours, or somebody was first: its page tells that
        link = found.link
        confirmed = Confirmed(
            link=link, files=await unit.answers.files(link), today=unit.clock.today(), digest=waiting.digest
        )
        old = unit.clock.now() - waiting.at > _DIFFERING_FOR
    outcome = await send(open_unit, steps, confirmed)
    if outcome is None and old:
        async with open_unit() as unit:
            await note(unit, link.case_id, f"預かった送信は、そのあと入力が変わったため使わなかった: {link.title}")
    _log.info("a held send was looked at", outcome=str(outcome))
    return outcome is not None or old


def digest(read: ReadAnswer, files: Sequence[AnswerFile]) -> str:
    """Return what ties the page that was confirmed to the answer that is sent, its files with it."""
    text = json.dumps([read.values, [file.id for file in files]], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
