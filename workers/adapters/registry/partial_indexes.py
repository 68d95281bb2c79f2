"""Indexes over some rows of a table. Only migrations need them: naming PostgreSQL's option imports all of its parts."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Index, and_, or_

from workers.adapters.registry.tables import case, survey_answer
from workers.domain.entities import AnswerStatus, CaseKind, CaseOutcome


def _unique(name: str, *columns: ColumnElement[object], where: ColumnElement[bool]) -> None:
    Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


# Exactly one procedure of a kind per agreement and fiscal year or term; signing cases have no agreement yet. One that
# was begun by mistake and cancelled does not stand in the way of another (ALL-22).
_NOT_CANCELLED = or_(case.c.outcome.is_(None), case.c.outcome != CaseOutcome.CANCELLED)
_unique(
    "uq_case_agreement_id_kind_period",
    case.c.agreement_id,
    case.c.kind,
    case.c.period,
    where=_NOT_CANCELLED,
)

# The same where one yearly procedure is for all agreements of a city (ASA-8).
_OF_A_CITY = and_(case.c.agreement_id.is_(None), case.c.kind == CaseKind.ANNUAL, _NOT_CANCELLED)
_unique(
    "uq_case_city_period_annual",
    case.c.city,
    case.c.period,
    where=_OF_A_CITY,
)

# Nothing that was sent in is deleted, but of a department's answers only one counts (ALL-1).
_unique(
    "uq_survey_answer_valid",
    survey_answer.c.survey_id,
    survey_answer.c.department,
    where=survey_answer.c.status == AnswerStatus.VALID,
)
