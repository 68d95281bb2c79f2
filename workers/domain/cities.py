"""What a city pack says: facts as data, read by ``workers.packs`` from ``city.toml`` and ``departments.csv``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final

from workers.domain.entities import CaseKind
from workers.errors import InputError, PermanentError


class TermRuleKind(StrEnum):
    """How the end of a first term is found (D-3)."""

    END_OF_NEXT_FISCAL_YEAR = "end-of-next-fiscal-year"
    NEXT_MARCH_31 = "next-march-31"
    YEARS = "years"
    AGREED = "agreed"


@dataclass(frozen=True, kw_only=True)
class TermRule:
    """Term, notice and renewal (D-3 to D-5). ``notice_months`` None: no notice deadline (objection until expiry).

    ``first_day_counts``: the day of signing is the first day of the years. ``first_day_asked``: the office says so for
    each agreement before it is drafted, for the guideline leaves it open (DAT-T1).

    ``since``: the day on which the guideline came into force; an agreement signed before it has a term of its own and
    falls under the guideline's older rules (ISE-T3).
    """

    kind: TermRuleKind
    years: int | None = None
    first_day_counts: bool = False
    first_day_asked: bool = False
    notice_months: int | None = 1
    notice_clear_month: bool = False
    renewal_years: int | None = 1
    repeat: bool = True
    since: date | None = None

    @property
    def endless_allowed(self) -> bool:
        """Whether an agreement may go without an end: only where its parties agree how long it lasts."""
        return self.kind is TermRuleKind.AGREED

    def came_before(self, signed_on: date) -> bool:
        """Whether an agreement was signed before the guideline came into force."""
        return self.since is not None and signed_on < self.since


@dataclass(frozen=True, kw_only=True)
class Field:
    """A numbered field of cooperation of the city's guideline."""

    number: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A numbered ground for exclusion, in our own words."""

    number: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Office:
    """The office in charge (所管課). ``group`` is the candidate group of its tasks.

    ``departments_lead``: a case with a department in charge is that department's own, in mails too (ASA-1).
    ``departments_sign``: the tasks are divided as the diagrams say, but what a partner is written comes from the
    department that carries out the project and is answered to it (CHI-4).
    ``departments_start``: processes that departments begin themselves (ISE-A1, CHI-1).
    """

    division: str
    section: str
    group: str
    email: str
    phone: str = ""
    departments_lead: bool = False
    departments_sign: bool = False
    departments_start: Sequence[str] = ()

    def begun_by_departments(self, processes: Iterable[str]) -> list[str]:
        """Return those of the city's own processes that its departments begin: all, where they lead their cases."""
        return [one for one in processes if self.departments_lead or one in self.departments_start]


@dataclass(frozen=True, kw_only=True)
class Signatory:
    """The city as a party of the agreement."""

    name: str
    address: str
    title: str
    representative: str
    style: str = "name-seal"
    """How the parties usually sign: ``signature`` or ``name-seal``; each agreement may differ (ISE-F3)."""

    @property
    def short_title(self) -> str:
        """The title below the city's own name: 市長 of 〇〇市長."""
        stem = self.name[:-1]
        return self.title.removeprefix(stem) if stem else self.title


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The city's own sender address (ALL-2)."""

    name: str
    address: str
    reply_to: str = ""


RATING_LABELS: Final = {
    "feasible": "○ 実現できる",
    "adjust": "△ 調整や代替案があればできる",
    "infeasible": "× 実現できない",
}
"""What a survey's form offers where the city's pack says nothing else."""
SURVEY_WORDS: Final = {
    "partner": "提案した相手方と連絡先",
    "paper": "申出書",
    "offer": "申出の内容",
    "offered_on": "申出日",
    "purpose": "目的",
    "field": "連携事項",
    "cost": "市の費用負担",
    "ratings": "事業ごとの見込み",
    "rating": "見込み",
    "reason": "意見・理由・代替案（△と×では必ず書きます）",
    "comment": "意見・質問",
    "wishes": "当課から希望する連携事業（あれば）",
    "wish_asked": "当課から希望する連携事業がありますか",
    "wish_yes": "ある",
    "wish_no": "ない",
}
"""What a survey's form calls its boxes where the city's own sheet has no words for them; ``cost`` empty: not shown."""


