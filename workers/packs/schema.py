"""What ``city.toml`` may hold: the file's shape as pydantic models, turned into the domain's ``City``.

Unknown keys and wrong types are refused: a misspelt key that is passed over would be a rule that does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from workers.domain import cities, text
from workers.domain.entities import CaseKind
from workers.errors import InputError

CODE_PATTERN = r"^[a-z][a-z0-9-]*$"
TEMPLATE_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
VALUE_PATTERN = r"^([a-z][a-z0-9_]*)?$"
FORM_PATTERN = r"^([a-z0-9]+(-[a-z0-9]+)*)?$"
LONGEST_TITLE = 60
_ID_PATTERN = r"^[a-z][A-Za-z0-9_-]*$"


def _line(value: str) -> str:
    return _checked(text.single_line(value, "", maximum=500))


def _email(value: str) -> str:
    return text.email(value, "")


def _phone(value: str) -> str:
    return text.phone(value, "")


def _checked(value: str) -> str:
    if not value:
        raise InputError("", "空です。書いてください")
    return value


def _month_day(value: str) -> str:
    """Refuse a day that does not come every year, in the form ``03-31``."""
    try:
        date.fromisoformat(f"2026-{value}")
    except ValueError:
        raise InputError("", f'「{text.shown(value)}」は月日ではありません。"03-31" のように書いてください') from None
    return value


def _month_and_day(value: str) -> tuple[int, int]:
    month, day = value.split("-")
    return int(month), int(day)


def _validator(function: object) -> AfterValidator:
    """Let pydantic see an InputError as a ValueError with the Japanese message alone."""

    def run(value: str) -> str:
        try:
            return str(function(value))  # type: ignore[operator]
        except InputError as error:
            raise ValueError(error.message.removeprefix(": ")) from None

    return AfterValidator(run)


Line = Annotated[str, _validator(_line)]
Email = Annotated[str, _validator(_email)]
Phone = Annotated[str, _validator(_phone)]
MonthDay = Annotated[str, _validator(_month_day)]
_RatingName = Literal["feasible", "adjust", "infeasible"]
_SurveyWord = Literal[
    "partner",
    "paper",
    "offer",
    "offered_on",
    "purpose",
    "field",
    "cost",
    "ratings",
    "rating",
    "reason",
    "comment",
    "wishes",
    "wish_asked",
    "wish_yes",
    "wish_no",
]
Group = Annotated[str, Field(pattern=CODE_PATTERN)]
ProcessId = Annotated[str, Field(pattern=_ID_PATTERN)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OfficeTable(_Table):
    """``[office]``."""

    division: Line
    section: Line
    group: Group
    email: Email
    phone: Phone = ""
    departments_lead: bool = False
    departments_sign: bool = False
    departments_start: list[ProcessId] = Field(default_factory=list)


class SignatoryTable(_Table):
    """``[signatory]``."""

    name: Line
    address: Line
    title: Line
    representative: Line
    style: Literal["signature", "name-seal"] = "name-seal"


class SenderTable(_Table):
    """``[sender]``."""

    name: Line
    address: Email
    reply_to: Email = ""


class RequirementsTable(_Table):
    """``[requirements]``; 0 where the guideline asks for none."""

    minimum_fields: int = Field(default=0, ge=0)
    minimum_projects: int = Field(default=0, ge=0)
    city_cost_excluded: bool = False


class TermTable(_Table):
    """``[term]``. ``notice_months`` 0: no notice deadline; ``renewal_years`` 0: no renewal."""

    kind: Annotated[cities.TermRuleKind, Field(strict=False)]
    years: int | None = Field(default=None, ge=1, le=50)
    first_day_counts: bool = False
    first_day_asked: bool = False
    notice_months: int = Field(ge=0, le=24)
    notice_clear_month: bool = False
    renewal_years: int = Field(ge=0, le=50)
    repeat: bool = True
    since: date | None = None

    def rule(self) -> cities.TermRule:
        """Return the domain's rule."""
        return cities.TermRule(
            kind=self.kind,
            years=self.years,
            first_day_counts=self.first_day_counts,
            first_day_asked=self.first_day_asked,
            notice_months=self.notice_months or None,
            notice_clear_month=self.notice_clear_month,
            renewal_years=self.renewal_years or None,
            repeat=self.repeat,
            since=self.since,
        )


class SurveyTable(_Table):
    """``[survey]``, in business days; ``[survey.ratings]``: what departments choose from, in the city's words.

    ``[survey.words]``: what the city's sheet calls the rating and its texts, where it differs from the usual.
    """

    answer_days: int = Field(ge=1, le=250)
    remind_before: int = Field(ge=0, le=250)
    ratings: dict[_RatingName, Line] = Field(
        default_factory=lambda: cast("dict[_RatingName, str]", dict(cities.RATING_LABELS)), min_length=1
    )
    words: Annotated[
        dict[_SurveyWord, Line | Literal[""]], AfterValidator(lambda own: {**cities.SURVEY_WORDS, **own})
    ] = Field(default_factory=lambda: cast("dict[_SurveyWord, str]", dict(cities.SURVEY_WORDS)))


