"""The tables of the entities. ``outbox_tables`` has those of the outbox and of the workers' bookkeeping.

``version`` columns guard against lost updates: two transactions that change the same row end with one of them
tried again. Business moments are the business clock's; leases and time-outs use real time.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    UniqueConstraint,
    select,
)
from sqlalchemy.ext.mutable import MutableDict, MutableList

from workers.adapters.registry.columns import (
    Json,
    Moment,
    key_column,
    number_column,
    parent_column,
    serial,
    text_column,
    text_enum,
    version_column,
)
from workers.domain.acts import ActStatus
from workers.domain.entities import (
    AnswerStatus,
    CaseKind,
    CaseOutcome,
    Origin,
    Partner,
    ProjectStatus,
    Rating,
    TargetStatus,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


partner = Table(
    "partner",
    metadata,
    key_column(),
    text_column("name"),
    text_column("representative"),
    text_column("contact"),
    text_column("email"),
    text_column("phone"),
    text_column("address"),
    text_column("corporate_number"),
    Index(None, "corporate_number"),
)


def same_partner(known: Partner) -> Select[tuple[int]]:
    """Return a query for the rows of a partner: a case has a row of its own, so the number tells, or the name."""
    alike = partner.c.name == known.name
    if known.corporate_number:
        alike |= partner.c.corporate_number == known.corporate_number
    return select(partner.c.id).where(alike)


case = Table(
    "case",
    metadata,
    Column("id", String, primary_key=True),
    text_column("city"),
    text_column("process_id"),
    Column("opened_on", Date, nullable=False),
    Column("kind", text_enum(CaseKind), nullable=False),
    # The two tables refer to each other: an agreement to its signing case, a procedure to its agreement.
    Column("agreement_id", String, ForeignKey("agreement.id", use_alter=True)),
    text_column("period"),
    Column("origin", text_enum(Origin), nullable=False),
    Column("partner_id", serial(), ForeignKey("partner.id")),
    Column("process_instance_key", BigInteger),
    Column("engine_id", String),
    Column("outcome", text_enum(CaseOutcome)),
    Column("closed_on", Date),
    version_column(),
    Index(None, "city", "opened_on"),
    Index(None, "partner_id"),
    # Finds the procedures that no instance has claimed yet.
    Index(None, "process_instance_key", "agreement_id"),
)

offer = Table(
    "offer",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    number_column("round"),
    Column("offered_on", Date, nullable=False),
    text_column("purpose"),
    Column("fields", MutableList.as_mutable(Json()), nullable=False),
    text_column("other"),
    UniqueConstraint("case_id", "round"),
)

project = Table(
    "project",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    number_column("round"),
    number_column("number"),
    number_column("field"),
    text_column("title"),
    text_column("content"),
    Column("cost_to_city", Boolean, nullable=False),
    text_column("admitted_reason"),
    Column("status", text_enum(ProjectStatus), nullable=False),
    text_column("department"),
    Column("joint_departments", MutableList.as_mutable(Json()), nullable=False),
    text_column("talk_result"),
    version_column(),
    UniqueConstraint("case_id", "round", "number"),
)

past_record = Table(
    "past_record",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    number_column("fiscal_year"),
    number_column("field"),
    text_column("title"),
    text_column("department"),
    Index(None, "case_id"),
)

step = Table(
    "step",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    text_column("name"),
    number_column("round"),
    Column("payload", MutableDict.as_mutable(Json()), nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Index(None, "case_id"),
)

survey = Table(
    "survey",
    metadata,
    Column("id", String, primary_key=True),
    parent_column("case_id", "case.id", String),
    number_column("round"),
    Column("due_on", Date, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    number_column("extensions"),
    version_column(),
    Index(None, "case_id"),
)

survey_target = Table(
    "survey_target",
    metadata,
    key_column(),
    parent_column("survey_id", "survey.id", String),
    text_column("department"),
    text_column("division"),
    text_column("section"),
    text_column("group"),
    text_column("email"),
    Column("status", text_enum(TargetStatus), nullable=False),
    text_column("question"),
    version_column(),
    UniqueConstraint("survey_id", "department"),
)

survey_answer = Table(
    "survey_answer",
    metadata,
    key_column(),
    parent_column("survey_id", "survey.id", String),
    text_column("department"),
    Column("status", text_enum(AnswerStatus), nullable=False),
    Column("concerned", Boolean, nullable=False),
    text_column("person"),
    text_column("contact"),
    Column("on_behalf", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("answered_at", Moment, nullable=False),
    text_column("job"),
    version_column(),
    Index(None, "survey_id"),
)

survey_rating = Table(
    "survey_rating",
    metadata,
    key_column(),
    parent_column("answer_id", "survey_answer.id"),
    number_column("project_number"),
    Column("rating", text_enum(Rating), nullable=False),
    text_column("comment"),
    UniqueConstraint("answer_id", "project_number"),
)

survey_wish = Table(
    "survey_wish",
    metadata,
    key_column(),
    parent_column("answer_id", "survey_answer.id"),
    number_column("field"),
    text_column("content"),
    Index(None, "answer_id"),
)

document = Table(
    "document",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    text_column("kind"),
    text_column("name"),
    text_column("media_type"),
    text_column("sha256"),
    Column("size", BigInteger, nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    # Grows whenever a document of this kind is stored, so that content that comes back is the newest again.
    Column("revision", Integer, nullable=False),
    UniqueConstraint("case_id", "kind", "sha256", "draft"),
    Index(None, "sha256"),
)

act = Table(
    "act",
    metadata,
    key_column(),
    Column("case_id", String, ForeignKey("case.id")),
    text_column("engine_id"),
    text_column("process_id"),
    Column("process_instance_key", BigInteger, nullable=False),
    text_column("element_id"),
    Column("element_instance_key", BigInteger, nullable=False),
    Column("loop", Integer),
    text_column("task_name"),
    Column("at", Moment, nullable=False),
    Column("status", text_enum(ActStatus), nullable=False),
    text_column("person"),
    text_column("person_name"),
    Column("task_key", BigInteger),
    Column("entered", Json()),
    number_column("attempts"),
    Column("queued_at", Moment, nullable=False),
    Column("look_at", Moment),
    Index(None, "process_instance_key"),
    # Counts those without a person.
    Index(None, "status"),
    # Finds the acts whose person is still looked up; NULL when that is settled.
    Index(None, "look_at"),
)

history = Table(
    "history",
    metadata,
    key_column(),
    parent_column("case_id", "case.id", String),
    Column("at", Moment, nullable=False),
    text_column("actor"),
    text_column("what"),
    Column("act_id", serial(), ForeignKey("act.id")),
    Index(None, "case_id"),
)