@dataclass(frozen=True, kw_only=True)
class SurveyPlan:
    """A survey's time table in business days (D-6): answer within ``answer_days``, reminder ``remind_before`` days.

    ``ratings``: the ratings that the city's sheet offers, in its own words (ISE-4: ○△×, DAT-4: feasible or not).
    ``words``: what the sheet calls its boxes (DAT-F2: 連携可否, 理由).
    """

    answer_days: int = 10
    remind_before: int = 3
    ratings: Mapping[str, str] = field(default_factory=lambda: dict(RATING_LABELS))
    words: Mapping[str, str] = field(default_factory=lambda: dict(SURVEY_WORDS))

    def mark(self, rating: str) -> str:
        """Return a rating in short: what the city's label begins with (○ of 「○ 実現できる」, 可 of 「可（…）」)."""
        return re.split(r"[ 　（(]", self.ratings.get(rating, RATING_LABELS[rating]), maxsplit=1)[0]


@dataclass(frozen=True, kw_only=True)
class DeadlineRule:
    """When something is due (D-6): ``days`` business days from today, or ``date`` (month, day), whichever is later.

    ``date`` lies in the calendar year in which the procedure's fiscal year begins. Where the office is closed on it, it
    is the business day before, or the next one where something ``opens`` on it. Reminders go out ``remind_before``
    business days earlier.
    """

    days: int = 0
    date: tuple[int, int] | None = None
    opens: bool = False
    remind_before: int = 0


@dataclass(frozen=True, kw_only=True)
class RenewalRule:
    """The time table of a renewal (ALL-5), counted from the last day for notices (D-4).

    The procedure opens ``opens_days_before`` it, both sides are reminded ``remind_before`` business days before it, and
    are told the result ``tell_after`` business days after it: time for a notice that arrived but was not entered yet.
    """

    opens_days_before: int = 60
    remind_before: int = 20
    tell_after: int = 3


@dataclass(frozen=True, kw_only=True)
class CycleRule:
    """When the yearly procedure of an agreement opens: the day ``opens`` (month, day), 1 April where nothing is said.

    In January to March ``coming`` tells which fiscal year it is for: the one about to begin, or the one that ends.
    ``together``: one procedure asks about all the city's agreements at once, each department in one go (ASA-8).
    ``at_end``: agreements of these fields alone have no yearly procedure but a report, when they end (CHI-7).
    """

    opens: tuple[int, int] = (4, 1)
    coming: bool = False
    together: bool = False
    at_end: frozenset[int] = frozenset()

    def reports_at_end(self, fields: Collection[int]) -> bool:
        """Whether an agreement of these fields is reported on once, when it ends."""
        return bool(fields) and self.at_end.issuperset(fields)


@dataclass(frozen=True, kw_only=True)
class ContactRule:
    """When partners are asked to confirm their contacts: on ``opens`` (month, day) of every year (ALL-25).

    ``answer_days``: business days to answer; ``remind_before``: business days before that, on which those are reminded
    who have not.
    """

    opens: tuple[int, int] = (10, 1)
    answer_days: int = 15
    remind_before: int = 5


@dataclass(frozen=True, kw_only=True)
class MeetingPlan:
    """A city's time table of meetings (AGE-A1, ISE-A2).

    ``invite_days`` and ``hold_days``: business days from the beginning. The yearly meeting has days of its own (month,
    day) within the fiscal year where the city names them (AGE-A1: held by 31 May).
    """

    invite_days: int = 10
    hold_days: int = 30
    annual_invite_by: tuple[int, int] | None = None
    annual_hold_by: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class TerminationRule:
    """When an agreement may be ended (AGE-T2, ISE-T2, D-8).

    ``no_record_years``: years without a record that make it a candidate, None where the city has no such rule (DAT-T2).
    ``deduct_excluded``: periods that both sides confirmed do not count. ``notice_months``: a written notice that long
    before the day, None where the agreement's own text decides.
    """

    no_record_years: int | None = None
    deduct_excluded: bool = False
    notice_months: int | None = None


@dataclass(frozen=True, kw_only=True)
class MailRule:
    """What the pack says of a mail to the partner, by its template's name (ALL-2).

    ``title``: what it is called in lists. ``review``: the office sees it before it leaves; else it goes by itself.
    ``forms``: the blank forms that go with it, a document template's name and what the form is called. ``forms_with``:
    they go only where this value of the mail holds anything. ``answer_days``: the business days until the answer is
    due; 0 where the mail names no day. ``answer_form``: the form (its id) that the partner answers with, and
    ``answer_title`` what it is called there.
    """

    title: str
    review: bool
    forms: Mapping[str, str] = field(default_factory=dict)
    forms_with: str = ""
    answer_days: int = 0
    answer_form: str = ""
    answer_title: str = ""


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """The city's minimum (ISE-R1, AGE-R1); 0 where the guideline asks for none."""

    minimum_fields: int = 0
    minimum_projects: int = 0
    city_cost_excluded: bool = False