class MeetingTable(_Table):
    """``[meeting]``: days of arranging and holding, in business days; the yearly meeting's own days as ``MM-DD``."""

    invite_days: int = Field(default=10, ge=1, le=250)
    hold_days: int = Field(default=30, ge=1, le=250)
    annual_invite_by: MonthDay | None = None
    annual_hold_by: MonthDay | None = None

    def plan(self) -> cities.MeetingPlan:
        """Return the domain's time table."""
        return cities.MeetingPlan(
            invite_days=self.invite_days,
            hold_days=self.hold_days,
            annual_invite_by=_month_and_day(self.annual_invite_by) if self.annual_invite_by else None,
            annual_hold_by=_month_and_day(self.annual_hold_by) if self.annual_hold_by else None,
        )


class TerminationTable(_Table):
    """``[termination]``. ``no_record_years`` 0: no such ground; ``notice_months`` 0: the agreement's text decides."""

    no_record_years: int = Field(default=0, ge=0, le=50)
    deduct_excluded: bool = False
    notice_months: int = Field(default=0, ge=0, le=24)

    def rule(self) -> cities.TerminationRule:
        """Return the domain's rule."""
        return cities.TerminationRule(
            no_record_years=self.no_record_years or None,
            deduct_excluded=self.deduct_excluded,
            notice_months=self.notice_months or None,
        )


class ActivitiesTable(_Table):
    """``[activities]``: ``cost_next_year``: what costs the city is a project of the year after the proposal's."""

    cost_next_year: bool = False


class ProceduresTable(_Table):
    """``[procedures]``: the process of each kind of case under a signed agreement."""

    annual: ProcessId | None = None
    proposal: ProcessId | None = None
    renewal: ProcessId | None = None
    termination: ProcessId | None = None
    amendment: ProcessId | None = None
    talk: ProcessId | None = None
    publication: ProcessId | None = None
    arrangement: ProcessId | None = None
    report: ProcessId | None = None
    meeting: ProcessId | None = None
    contacts: ProcessId | None = None

    def processes(self) -> dict[CaseKind, str]:
        """Return the processes that the file names."""
        return {CaseKind(kind): process for kind, process in self.model_dump(exclude_none=True).items()}


class RenewalTable(_Table):
    """``[renewal]``: days and business days around the last day for notices."""

    opens_days_before: int = Field(default=60, ge=1, le=180)
    remind_before: int = Field(default=20, ge=1, le=120)
    tell_after: int = Field(default=3, ge=1, le=60)


class CycleTable(_Table):
    """``[cycle]``: when the yearly procedure opens (``opens = "03-01"``), and of which fiscal year it then is.

    ``together``: one procedure for all agreements of the city. ``at_end``: numbers of the fields whose agreements are
    reported on when they end, not every year.
    """

    opens: MonthDay = "04-01"
    coming: bool = False
    together: bool = False
    at_end: list[int] = Field(default_factory=list)

    def rule(self) -> cities.CycleRule:
        """Return the domain's rule."""
        return cities.CycleRule(
            opens=_month_and_day(self.opens),
            coming=self.coming,
            together=self.together,
            at_end=frozenset(self.at_end),
        )


class ContactsTable(_Table):
    """``[contacts]``: the day of the year on which partners are asked to confirm their contacts; business days."""

    opens: MonthDay = "10-01"
    answer_days: int = Field(default=15, ge=1, le=60)
    remind_before: int = Field(default=5, ge=0, le=60)

    def rule(self) -> cities.ContactRule:
        """Return the domain's rule."""
        opens = _month_and_day(self.opens)
        return cities.ContactRule(opens=opens, answer_days=self.answer_days, remind_before=self.remind_before)


class DeadlineTable(_Table):
    """``[deadlines.NAME]``: business days from today, a day of the year (``date = "03-31"``), or both.

    ``opens``: something begins on the day of the year, so that a closed office moves it to the next business day.
    """

    days: int = Field(default=0, ge=0, le=250)
    date: MonthDay | None = None
    opens: bool = False
    remind_before: int = Field(default=0, ge=0, le=250)

    def rule(self) -> cities.DeadlineRule:
        """Return the domain's rule."""
        day = _month_and_day(self.date) if self.date else None
        return cities.DeadlineRule(days=self.days, date=day, opens=self.opens, remind_before=self.remind_before)


