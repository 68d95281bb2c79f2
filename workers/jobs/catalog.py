"""Every job type that the diagrams may use, with its handler, its task headers and what it writes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from workers.domain.required import Rules, check, parse_rules, roots
from workers.domain.text import check_keepable
from workers.errors import InputError, PermanentError
from workers.usecases.ports import JobRef, UnitOfWork
from workers.usecases.record_act import VARIABLE


class _Variables(Mapping[str, Any]):
    """A job's variables; to read one raises InputError where a text in it could not be kept.

    A form sent past the browser may hold anything, and so may what another program writes.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given

    def __getitem__(self, name: str) -> Any:
        value = self._given[name]
        check_keepable(value, name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


@dataclass(frozen=True, kw_only=True)
class JobInput:
    """A job as a handler sees it. ``headers`` are the task headers that the process owner set in Modeler."""

    job_type: str
    variables: Mapping[str, Any]
    headers: Mapping[str, str]
    ref: JobRef
    process_id: str = ""

    def __post_init__(self) -> None:
        """Let no text through that cannot be kept."""
        object.__setattr__(self, "variables", _Variables(self.variables))

    def keepable(self, names: Iterable[str]) -> dict[str, Any]:
        """Return those of these variables that are there and can be kept."""
        found = {}
        for name in names:
            with suppress(KeyError, InputError):
                found[name] = self.variables[name]
        return found

    def text(self, name: str) -> str:
        """Return a required text variable; raises PermanentError when it is missing or no text."""
        value = self.variables.get(name)
        if not isinstance(value, str) or not value:
            raise PermanentError(
                f"変数 {name} がありません（{self.ref.element_id}）。図の入力マッピングを確かめてください"
            )
        return value

    def context(self, name: str) -> dict[str, Any]:
        """Return a required context variable; raises PermanentError when it is missing or no context."""
        value = self.variables.get(name)
        if not isinstance(value, dict):
            raise PermanentError(
                f"変数 {name} がありません（{self.ref.element_id}）。図の入出力マッピングを確かめてください"
            )
        return value

    def rows(self, name: str) -> list[Any]:
        """Return a list variable; empty where it is none."""
        value = self.variables.get(name)
        return value if isinstance(value, list) else []

    def header(self, name: str) -> str:
        """Return a required task header; raises PermanentError when the diagram does not set it."""
        value = self.headers.get(name, "")
        if not value:
            raise PermanentError(f"タスク {self.ref.element_id} にヘッダー {name} がありません")
        return value

    def header_list(self, name: str) -> list[str]:
        """Return a task header as a list split at commas; empty when it is not set."""
        return [part.strip() for part in self.headers.get(name, "").split(",") if part.strip()]


FORM_ERROR: Final = "formError"
"""The variable in which a returned form finds what was wrong with it."""

Handler = Callable[[JobInput, UnitOfWork], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Header:
    """A task header that a job type reads: what a process owner fills in Modeler.

    ``choices`` are all values that it can have, each with what it means (Japanese); none: any text. ``offers`` names
    the list of the pack that Modeler offers: ``mails``, ``documents``, ``deadlines`` or ``city``. ``help`` says how to
    write it. ``when`` (a header before it, its values): only then does the header mean something.
    """

    name: str
    label: str
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    offers: Literal["", "mails", "documents", "deadlines", "city"] = ""
    help: str = ""
    when: tuple[str, tuple[str, ...]] | None = None


CHECKS: Final = (
    Header(name="require", label="必ず入れる項目", help="キー:名前[条件のキー=値|値] をコンマ区切りで"),
    Header(name="dates", label="日付の決まり", help="キー:名前 <=today >=case などをコンマ区切りで"),
    Header(name="ranges", label="数の範囲", help="キー:名前 1..5 をコンマ区切りで"),
    Header(name="empty", label="空でなければならない一覧", help="キー:名前[条件のキー=値] をコンマ区切りで"),
)
"""Headers of every job type that takes what a person typed: the diagram says what has to be there (ALL-10, ALL-11).

The rule stands in the diagram, so a case that is running keeps the rule of its own version (ALL-9).
"""


@dataclass(frozen=True, kw_only=True)
class JobType:
    """A job type: its label in Modeler's templates, its headers and the variables it writes.

    ``requires`` is what the job type always requires, in the grammar of ``workers.domain.required``; a job without it
    is refused as bad input, unless the use case says so itself (``checks_itself``). Nothing is checked where the
    variable ``unchecked_with`` is set: the case came in another way than by the form.

    ``reads`` are the only variables that the engine hands over; empty: all. For tasks that run once for each of many:
    with all variables the jobs of a survey would carry the list of its departments as often as it has departments.

    ``inputs`` are variables that a diagram may give this job alone by an input mapping, written as headers are.

    ``shelf`` is the group of Modeler's chooser that offers it; ``audience`` is ``common`` for what only the common
    parts' diagrams use: a city calls those parts instead.

    ``short``: reads and writes the registry and waits for nothing else, no file, no program; such jobs share a
    transaction. Their handlers may run twice (the first time is undone), and so touch nothing outside the unit of work.

    ``by_person``: records what a person entered at the user task right before; its history entries bear that person
    (``uow.act``). ``listener``: the job of an execution listener, not of a task.
    """

    type: str
    label: str
    handler: Handler
    headers: tuple[Header, ...] = ()
    inputs: tuple[Header, ...] = ()
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    requires: str = ""
    checks_itself: bool = False
    unchecked_with: str = ""
    timeout_seconds: int = 60
    short: bool = False
    by_person: bool = False
    listener: bool = False
    shelf: Literal["mail", "record", "procedure"] = "record"
    audience: Literal["city", "common"] = "city"

    @property
    def takes_input(self) -> bool:
        """Whether the job takes what a person typed, so that it may be refused as bad input."""
        return bool(self.requires) or CHECKS[0] in self.headers

    def rules(self, headers: Mapping[str, str]) -> Rules:
        """Return what a task with these headers requires; raises ValueError (Japanese) for a header that is none."""
        own = "" if self.checks_itself else self.requires
        return parse_rules(
            require=f"{own},{headers.get('require', '')}",
            dates=headers.get("dates", ""),
            ranges=headers.get("ranges", ""),
            empty=headers.get("empty", ""),
        )

    async def handle(self, job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
        """Run the handler; raises InputErrors, with everything at once, for an input that lacks what is required.

        What went well clears the error that the form may show from the time before, where the job type writes it.
        """
        if self.takes_input and not (self.unchecked_with and job.variables.get(self.unchecked_with)):
            await _check(self, job, uow)
        result = await self.handler(job, uow)
        if FORM_ERROR in self.writes:
            result.setdefault(FORM_ERROR, None)
        return result


_job_types: dict[str, JobType] = {}


def job_type(type_: str, *, label: str, **options: Any) -> Callable[[Handler], Handler]:
    """Register a handler for a job type (``verb-object``); ``options`` are the other fields of :class:`JobType`."""

    def register(handler: Handler) -> Handler:
        if type_ in _job_types:
            raise ValueError(f"job type {type_} is registered twice")
        made = JobType(type=type_, label=label, handler=handler, **options)
        if made.by_person and made.reads:
            made = replace(made, reads=(*made.reads, VARIABLE))
        _job_types[type_] = made
        return handler

    return register


async def _check(job_type: JobType, job: JobInput, uow: UnitOfWork) -> None:
    try:
        rules = job_type.rules(job.headers)
    except ValueError as error:
        raise PermanentError(f"タスク {job.ref.element_id} のヘッダー: {error}") from error
    names = roots(rules)
    values = {name: job.headers.get(name[1:]) if name.startswith("#") else job.variables.get(name) for name in names}
    opened_on = (await uow.cases.get(job.text("caseId"))).opened_on if rules.asks_for_case else None
    check(values, rules, today=uow.clock.today(), opened_on=opened_on)


def all_job_types() -> dict[str, JobType]:
    """Return every job type by name, after importing the handler modules of this package."""
    package = importlib.import_module("workers.jobs")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"workers.jobs.{module.name}")
    return dict(_job_types)
