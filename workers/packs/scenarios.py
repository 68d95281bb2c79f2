"""A scenario file: ``bpmn/CITY/scenarios/NAME.toml``.

``input`` names the offer's file. ``start`` is ``form`` (the office's start form in Tasklist) or ``command``
(``renkei start``). Each ``[[steps]]`` completes a user task (``task`` with ``answers``; ``department`` chooses one of
several, ``"*"`` all that are still open), lets time pass (``timer``: until this timer event has fired; with
``unless_over`` only where its day of the year has not come when the case gets there), or breaks the case off or goes
back (``control``: ``withdraw``, ``stop``, ``cancel``, ``back``, with ``reason``, ``tell``). Dates may be written
``{today}``, ``{today+14}`` (the business day on or after that day), ``{today-14}`` (on or before).
``[expect]`` says how it ends. ``slow = true`` leaves a long scenario to ``make test-all``.

A procedure of a signed agreement has an ``[agreement]`` section instead of an offer that is filed: those facts are
registered first, ``input`` names the partner; then the procedure is started as the watch would do it (``start =
"watch"``) or from its start form (``start = "form"``). ``{year}``, ``{year+1}``, ``{year-1}`` are fiscal years,
``{began}`` is the one in which the scenario began.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workers.domain.business_days import on_or_after, on_or_before
from workers.domain.entities import CaseKind, CaseOutcome
from workers.domain.fiscal import fiscal_year
from workers.errors import InputErrors
from workers.packs.messages import problems
from workers.readers.tomlsource import read_toml

_DATE = re.compile(r"\{today(?:([+-])(\d+))?\}")
_YEAR = re.compile(r"\{year(?:([+-]\d+))?\}")
_BEGAN = re.compile(r"\{began(?:([+-]\d+))?\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One act of staff or partner, or the passing of time."""

    task: str = ""
    department: str = ""
    answers: dict[str, Any] = Field(default_factory=dict)
    offer: bool = False
    timer: str = ""
    unless_over: bool = False
    control: Literal["", "withdraw", "stop", "cancel", "back"] = ""
    reason: str = ""
    tell: bool = False
    note: str = ""

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        if [bool(self.task), bool(self.timer), bool(self.control)].count(True) != 1:
            raise ValueError("task・timer・control のどれか1つを書いてください")
        return self


class Expectation(_Strict):
    """How the scenario ends.

    ``failed_conditions``: how many conditions the last check named; ``mails``: kinds with their number; ``passed``:
    element ids.
    """

    outcome: CaseOutcome
    failed_conditions: int = 0
    mails: dict[str, int] = Field(default_factory=dict)
    passed: list[str] = Field(default_factory=list)


class SignedFacts(_Strict):
    """An agreement as the registry has it when a procedure begins.

    ``signed``, ``starts`` and ``expires`` are dates (``{today-400}``); without ``expires`` the city's rule gives the
    terms up to the one that covers today; ``ended`` is the day of a termination. ``title``: empty for the usual one of
    partner and city. ``activities``: rows with the fields of ``domain.agreements.Activity``.
    """

    title: str = ""
    signed: str = "{today-200}"
    starts: str = ""
    expires: str = ""
    ended: str = ""
    renews: bool | None = None
    whole_guideline: bool = True
    department: str = ""
    kind: str = "comprehensive"
    activities: list[dict[str, Any]] = Field(default_factory=list)


class AgreementFacts(SignedFacts):
    """The agreement that a procedure is about.

    ``period``: what the procedure is for; empty: this fiscal year, the next term or the next number. ``further``:
    agreements that are there beside it, with the same partner.
    """

    procedure: CaseKind
    period: str = ""
    further: list[SignedFacts] = Field(default_factory=list)


class Scenario(_Strict):
    """A scenario file's content."""

    title: str
    input: str
    agreement: AgreementFacts | None = None
    start: Literal["form", "command", "watch"] = "form"
    start_form: dict[str, Any] = Field(default_factory=dict)
    slow: bool = False
    steps: list[Step]
    expect: Expectation

    @property
    def broken_off(self) -> bool:
        """Whether the case ends by a control and not at an end of its diagram."""
        return any(step.control not in ("", "back") for step in self.steps)

    @model_validator(mode="after")
    def _start_fits(self) -> Self:
        if self.start != "form" and (self.agreement is None) != (self.start == "command"):
            raise ValueError("締結の手続は form か command、協定の手続（[agreement]）は form か watch で始めます")
        return self


def read_scenario(path: Path) -> Scenario:
    """Read a scenario; raises InputErrors with all its mistakes, each with file, line and key."""
    source = read_toml(path, f"scenarios/{path.name}")
    try:
        return Scenario.model_validate(source.data)
    except ValidationError as error:
        raise InputErrors(problems(source, error, Scenario)) from None


def scenario_files(folder: Path) -> list[Path]:
    """Return a pack's scenario files; ``offer-*.toml`` are their inputs."""
    return sorted(path for path in (folder / "scenarios").glob("*.toml") if not path.name.startswith("offer-"))


def dated(value: Any, today: date, *, began: date | None = None) -> Any:
    """Return answers with ``{today+N}`` written as ISO dates of business days, ``{year+N}`` as fiscal years.

    ``{began+N}`` is the fiscal year in which the scenario began, however much time has passed since.
    """
    if isinstance(value, str):
        first = fiscal_year(began or today)
        value = _BEGAN.sub(lambda match: str(first + int(match[1] or 0)), value)
        dates = _DATE.sub(lambda match: _day(match, today).isoformat(), value)
        return _YEAR.sub(lambda match: str(fiscal_year(today) + int(match[1] or 0)), dates)
    if isinstance(value, Mapping):
        return {key: dated(part, today, began=began) for key, part in value.items()}
    if isinstance(value, list):
        return [dated(part, today, began=began) for part in value]
    return value


def _day(match: re.Match[str], today: date) -> date:
    if not match[2]:
        return today
    days = timedelta(days=int(match[2]))
    return on_or_after(today + days) if match[1] == "+" else on_or_before(today - days)
