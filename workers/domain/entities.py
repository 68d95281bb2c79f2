"""The registry's cases and surveys: plain dataclasses that ``adapters.registry.mapping`` maps to tables.

Dates are Japanese calendar dates; date-times are time-zone aware. Field numbers are those of the city's own list
(``city.toml`` ``[[fields]]``). The requirement ids in the docstrings are those of the specification.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from workers.domain.acts import Act


class Origin(StrEnum):
    """Who took the first step (ISE-1)."""

    PARTNER = "partner"
    CITY = "city"


class CaseKind(StrEnum):
    """What a case is about: signing an agreement, a procedure of a signed one, or a list over all agreements."""

    SIGNING = "signing"
    ANNUAL = "annual"
    PROPOSAL = "proposal"
    RENEWAL = "renewal"
    TERMINATION = "termination"
    AMENDMENT = "amendment"
    TALK = "talk"
    PUBLICATION = "publication"
    ARRANGEMENT = "arrangement"
    REPORT = "report"
    MEETING = "meeting"
    CONTACTS = "contacts"


class CaseOutcome(StrEnum):
    """How a case ended (ISE-8, ISE-9; procedures of an agreement: ALL-5, ISE-T2, ISE-T4)."""

    SIGNED = "signed"
    INDIVIDUAL = "individual"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    COMPLETED = "completed"
    RENEWED = "renewed"
    EXPIRED = "expired"
    TERMINATED = "terminated"
    AMENDED = "amended"
    CONTINUED = "continued"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


BROKEN_OFF = frozenset({CaseOutcome.WITHDRAWN, CaseOutcome.STOPPED, CaseOutcome.CANCELLED})
"""How a case ends before its own end (ALL-22)."""


class ProjectStatus(StrEnum):
    """Where a proposed project stands (ISE-4 to ISE-6)."""

    PROPOSED = "proposed"
    TALKS = "talks"
    FEASIBLE = "feasible"
    DROPPED = "dropped"


class Rating(StrEnum):
    """A department's view of a proposed project: ○, △, × of the survey sheet (ISE-4)."""

    FEASIBLE = "feasible"
    ADJUST = "adjust"
    INFEASIBLE = "infeasible"

    @property
    def mark(self) -> str:
        """The sign that the city's sheet uses."""
        return {"feasible": "○", "adjust": "△", "infeasible": "×"}[self.value]


class TargetStatus(StrEnum):
    """Where a surveyed department stands (ALL-1)."""

    WAITING = "waiting"
    ANSWERED = "answered"
    NOT_CONCERNED = "not-concerned"
    CORRECTING = "correcting"
    UNANSWERED = "unanswered"


OWING = frozenset({TargetStatus.WAITING, TargetStatus.CORRECTING})
"""A department that owes an answer or a correction."""


class AnswerStatus(StrEnum):
    """Whether an answer counts; nothing that was sent in is ever deleted (ALL-1)."""

    VALID = "valid"
    SUPERSEDED = "superseded"
    SECOND = "second"
    AFTER_CLOSING = "after-closing"


@dataclass(eq=False, kw_only=True)
class Partner:
    """事業者等. One row per case until partners are merged by hand."""

    id: int | None = None
    name: str
    representative: str
    contact: str
    email: str
    phone: str = ""
    address: str = ""
    corporate_number: str = ""


@dataclass(eq=False, kw_only=True)
class Project:
    """One proposed project of an offer's round: field and content (ISE-2/3, ISE-F2)."""

    id: int | None = None
    round: int
    number: int
    field: int
    title: str
    content: str
    cost_to_city: bool = False
    admitted_reason: str = ""
    status: ProjectStatus = ProjectStatus.PROPOSED
    department: str = ""
    joint_departments: list[str] = dataclasses.field(default_factory=list)
    """Departments that share the project with ``department`` (codes)."""
    talk_result: str = ""

    @property
    def departments(self) -> list[str]:
        """The codes of all departments in charge, the leading one first."""
        return [code for code in (self.department, *self.joint_departments) if code]


@dataclass(eq=False, kw_only=True)
class PastRecord:
    """A project done before the agreement (既に連携して実施した事業)."""

    id: int | None = None
    fiscal_year: int
    field: int
    title: str
    department: str = ""


@dataclass(eq=False, kw_only=True)
class Offer:
    """申出書 of one round; a corrected offer is a new round (ISE-2/3)."""

    id: int | None = None
    round: int
    offered_on: date
    purpose: str
    fields: list[int]
    other: str = ""


@dataclass(eq=False, kw_only=True)
class Step:
    """What a person decided or entered at a step of the flow; append-only."""

    id: int | None = None
    name: str
    round: int
    payload: dict[str, Any]
    recorded_at: datetime