class MailTable(_Table):
    """``[mails.NAME]``: a mail to the partner; what is left out is as in the common pack's ``mails.toml``."""

    title: Line | None = None
    review: bool | None = None
    forms: dict[Annotated[str, Field(pattern=TEMPLATE_PATTERN)], Line] | None = None
    forms_with: Annotated[str, Field(pattern=VALUE_PATTERN)] | None = None
    answer_days: int | None = Field(default=None, ge=0, le=250)
    answer_form: Annotated[str, Field(pattern=FORM_PATTERN)] | None = None
    answer_title: Annotated[str, Field(max_length=LONGEST_TITLE)] | None = None


class FieldTable(_Table):
    """``[[fields]]``."""

    number: int = Field(ge=1, le=999)
    name: Line


class GroundTable(_Table):
    """``[[partner_grounds]]`` and ``[[project_grounds]]``."""

    number: int = Field(ge=1, le=999)
    text: Line


class PublicOfferTable(_Table):
    """``[public_offer]``."""

    task: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$")]
    values: dict[str, Line] = Field(default_factory=dict)
    omit: list[Line] = Field(default_factory=list)

    def page(self) -> cities.PublicOfferPage:
        """Return the domain's page."""
        return cities.PublicOfferPage(task=self.task, values=dict(self.values), omit=tuple(self.omit))


class CityFile(_Table):
    """A whole ``city.toml``."""

    code: Annotated[str, Field(pattern=CODE_PATTERN)]
    name: Line
    signing_process: ProcessId
    field_word: Line = "連携事項"
    office: OfficeTable
    signatory: SignatoryTable
    sender: SenderTable
    requirements: RequirementsTable
    term: TermTable
    survey: SurveyTable
    fields: list[FieldTable] = Field(min_length=1)
    partner_grounds: list[GroundTable] = Field(default_factory=list)
    project_grounds: list[GroundTable] = Field(default_factory=list)
    procedures: ProceduresTable = Field(default_factory=ProceduresTable)
    cycle: CycleTable = Field(default_factory=CycleTable)
    contacts: ContactsTable = Field(default_factory=ContactsTable)
    renewal: RenewalTable = Field(default_factory=RenewalTable)
    deadlines: dict[Annotated[str, Field(pattern=CODE_PATTERN)], DeadlineTable] = Field(default_factory=dict)
    meeting: MeetingTable = Field(default_factory=MeetingTable)
    activities: ActivitiesTable = Field(default_factory=ActivitiesTable)
    termination: TerminationTable = Field(default_factory=TerminationTable)
    mails: dict[Annotated[str, Field(pattern=TEMPLATE_PATTERN)], MailTable] = Field(default_factory=dict)
    links: dict[str, Annotated[str, Field(pattern=r"^https?://[^\s]+$")]] = Field(default_factory=dict)
    public_offer: PublicOfferTable | None = None

    def city(
        self, departments: tuple[cities.Department, ...], mails: Mapping[str, cities.MailRule] = MappingProxyType({})
    ) -> cities.City:
        """Return the domain's city; ``mails`` are the rules of all its mails to partners."""
        return cities.City(
            code=self.code,
            name=self.name,
            signing_process=self.signing_process,
            office=cities.Office(**self.office.model_dump()),
            signatory=cities.Signatory(**self.signatory.model_dump()),
            sender=cities.Sender(**self.sender.model_dump()),
            field_word=self.field_word,
            fields=tuple(cities.Field(**entry.model_dump()) for entry in self.fields),
            partner_grounds=tuple(cities.Ground(**entry.model_dump()) for entry in self.partner_grounds),
            project_grounds=tuple(cities.Ground(**entry.model_dump()) for entry in self.project_grounds),
            requirements=cities.Requirements(**self.requirements.model_dump()),
            term=self.term.rule(),
            survey=cities.SurveyPlan(**self.survey.model_dump()),
            departments=departments,
            links=dict(self.links),
            procedures=self.procedures.processes(),
            cycle=self.cycle.rule(),
            contacts=self.contacts.rule(),
            renewal=cities.RenewalRule(**self.renewal.model_dump()),
            deadlines={name: table.rule() for name, table in self.deadlines.items()},
            meetings=self.meeting.plan(),
            cost_next_year=self.activities.cost_next_year,
            termination=self.termination.rule(),
            mails=dict(mails),
            public_offer=self.public_offer.page() if self.public_offer else None,
        )


TABLES: dict[str, type[BaseModel]] = {
    "": CityFile,
    "office": OfficeTable,
    "signatory": SignatoryTable,
    "sender": SenderTable,
    "requirements": RequirementsTable,
    "term": TermTable,
    "survey": SurveyTable,
    "procedures": ProceduresTable,
    "cycle": CycleTable,
    "contacts": ContactsTable,
    "renewal": RenewalTable,
    "deadlines": DeadlineTable,
    "meeting": MeetingTable,
    "activities": ActivitiesTable,
    "termination": TerminationTable,
    "mails": MailTable,
    "public_offer": PublicOfferTable,
    "fields": FieldTable,
    "partner_grounds": GroundTable,
    "project_grounds": GroundTable,
}