@dataclass(frozen=True, kw_only=True)
class Department:
    """A row of departments.csv. ``surveyed``: asked in every survey; ``phone`` stands in mails of its own cases."""

    code: str
    division: str
    section: str
    group: str
    email: str
    surveyed: bool = True
    phone: str = ""

    @property
    def name(self) -> str:
        """Division and section as one writes them in an address."""
        return f"{self.division}{self.section}"


@dataclass(frozen=True, kw_only=True)
class PublicOfferPage:
    """The public page for a new partner's first offer.

    ``task``: the user task whose form it shows. ``values``: fields that the page answers; ``omit``: ids of parts that
    only the task's own reader needs.
    """

    task: str
    values: Mapping[str, str] = field(default_factory=dict)
    omit: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class City:
    """A city pack's facts. ``signing_process`` is the id of the process that ``renkei start`` begins.

    ``procedures`` names the process of each kind of case under a signed agreement; its start message has the same name.
    """

    code: str
    name: str
    signing_process: str
    office: Office
    signatory: Signatory
    sender: Sender
    fields: tuple[Field, ...]
    partner_grounds: tuple[Ground, ...]
    project_grounds: tuple[Ground, ...]
    requirements: Requirements
    term: TermRule
    survey: SurveyPlan
    departments: tuple[Department, ...]
    links: dict[str, str] = field(default_factory=dict)
    procedures: Mapping[CaseKind, str] = field(default_factory=dict)
    cycle: CycleRule = field(default_factory=CycleRule)
    contacts: ContactRule = field(default_factory=ContactRule)
    renewal: RenewalRule = field(default_factory=RenewalRule)
    deadlines: Mapping[str, DeadlineRule] = field(default_factory=dict)
    meetings: MeetingPlan = field(default_factory=MeetingPlan)
    termination: TerminationRule = field(default_factory=TerminationRule)
    mails: Mapping[str, MailRule] = field(default_factory=dict)
    """The mails to partners by template; one that is not among them cannot be sent to a partner (see ``mail``)."""
    field_word: str = "連携事項"
    """What the city's agreements call that which ``fields`` lists."""
    public_offer: PublicOfferPage | None = None
    """None: the city takes no first offer by a public page."""
    cost_next_year: bool = False
    """A project whose cost the city bears is one of the fiscal year after its proposal's (AGE-A3)."""

    def renewing_by(self, years: int | None, notice_months: int | None = None) -> City:
        """Return the city as an agreement has it that has years of renewal or months of notice of its own.

        None: as the rule says. ``notice_months`` 0: notices count until the last day of the term. A city whose
        agreements are not renewed by its rule renews those that say so (D-5).
        """
        term = self.term if years is None else replace(self.term, renewal_years=years)
        if notice_months is not None:
            term = replace(term, notice_months=notice_months or None, notice_clear_month=False)
        return self if term is self.term else replace(self, term=term)

    def procedure(self, kind: CaseKind) -> str:
        """Return the process of a kind of procedure; raises InputError where the city has none."""
        if kind not in self.procedures:
            raise InputError(f"procedures.{kind.value}", f"{self.name}の city.toml にこの手続がありません")
        return self.procedures[kind]

    def deadline(self, name: str) -> DeadlineRule:
        """Return a deadline's rule; raises PermanentError for a name that city.toml does not have."""
        if name not in self.deadlines:
            raise PermanentError(f"{self.name}の city.toml に [deadlines.{name}] がありません")
        return self.deadlines[name]

    def mail(self, template: str) -> MailRule:
        """Return the rule of a mail to the partner; raises PermanentError for a template that the pack does not name.

        Nobody has decided then whether it may leave unread, so it does not leave.
        """
        if template not in self.mails:
            raise PermanentError(
                f"相手方へのメール「{template}」を送る前に確かめるかが決まっていません。{self.name}の city.toml に "
                f"[mails.{template}] の title と review を書いてください"
            )
        return self.mails[template]

    def field_name(self, number: int) -> str:
        """Return a field's name; raises InputError for a number that is not in the list."""
        for entry in self.fields:
            if entry.number == number:
                return entry.name
        raise InputError("fields", f"{number} は{self.name}の{self.field_word}の番号にありません")

    def led_by(self, department: Department) -> City:
        """Return the city as a partner meets it where a department is in charge: whom to call, whom to write to."""
        office = replace(
            self.office,
            division=department.division,
            section=department.section,
            group=department.group,
            email=department.email,
            phone=department.phone,
        )
        sender = replace(self.sender, name=f"{self.name} {department.section}", reply_to=department.email)
        return replace(self, office=office, sender=sender)

    def department(self, code: str) -> Department:
        """Return a department; raises InputError for an unknown code."""
        for entry in self.departments:
            if entry.code == code:
                return entry
        raise InputError("department", f"{code} は{self.name}の departments.csv にありません")
