"""What the use cases need from outside; ``adapters`` implement it, ``wiring`` puts it together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from workers.domain.acts import Act
from workers.domain.agreements import Activity, Agreement, Notice
from workers.domain.answers import AnswerFile, AnswerPage, PartnerAnswer, PartnerLink, SeenLink, SeenRound
from workers.domain.cities import City
from workers.domain.corrections import Correction
from workers.domain.desk import CalendarFeed, CaseHead, DeskSession, FormDraft, StaffNote
from workers.domain.entities import (
    Case,
    CaseKind,
    Document,
    HistoryEntry,
    Partner,
    Survey,
    SurveyAnswer,
    SurveyTarget,
)
from workers.domain.mails import MailDraft, WrittenMail
from workers.domain.meetings import ExcludedPeriod, Invitation, Meeting
from workers.domain.publicoffers import PublicOffer
from workers.domain.register import ActivityEntry, BookPage, BookQuery, RegisterEntry, RegisterQuery, SigningEntry
from workers.domain.signing import SigningRecord

if TYPE_CHECKING:  # imported lists are few
    from workers.readers.agreementlist import ListedAgreement
    from workers.readers.listdiff import KnownAgreement


class Clock(Protocol):
    """The business clock. Every date that is stored or mailed comes from it (D-7)."""

    def now(self) -> datetime:
        """Return the present moment, aware, in Asia/Tokyo."""

    def today(self) -> date:
        """Return the Japanese calendar date."""


class Cities(Protocol):
    """The city packs."""

    def city(self, code: str) -> City:
        """Return the pack of a city; raises PermanentError where the configuration has none or a broken one."""

    def codes(self) -> list[str]:
        """Return the codes of every pack."""

    def task_name(self, process_id: str, element_id: str) -> str:
        """Return what a diagram calls a task; the task's id where that is not known."""

    def typed_keys(self, process_id: str, element_id: str) -> frozenset[str]:
        """Return the variables that a person fills in at a user task (``""``: at the start); empty if unknown."""

    def answer_page(self, city: str, element_id: str) -> AnswerPage | None:
        """Return the step that a partner of a city may do on a page; None for a task that is not marked so."""


class Cases(Protocol):
    """Cases of the registry."""

    async def get(self, case_id: str) -> Case:
        """Return a case; raises InputError where there is none."""

    async def find(self, case_id: str) -> Case | None:
        """Return a case or None."""

    async def partner(self, case_id: str) -> Partner | None:
        """Return a case's partner alone, None where the case has none."""

    async def add(self, case: Case) -> None:
        """Add a case."""

    async def all(self, *, city: str | None = None) -> list[Case]:
        """Return the cases, newest first."""

    async def of_partner(self, city: str, partner: Partner) -> list[Case]:
        """Return a city's cases with the same partner, by its number or its name, oldest first."""

    async def of_agreement(self, agreement_id: str, *, kind: CaseKind | None = None) -> list[Case]:
        """Return an agreement's procedures, oldest first."""

    async def procedure(self, agreement_id: str, kind: CaseKind, period: str) -> Case | None:
        """Return the one procedure of an agreement for a fiscal year or term, or None; a cancelled one is none."""

    async def collection(self, city: str, period: str) -> Case | None:
        """Return the one yearly procedure for all of a city's agreements, or None; a cancelled one is none."""

    async def running(self, agreement_ids: Sequence[str], kind: CaseKind) -> list[Case]:
        """Return the procedures of a kind that are not closed yet, of many agreements in one go."""

    async def unclaimed(self, *, limit: int) -> list[Case]:
        """Return procedures that were filed and that no process instance has claimed, newest first."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One department of a survey, read without the others: a survey may have a thousand."""

    case_id: str
    due_on: date
    closed_at: datetime | None
    target: SurveyTarget


class Surveys(Protocol):
    """Surveys of the registry."""

    async def get(self, survey_id: str, *, lock: bool = False) -> Survey:
        """Return a survey; with ``lock`` its row is held to the end of the transaction (answer against closing)."""

    async def asked(self, survey_id: str, department: str, *, lock: bool = False) -> Asked:
        """Return one department of a survey; with ``lock`` as :meth:`get`. Raises InputError where it was not asked."""

    async def valid_answer(self, survey_id: str, department: str) -> SurveyAnswer | None:
        """Return the answer of a department that counts."""

    async def add_answer(self, survey_id: str, answer: SurveyAnswer) -> None:
        """Add an answer to a survey."""

    async def is_owed(self, survey_id: str) -> bool:
        """Return whether a department still owes an answer or a correction."""

    async def of_case(self, case_id: str) -> list[Survey]:
        """Return a case's surveys by round."""

    async def add(self, survey: Survey) -> None:
        """Add a survey."""


