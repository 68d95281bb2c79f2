"""What a partner's step shows: the form that its task uses, and of the engine's variables those that the form reads."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from workers.adapters.camunda.task_forms import ShownTask
from workers.domain.answers import SeenLink
from workers.errors import RenkeiError, RetryableError
from workers.packs.diagrams import feel, forms
from workers.readers.formanswer import ReadAnswer, read_answer
from workers.readers.pageform import PartnerForm, partner_form
from workers.readers.writtenform import written_out
from workers.variables import VARIABLES

T = TypeVar("T")
_LAG_SECONDS: Final = 3.0
_POLL_SECONDS: Final = 0.4
_REMEMBERED: Final = 1000
_MADE: Final = 200
_TEXTS: Final = frozenset(name for name, variable in VARIABLES.items() if variable.shown == "markdown")


class ReadsTasks(Protocol):
    """``TaskForms``, as far as the pages need it."""

    async def read(
        self, case_id: str, element_id: str, names: Callable[[Mapping[str, Any]], Collection[str]]
    ) -> ShownTask | None:
        """Return an open task's form and values, None where there is none; raises RetryableError."""


@dataclass(frozen=True, kw_only=True)
class ShownStep:
    """What a partner is asked, and what the page knows of the task's variables."""

    asked: PartnerForm
    known: dict[str, Any]

    @property
    def form(self) -> dict[str, Any]:
        """The form without the office's parts."""
        return self.asked.form

    @property
    def fixed(self) -> dict[str, Any]:
        """What the page answers in the partner's place."""
        return self.asked.fixed

    def answer(self, typed: Mapping[str, Any]) -> dict[str, Any]:
        """Return a whole answer: what the partner typed, and what the office's parts say beside it."""
        return {**self.asked.applying({**self.known, **typed}), **typed}


class Steps:
    """Reads steps. What was shown last is remembered, so that an open page can be sent while the engine is away."""

    def __init__(self, tasks: ReadsTasks, *, lag_seconds: float = _LAG_SECONDS) -> None:
        self._tasks = tasks
        self._lag_seconds = lag_seconds
        self._shown: OrderedDict[str, ShownTask] = OrderedDict()
        self._made: OrderedDict[str, tuple[ShownTask, date, ShownStep]] = OrderedDict()
        self._answers: OrderedDict[str, tuple[ShownStep, Mapping[str, Any], ReadAnswer]] = OrderedDict()

    async def show(self, link: SeenLink, today: date) -> ShownStep | None:
        """Return what a link's page shows; None where the step is not open.

        Raises RetryableError where the engine cannot tell, and the step was not shown before.
        """
        remembered = self._shown.get(link.token_hash)
        try:
            task = await self._read(link) or remembered
        except RenkeiError as error:
            if remembered is None:
                raise RetryableError(str(error)) from error
            task = remembered
        return None if task is None else self._step(link, task, today)

    async def check(self, link: SeenLink, today: date, kept: Callable[[], Awaitable[Mapping[str, Any]]]) -> ShownStep:
        """Return what an answer is read with: the form as it was shown, at the worst the copy that was ``kept``."""
        task = self._shown.get(link.token_hash)
        if task is None:
            with contextlib.suppress(RenkeiError):
                task = await self._read(link)
        return self._step(link, task or ShownTask(form=await kept(), values={}), today)

    def read(self, link: SeenLink, step: ShownStep, given: Mapping[str, Any]) -> ReadAnswer:
        """Return what was typed as the step's form reads it; the check, its page and the send ask for the same."""
        known = self._answers.get(link.token_hash)
        if known is None or known[0] is not step or known[1] != given:
            known = (step, given, read_answer(step.form, given, step.known))
            _remember(self._answers, link.token_hash, known, _MADE)
        return known[2]

    async def _read(self, link: SeenLink) -> ShownTask | None:
        deadline = time.monotonic() + self._lag_seconds
        while True:
            task = await self._tasks.read(link.case_id, link.element_id, read_names)
            if task is not None:
                _remember(self._shown, link.token_hash, task, _REMEMBERED)
            if task is not None or time.monotonic() > deadline:
                return task
            await asyncio.sleep(_POLL_SECONDS)

    def _step(self, link: SeenLink, task: ShownTask, today: date) -> ShownStep:
        """Return a step as it is shown: the same for all requests of a link while its task says the same."""
        made = self._made.get(link.token_hash)
        if made is None or made[0] != task or made[1] != today:
            made = (task, today, shown_step(partner_form(task.form, today), task.values))
            _remember(self._made, link.token_hash, made, _MADE)
        return made[2]


def _remember(found: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    found[key] = value
    found.move_to_end(key)
    while len(found) > most:
        found.popitem(last=False)


def read_names(form: Mapping[str, Any]) -> set[str]:
    """Return the variables that a form reads or fills in, without the office's own parts."""
    return all_names(partner_form(form, date.min).form)


def all_names(form: Mapping[str, Any]) -> set[str]:
    """Return the variables that a form reads or fills in."""
    parsed = forms.Form(Path("page"), dict(form), "")
    read = {name for found in forms.expressions(parsed) for name in feel.variables(found.body)}
    return (read | forms.keys(parsed)) - {"this", "parent", "i"}


def field_names(form: Mapping[str, Any]) -> set[str]:
    """Return the variables that a form fills in."""
    return forms.keys(forms.Form(Path("page"), dict(form), ""))


def shown_step(asked: PartnerForm, values: Mapping[str, Any]) -> ShownStep:
    """Return a step with the words of its form worked out; what the partner types stands in no text of it."""
    known = {**values, **asked.fixed}
    typed = field_names(asked.form)
    words = {name: value for name, value in known.items() if name not in typed}
    return ShownStep(asked=replace(asked, form=written_out(asked.form, words, texts=_TEXTS, live=typed)), known=known)