@dataclass(eq=False, kw_only=True)
class Case:
    """A case from its first step to its end: a signing, or a procedure of a signed agreement.

    ``id`` is readable: ``CITY-FISCALYEAR-NUMBER``. A procedure names its ``agreement_id`` and the ``period`` it is for:
    a fiscal year ("2027"), a term's number, or a number of its own; one per agreement, kind and period, apart from
    those that were begun by mistake and cancelled.
    """

    id: str
    city: str
    process_id: str
    opened_on: date
    kind: CaseKind = CaseKind.SIGNING
    agreement_id: str | None = None
    period: str = ""
    origin: Origin = Origin.PARTNER
    partner: Partner | None = None
    process_instance_key: int | None = None
    engine_id: str | None = None
    outcome: CaseOutcome | None = None
    closed_on: date | None = None
    offers: list[Offer] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    records: list[PastRecord] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    @property
    def round(self) -> int:
        """The round of the newest offer; 0 before the first."""
        return max((offer.round for offer in self.offers), default=0)

    @property
    def offer(self) -> Offer | None:
        """The newest offer."""
        return max(self.offers, key=lambda offer: offer.round, default=None)

    def current_projects(self) -> list[Project]:
        """The newest round's projects by number."""
        return sorted((p for p in self.projects if p.round == self.round), key=lambda p: p.number)

    def last_step(self, name: str) -> Step | None:
        """The newest entry of a step, or None; of two at the same moment the later in the list."""
        found = sorted((s for s in self.steps if s.name == name), key=lambda s: s.recorded_at)
        return found[-1] if found else None

    def claim(self, engine_id: str, instance: int) -> bool:
        """Take the case for a process instance; False, and nothing changed, where another one has it."""
        if self.process_instance_key is not None and (self.engine_id, self.process_instance_key) != (
            engine_id,
            instance,
        ):
            return False
        self.engine_id, self.process_instance_key = engine_id, instance
        return True


@dataclass(eq=False, kw_only=True)
class SurveyRating:
    """One line of the survey sheet: a project's rating and comment by a department."""

    id: int | None = None
    project_number: int
    rating: Rating
    comment: str = ""


@dataclass(eq=False, kw_only=True)
class SurveyWish:
    """A department's own wish (ISE-4)."""

    id: int | None = None
    field: int
    content: str


@dataclass(eq=False, kw_only=True)
class SurveyAnswer:
    """One answer as it was sent in. Only the one with status VALID counts."""

    id: int | None = None
    department: str
    status: AnswerStatus
    concerned: bool
    person: str
    contact: str
    on_behalf: bool
    late: bool
    answered_at: datetime
    job: str
    ratings: list[SurveyRating] = field(default_factory=list)
    wishes: list[SurveyWish] = field(default_factory=list)


@dataclass(eq=False, kw_only=True)
class SurveyTarget:
    """A department that was asked. ``department`` is its code in departments.csv."""

    id: int | None = None
    department: str
    division: str
    section: str
    group: str
    email: str
    status: TargetStatus = TargetStatus.WAITING
    question: str = ""

    @property
    def name(self) -> str:
        """Division and section as one writes them in an address."""
        return f"{self.division}{self.section}"


@dataclass(eq=False, kw_only=True)
class Survey:
    """照会. ``id`` is ``CASEID-sN``; due at the end of ``due_on`` in Japan."""

    id: str
    case_id: str
    round: int
    due_on: date
    opened_at: datetime
    closed_at: datetime | None = None
    extensions: int = 0
    targets: list[SurveyTarget] = field(default_factory=list)
    answers: list[SurveyAnswer] = field(default_factory=list)

    def target(self, department: str) -> SurveyTarget | None:
        """The target with this department code."""
        return next((t for t in self.targets if t.department == department), None)

    def valid_answer(self, department: str) -> SurveyAnswer | None:
        """The answer of this department that counts."""
        return next((a for a in self.answers if a.department == department and a.status is AnswerStatus.VALID), None)

    def valid_answers(self) -> dict[str, SurveyAnswer]:
        """The answers that count, by department: one look at all of them, however many departments ask."""
        return {a.department: a for a in self.answers if a.status is AnswerStatus.VALID}

    def answered(self) -> Iterator[tuple[SurveyTarget, SurveyAnswer]]:
        """Yield every department whose answer counts, with its answer."""
        answers = self.valid_answers()
        for target in self.targets:
            if target.department in answers:
                yield target, answers[target.department]

    def open_targets(self) -> list[SurveyTarget]:
        """The departments that still owe an answer or a correction."""
        return [t for t in self.targets if t.status in OWING]


@dataclass(eq=False, kw_only=True)
class Document:
    """A file of a case: generated or attached. The bytes lie in the file store under ``sha256``."""

    id: int | None = None
    case_id: str
    kind: str
    name: str
    media_type: str
    sha256: str
    size: int
    draft: bool
    created_at: datetime


@dataclass(eq=False, kw_only=True)
class HistoryEntry:
    """Who did what, when; append-only. ``act``: a person's, then ``actor`` is empty, for the engine tells it later."""

    id: int | None = None
    case_id: str
    at: datetime
    actor: str
    what: str
    act: Act | None = None

    @property
    def who(self) -> str:
        """Who did it, for people."""
        return self.act.who if self.act else self.actor