class Agreements(Protocol):
    """Agreements of the registry."""

    async def add(self, agreement: Agreement) -> None:
        """Add an agreement."""

    async def get(self, agreement_id: str, *, lock: bool = False) -> Agreement:
        """Return an agreement; with ``lock`` its row is held to the end of the transaction. InputError: none."""

    async def due(self, on: date, *, after: str = "", limit: int) -> list[str]:
        """Return ids, in order and greater than ``after``, of agreements with a term, a cycle or a question due."""

    async def bring_questions_forward(self, city: str, opening: date) -> None:
        """Let no agreement of a city wait longer for the question about its contacts than until a day (ALL-25)."""

    async def add_notice(self, notice: Notice) -> None:
        """Add a notice of non-renewal."""

    async def notices(self, agreement_id: str) -> list[Notice]:
        """Return an agreement's notices in the order of their entry."""

    async def of_case(self, case_id: str) -> Agreement | None:
        """Return the agreement that a case led to."""

    async def of_partner(self, city: str, partner: Partner) -> list[Agreement]:
        """Return a city's agreements with the same partner, by its number or its name, oldest first."""

    async def in_force(self, on: date, *, city: str | None = None) -> list[Agreement]:
        """Return the agreements whose term covers a day (ASA-7)."""

    async def in_force_between(self, first: date, last: date, *, city: str | None = None) -> list[Agreement]:
        """Return the agreements that were in force on some day of a period (ASA-8)."""


class Sweeps(Protocol):
    """Runs of the renewal watch (ALL-5)."""

    async def last_day(self) -> date | None:
        """Return the newest business date that was swept to its end."""

    async def add(self, on: date, at: datetime, report: Mapping[str, object]) -> None:
        """Record a completed run."""


class Activities(Protocol):
    """What is done under agreements (ALL-6)."""

    async def add(self, activity: Activity) -> None:
        """Add an activity."""

    async def of_agreement(self, agreement_id: str, *, fiscal_year: int | None = None) -> list[Activity]:
        """Return an agreement's activities by fiscal year and in the order of their entry."""

    async def of_city(self, city: str, *, fiscal_year: int) -> list[Activity]:
        """Return a city's activities of a fiscal year, agreement by agreement (ASA-8, ALL-7)."""

    async def of_case(self, case_id: str) -> list[Activity]:
        """Return the activities that a case agreed or reported, in the order of their entry."""


class Meetings(Protocol):
    """Meetings and the periods that both sides confirmed at them (ALL-4, D-8)."""

    async def add(self, meeting: Meeting) -> None:
        """Add a meeting."""

    async def get(self, meeting_id: str) -> Meeting:
        """Return a meeting; raises InputError where there is none."""

    async def of_case(self, case_id: str) -> list[Meeting]:
        """Return a case's meetings by number."""

    async def of_agreement(self, agreement_id: str) -> list[Meeting]:
        """Return an agreement's meetings in the order of their beginning; those without a date come last."""

    async def excluded(self, agreement_id: str) -> list[ExcludedPeriod]:
        """Return the confirmed periods of an agreement (D-8), by their first day."""


