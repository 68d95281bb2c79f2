"""The tables of agreements and of what is done under them. ``tables`` has those of cases and surveys."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint
from sqlalchemy.ext.mutable import MutableList

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
from workers.adapters.registry.tables import metadata
from workers.domain.agreements import ActivityStatus, AgreementEnd, Side, TermStage
from workers.domain.signing import SigningWay

agreement = Table(
    "agreement",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", String, ForeignKey("case.id"), unique=True),
    text_column("city"),
    text_column("kind"),
    text_column("title"),
    Column("signed_on", Date, nullable=False),
    Column("parties", MutableList.as_mutable(Json()), nullable=False),
    Column("fields", MutableList.as_mutable(Json()), nullable=False),
    Column("number", String),
    Column("partner_id", serial(), ForeignKey("partner.id")),
    text_column("partner_kind"),
    text_column("trade"),
    text_column("department"),
    Column("renews", Boolean),
    Column("renewal_years", Integer),
    Column("notice_months", Integer),
    Column("whole_guideline", Boolean, nullable=False),
    Column("ended_on", Date),
    Column("cycle_due_on", Date),
    Column("contacts_due_on", Date),
    Column("end", text_enum(AgreementEnd)),
    Column("remark", String),
    version_column(),
    UniqueConstraint("city", "number"),
    Index(None, "city", "signed_on"),
    Index(None, "partner_id"),
    Index(None, "cycle_due_on"),
    Index(None, "contacts_due_on"),
)

agreement_term = Table(
    "agreement_term",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    number_column("number"),
    Column("starts_on", Date, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("notice_deadline", Date),
    Column("stage", text_enum(TermStage), nullable=False),
    Column("due_on", Date),
    Column("reversed_on", Date),
    UniqueConstraint("agreement_id", "number"),
    Index(None, "expires_on"),
    Index(None, "due_on"),
)

notice = Table(
    "notice",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    number_column("term_number"),
    Column("side", text_enum(Side), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("entered_at", Moment, nullable=False),
    text_column("reason"),
    Column("withdrawn_on", Date),
    Column("overruled", Boolean, nullable=False),
    text_column("decision"),
    version_column(),
    Index(None, "agreement_id", "term_number"),
)

sweep_run = Table(
    "sweep_run",
    metadata,
    key_column(),
    Column("on_day", Date, nullable=False),
    Column("completed_at", Moment, nullable=False),
    Column("report", Json(), nullable=False),
    Index(None, "on_day"),
)

agreement_version = Table(
    "agreement_version",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    number_column("number"),
    Column("effective_on", Date, nullable=False),
    text_column("title"),
    text_column("purpose"),
    Column("fields", MutableList.as_mutable(Json()), nullable=False),
    Column("expires_on", Date),
    Column("case_id", String, ForeignKey("case.id")),
    Column("applied", Boolean, nullable=False),
    UniqueConstraint("agreement_id", "number"),
    Index(None, "case_id"),
)

activity = Table(
    "activity",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    Column("case_id", String, ForeignKey("case.id")),
    number_column("fiscal_year"),
    number_column("field"),
    text_column("title"),
    text_column("content"),
    text_column("department"),
    Column("cost_to_city", Boolean, nullable=False),
    Column("status", text_enum(ActivityStatus), nullable=False),
    Column("starts_on", Date),
    Column("ends_on", Date),
    text_column("result"),
    text_column("evaluation"),
    text_column("reason"),
    Column("reported_at", Moment),
    version_column(),
    Index(None, "agreement_id", "fiscal_year"),
    Index(None, "case_id"),
)

activity_report = Table(
    "activity_report",
    metadata,
    key_column(),
    parent_column("activity_id", "activity.id"),
    number_column("fiscal_year"),
    Column("status", text_enum(ActivityStatus), nullable=False),
    text_column("result"),
    text_column("partner_result"),
    text_column("evaluation"),
    Column("reported_at", Moment),
    UniqueConstraint("activity_id", "fiscal_year"),
)

agreement_correction = Table(
    "agreement_correction",
    metadata,
    key_column(),
    parent_column("agreement_id", "agreement.id", String),
    Column("at", Moment, nullable=False),
    text_column("by"),
    text_column("source"),
    text_column("column"),
    text_column("old"),
    text_column("new"),
    Index(None, "agreement_id"),
)

agreement_signing = Table(
    "agreement_signing",
    metadata,
    Column("agreement_id", String, ForeignKey("agreement.id"), primary_key=True),
    Column("way", text_enum(SigningWay), nullable=False),
    text_column("service"),
    text_column("evidence"),
    text_column("reason"),
)

agreement_parent = Table(
    "agreement_parent",
    metadata,
    Column("agreement_id", String, ForeignKey("agreement.id"), primary_key=True),
    Column("parent_id", String, ForeignKey("agreement.id"), nullable=False),
    Index(None, "parent_id"),
)

list_heading = Table(
    "list_heading",
    metadata,
    key_column(),
    text_column("city"),
    text_column("word"),
    text_column("key"),
    UniqueConstraint("city", "word"),
)