class Register(Protocol):
    """The register of agreements as lists: many rows at once, without loading each agreement."""

    async def known(self, city: str, numbers: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements by the office's own numbers, as a list would have them."""

    async def known_ids(self, city: str, ids: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements by their ids."""

    async def known_titles(self, city: str, titles: Sequence[str]) -> list[KnownAgreement]:
        """Return a city's agreements that have no number of the office, by their titles."""

    async def add_correction(self, correction: Correction) -> None:
        """Keep what a list put right."""

    async def corrections(self, agreement_id: str) -> list[Correction]:
        """Return what lists put right of an agreement, oldest first."""

    async def signing(self, agreement_id: str) -> SigningRecord | None:
        """Return how an agreement was signed, None where nobody has told."""

    async def keep_signing(self, record: SigningRecord) -> None:
        """Keep how an agreement was signed, in place of what was told before."""

    async def parent(self, agreement_id: str) -> Agreement | None:
        """Return the agreement that another one hangs on."""

    async def children(self, agreement_id: str) -> list[Agreement]:
        """Return the agreements that hang on one, oldest first."""

    async def set_parent(self, agreement_id: str, parent_id: str | None) -> None:
        """Hang an agreement on another one; on none with None."""

    async def headings(self, city: str) -> Mapping[str, str]:
        """Return what a city's office reads headings as: keys by plain heading, ``""`` for unused ones."""

    async def remember_headings(self, city: str, chosen: Mapping[str, str]) -> None:
        """Remember what a city's office reads headings as, in place of what it chose for them before."""

    async def add_listed(  # noqa: PLR0913 (the days on which the watch looks at them)
        self,
        city: str,
        listed: Sequence[ListedAgreement],
        *,
        first: int,
        cycle_due_on: date,
        collected_from: date,
        contacts_due_on: date,
    ) -> None:
        """Add agreements of an office's list; their ids are numbered from ``first`` (ALL-6)."""

    def entries(self, query: RegisterQuery) -> AsyncIterator[RegisterEntry]:
        """Yield the agreements that match, oldest first, each with its newest term of the asked days (ASA-7)."""

    def activities(self, first_year: int, last_year: int, *, city: str) -> AsyncIterator[ActivityEntry]:
        """Yield the projects of fiscal years under a city's agreements (ALL-7)."""

    async def signings(self, city: str, first: date, last: date) -> list[SigningEntry]:
        """Return a city's signing cases that were opened from ``first`` to ``last`` (ALL-7)."""


class Book(Protocol):
    """The book of agreements: searched, sorted, a page at a time (ALL-6)."""

    async def page(self, query: BookQuery, *, first: int = 0, limit: int) -> BookPage:
        """Return ``limit`` agreements from the ``first``-th on (counted from 0), and how many match in all."""

    def entries(self, query: BookQuery) -> AsyncIterator[RegisterEntry]:
        """Yield all that match, each as it was on the asked day."""


class Documents(Protocol):
    """Documents of the registry with their bytes."""

    async def store(  # noqa: PLR0913 (each is a column of the document table)
        self, *, case_id: str, kind: str, name: str, media_type: str, content: bytes, draft: bool
    ) -> Document:
        """Keep a file and its hash; the same content of the same kind is kept once."""

    async def latest(self, case_id: str, kind: str) -> Document | None:
        """Return the newest document of a kind."""

    async def of_case(self, case_id: str) -> list[Document]:
        """Return all documents of a case, oldest first."""

    async def read(self, document: Document) -> bytes:
        """Return the bytes; raises PermanentError when they no longer match the hash."""


class CalendarFeeds(Protocol):
    """Secret addresses by which calendar programs read what is due."""

    async def add(self, feed: CalendarFeed) -> None:
        """Keep a feed."""

    async def feed(self, word_hash: str) -> CalendarFeed | None:
        """Return the feed of a word's hash, or None."""

    async def of_user(self, user: str) -> CalendarFeed | None:
        """Return a person's feed, or None."""

    async def end(self, user: str) -> None:
        """Make a person's address worthless."""


class MailDrafts(Protocol):
    """Mails to partners before they leave (ALL-2)."""

    async def add(self, draft: MailDraft) -> None:
        """Keep a draft; it has its id afterwards."""

    async def get(self, draft_id: int) -> MailDraft:
        """Return a draft; raises PermanentError where there is none."""

    async def of_key(self, business_key: str) -> MailDraft | None:
        """Return the draft of a business key."""

    async def of_case(self, case_id: str) -> list[MailDraft]:
        """Return a case's drafts, oldest first."""


class Counters(Protocol):
    """Numbers that are never drawn twice."""

    async def draw(self, name: str) -> int:
        """Return the next number of a counter, from 1."""

    async def draw_block(self, name: str, count: int) -> int:
        """Draw ``count`` numbers at once and return the last of them; with 0 the last one drawn so far."""


TemplateValues = Mapping[str, object]
"""What a template may name: entities and plain values, under names in snake_case."""


@dataclass(frozen=True, kw_only=True)
class MailRequest:
    """A mail to one recipient. ``business_key`` makes it once-only: (case, round, recipient, kind)."""

    business_key: str
    case_id: str
    city: str
    kind: str
    template: str
    recipient_name: str
    recipient: str
    context: TemplateValues
    attachments: Sequence[Document] = field(default_factory=tuple)
    invitation: Invitation | None = None
    """A calendar entry that the mail carries (ALL-4)."""
    group: str = ""
    """The candidate group of whoever gets the mail, for a link to their task; a partner has none."""
    written: WrittenMail | None = None
    """Subject and body as the office saw them; the template is not filled again, and its HTML is left out."""


@dataclass(frozen=True, kw_only=True)
class RenderedMail:
    """A finished mail: the RFC 5322 bytes, once made, are never made again. ``message_id`` stands in them."""

    message_id: str
    raw: bytes


class MailRenderer(Protocol):
    """Fills the city's mail templates."""

    def render(self, request: MailRequest, attachments: Sequence[tuple[str, str, bytes]]) -> RenderedMail:
        """Return the mail; attachments are (name, media type, bytes).

        Raises InputError for a bad address, PermanentError for a template that is missing or cannot be filled.
        """

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return what the template says for a request, for the office to see; raises PermanentError as ``render``."""

    def title(self, city: str, template: str) -> str:
        """Return what a mail is called in lists."""

    def readdress(self, raw: bytes, recipient: str) -> RenderedMail:
        """Return a mail that was sent before, to another address; raises InputError for an address that is none."""


@dataclass(frozen=True, kw_only=True)
class KeptMail:
    """What the outbox keeps of a mail. ``error``: the mail server's words; ``bounced``: refused for good."""

    id: int
    message_id: str
    business_key: str
    case_id: str
    city: str
    kind: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    error: str
    bounced: bool


class Outbox(Protocol):
    """Effects that leave the database after the commit."""

    async def kept(self, mail_id: int) -> KeptMail | None:
        """Return a mail by its number."""

    async def read(self, mail_id: int) -> bytes:
        """Return a mail's bytes (RFC 5322); empty where there is none."""

    async def with_message_id(self, message_id: str) -> KeptMail | None:
        """Return a mail by its Message-ID."""

    async def returned(self, mail_id: int, reason: str) -> bool:
        """Mark a mail that was sent as one that did not arrive; False for any other: it is dealt with once."""

    async def send_again(self, mail_id: int, *, recipient: str, business_key: str) -> bool:
        """Enqueue the text and documents of an earlier mail for an address; False when the key was known already.

        Raises InputError for an address that is none.
        """

    def title(self, city: str, template: str) -> str:
        """Return what a mail is called in the history."""

    def compose(self, request: MailRequest) -> WrittenMail:
        """Return subject and body of a mail that is not sent yet; raises PermanentError for a bad template."""

    async def mail(self, request: MailRequest) -> bool:
        """Render and enqueue a mail; False when its business key was enqueued before (nothing is sent twice)."""

    async def engine_call(
        self, *, business_key: str, kind: str, payload: Mapping[str, object], after_seconds: float = 0
    ) -> bool:
        """Enqueue a call to the engine (its kinds: ``runtime.enginecalls``); False when known already.

        ``after_seconds``: real time that has to pass first.
        """

    async def free_engine_call(self, business_key: str) -> None:
        """Give a call's business key free: what is ordered under it from now on is a call of its own."""


class History(Protocol):
    """The append-only record of who did what."""

    async def add(self, entry: HistoryEntry) -> None:
        """Append an entry."""

    async def of_case(self, case_id: str) -> list[HistoryEntry]:
        """Return a case's entries, oldest first."""


class Acts(Protocol):
    """What people did: completions of user tasks."""

    async def add(self, act: Act) -> None:
        """Add an act; it has its number afterwards."""

    async def find(self, act_id: int) -> Act | None:
        """Return an act or None."""

    async def without_case(self, engine_id: str, process_instance_key: int) -> list[Act]:
        """Return an instance's acts from before its case existed, oldest first."""

    async def claim(self, now: datetime, *, until: datetime, limit: int) -> list[Act]:
        """Return acts whose person is to be looked up; no other worker gets them before ``until`` (real time)."""

    async def known_tasks(self, process_instance_keys: Collection[int]) -> set[int]:
        """Return the user tasks of process instances whose acts are known."""


class PartnerAnswers(Protocol):
    """Links of mails to partners, and the answers that came by them."""

    async def add_link(self, link: PartnerLink) -> None:
        """Keep a link; it has its id afterwards."""

    async def link(self, token_hash: str) -> PartnerLink | None:
        """Return the link of a secret word's hash, or None."""

    async def seen(self, token_hash: str) -> SeenRound | None:
        """Return what a page shows of the link of a secret word's hash, or None."""

    async def form(self, token_hash: str) -> Mapping[str, object]:
        """Return the form as it was when the link was made."""

    async def keep_draft(self, token_hash: str, values: dict[str, object], now: datetime) -> bool:
        """Keep a draft in every link of the round; False where the link takes no answer any more."""

    async def take(self, answer: PartnerAnswer) -> int | None:
        """Keep an answer and return its number; None where the round has one already."""

    async def end_step(self, case_id: str, element_id: str, now: datetime) -> bool:
        """End the open links of a step that was answered by one; False where somebody has ended them meanwhile."""

    async def drop_drafts(self, link: SeenLink) -> None:
        """Forget the drafts of a link's round."""

    async def link_of(self, answer: PartnerAnswer) -> PartnerLink:
        """Return the link by which an answer came."""

    async def open_links(self, case_id: str, element_id: str) -> list[PartnerLink]:
        """Return the links of a step that take an answer, oldest first."""

    async def last_round(self, case_id: str, element_id: str) -> int:
        """Return the number of the last round of a step, 0 where no mail brought a link for it."""

    async def add_answer(self, answer: PartnerAnswer) -> bool:
        """Keep an answer; False where the round has one already."""

    async def answer(self, case_id: str, element_id: str, round_: int) -> PartnerAnswer | None:
        """Return the answer of a round of a step, or None."""

    async def filed(self, case_id: str, element_id: str) -> list[PartnerAnswer]:
        """Return what came to a step by file, oldest first."""

    async def kept(self, answer_id: int) -> PartnerAnswer:
        """Return an answer by its number; raises PermanentError where there is none."""

    async def add_file(self, file: AnswerFile, content: bytes) -> None:
        """Keep a file that waits beside a draft."""

    async def files(self, link: PartnerLink | SeenLink) -> list[AnswerFile]:
        """Return the files that wait beside the drafts of a link's round, oldest first."""

    async def file_content(self, file: AnswerFile) -> bytes:
        """Return a waiting file's bytes; raises PermanentError where it is gone."""

    async def drop_file(self, file: AnswerFile) -> None:
        """Forget a waiting file."""

    async def expired(self, now: datetime, *, limit: int) -> list[PartnerLink]:
        """Return links that expired with a draft."""

    async def drop_expired_files(self, now: datetime) -> None:
        """Forget the files of links that expired; those of an answer still wait for the worker and stay."""


class DeskRecords(Protocol):
    """What the staff's desk keeps: sign-ins, drafts of forms, notes."""

    async def add_session(self, session: DeskSession) -> None:
        """Keep a sign-in, and what the person is called."""

    async def session(self, id_hash: str) -> DeskSession | None:
        """Return a sign-in or None."""

    async def end_session(self, id_hash: str) -> None:
        """Forget a sign-in."""

    async def end_sessions(self, *, seen_before: datetime) -> None:
        """Forget every sign-in that was used last before a moment (real time)."""

    async def names(self) -> Mapping[str, str]:
        """Return what those who have ever signed in are called, by user."""

    async def draft(self, task_key: int, user: str) -> FormDraft | None:
        """Return what a person has typed into a task's form, or None."""

    async def add_draft(self, draft: FormDraft) -> None:
        """Keep a draft where the person has none for the task yet."""

    async def drop_drafts(self, task_key: int) -> None:
        """Forget everybody's drafts of a task that is done."""

    async def add_note(self, note: StaffNote) -> None:
        """Keep a note; it has its id afterwards."""

    async def notes(self, case_id: str) -> list[StaffNote]:
        """Return a case's notes, newest first."""

    async def surveyed(self, case_id: str) -> set[str]:
        """Return the codes of the departments that a case's surveys asked."""

    async def case_ids(self, city: str, *, departments: Collection[str] | None, limit: int) -> list[str]:
        """Return a city's cases, newest first; with ``departments`` those that one of them answers or carries out."""

    async def heads(self, case_ids: Collection[str]) -> Mapping[str, CaseHead]:
        """Return what lists show of cases, by id; those that the registry does not have are missing."""


class PublicOffers(Protocol):
    """First offers of new partners, begun on the public page."""

    async def add(self, offer: PublicOffer) -> None:
        """Keep an address that is to be confirmed; it has its id afterwards."""

    async def find(self, token_hash: str) -> PublicOffer | None:
        """Return the offer of a secret word's hash, or None."""

    async def asked(self, city: str, since: datetime, *, email: str | None = None) -> int:
        """Return how many confirmations a city's page has mailed since a moment, to one address or to all."""

    async def drop_expired(self, now: datetime) -> None:
        """Forget those that expired."""


class DocumentRenderer(Protocol):
    """Fills the city's Word and Excel templates."""

    def render(self, *, city: str, name: str, context: TemplateValues) -> tuple[bytes, str, str]:
        """Return (bytes, file extension with dot, media type); raises PermanentError for a missing template."""

    def blank(self, *, city: str, name: str, context: TemplateValues) -> tuple[bytes, str, str]:
        """Return the same as a form to be filled in: what the context does not hold is left empty."""


@dataclass(frozen=True, kw_only=True)
class AnswerRequest:
    """A form that a partner is to fill in: whose, until when, and what the diagram says of it.

    ``values``: what the form's fields begin with, by key, and what choices come from, beside what the case itself
    knows. ``title``: what the form is called; empty: as its own heading says.
    """

    city: City
    case: Case
    form: str
    title: str
    due_on: date | None
    values: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class AnswerStamp:
    """Which form of which case a file is; ``edition`` changes with the form and with what stood in it."""

    case_id: str
    form: str
    edition: str


@dataclass(frozen=True, kw_only=True)
class FiledAnswer:
    """What a partner's file says: the form's variables, and what is wrong, each with its cell (Japanese)."""

    values: Mapping[str, object]
    problems: Sequence[str]
    said: Sequence[Mapping[str, str]]
    """The same as people read it: label, text, row."""


class AnswerForms(Protocol):
    """The city's forms as files that a partner fills in (ALL-17)."""

    def title(self, city: str, form: str) -> str:
        """Return what a form calls itself; raises PermanentError where the pack has no such form."""

    def make(self, request: AnswerRequest) -> bytes:
        """Return the form as a workbook; the same request gives the same bytes. Raises PermanentError."""

    def stamp(self, name: str, content: bytes) -> AnswerStamp:
        """Return which form a file is; raises InputError, naming the file, for one that is none or cannot be read."""

    def read(self, name: str, content: bytes, *, sent: bytes, today: date) -> FiledAnswer:
        """Return what a file says; ``sent`` is the form as the partner got it. Raises as ``stamp``."""


class Renderers(Protocol):
    """What fills templates. Each is made when it is asked for: hardly any command fills one."""

    @property
    def documents(self) -> DocumentRenderer:
        """Fills documents."""

    @property
    def mails(self) -> MailRenderer:
        """Fills mails."""

    @property
    def answers(self) -> AnswerForms:
        """Makes the forms that partners fill in."""


class UnitOfWork(Protocol):
    """One database transaction and all that a use case may touch in it.

    ``act``: whose entries it records, ``by``: who gave the command; without both the system works by itself.
    ``pages_url``: where partners reach their pages; empty where they cannot.
    """

    act: Act | None
    by: str

    clock: Clock
    cities: Cities
    cases: Cases
    surveys: Surveys
    agreements: Agreements
    activities: Activities
    meetings: Meetings
    register: Register
    sweeps: Sweeps
    documents: Documents
    drafts: MailDrafts
    counters: Counters
    outbox: Outbox
    history: History
    acts: Acts
    answers: PartnerAnswers
    offers: PublicOffers
    desk: DeskRecords
    feeds: CalendarFeeds
    pages_url: str

    @property
    def renderer(self) -> DocumentRenderer:
        """Fills documents."""

    @property
    def answer_forms(self) -> AnswerForms:
        """Makes the forms that partners fill in."""

    def savepoint(self) -> AbstractAsyncContextManager[object]:
        """Return a block whose effects alone are undone when it raises; the transaction goes on."""


@dataclass(frozen=True, kw_only=True)
class JobRef:
    """Where a use case was called from: the job's stable identity, for effects that must happen once."""

    engine_id: str
    job_key: int
    process_instance_key: int
    element_id: str
    element_instance_key: int

    def __str__(self) -> str:
        """Return ``engine/job``."""
        return f"{self.engine_id}/{self.job_key}"
