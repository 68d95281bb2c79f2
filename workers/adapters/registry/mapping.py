"""Maps the plain dataclasses of ``domain.entities`` and ``domain.agreements`` to the tables when it is imported.

Everything loads eagerly with its parent: an entity may be read after its transaction has ended.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Table
from sqlalchemy.orm import MapperProperty, RelationshipProperty, deferred, registry, relationship

from workers.adapters.registry import (
    agreement_tables,
    calendar_feeds,
    desk,
    mail_drafts,
    meeting_tables,
    partner_tables,
    public_offers,
    tables,
)
from workers.domain import acts, agreements, answers, corrections, entities, mails, meetings, publicoffers, signing
from workers.domain import desk as desks

_registry = registry(metadata=tables.metadata)


def _children(child: type, *order: ColumnElement[object]) -> RelationshipProperty[object]:
    """Return a list that lives and dies with its parent."""
    return relationship(child, lazy="selectin", cascade="all, delete-orphan", order_by=list(order))


def _versioned(entity: type, table: Table, **properties: MapperProperty[Any]) -> None:
    _registry.map_imperatively(entity, table, properties=properties, version_id_col=table.c.version)


def _plain(entity: type, table: Table, **properties: RelationshipProperty[object]) -> None:
    _registry.map_imperatively(entity, table, properties=properties)


def _map() -> None:
    t = tables
    _plain(entities.Partner, t.partner)
    _plain(entities.Offer, t.offer)
    _plain(entities.PastRecord, t.past_record)
    _plain(entities.Step, t.step)
    _versioned(entities.Project, t.project)
    _versioned(
        entities.Case,
        t.case,
        partner=relationship(entities.Partner, lazy="joined"),
        offers=_children(entities.Offer, t.offer.c.round),
        projects=_children(entities.Project, t.project.c.round, t.project.c.number),
        records=_children(entities.PastRecord, t.past_record.c.id),
        steps=_children(entities.Step, t.step.c.id),
    )
    _plain(entities.SurveyRating, t.survey_rating)
    _plain(entities.SurveyWish, t.survey_wish)
    _versioned(entities.SurveyTarget, t.survey_target)
    _versioned(
        entities.SurveyAnswer,
        t.survey_answer,
        ratings=_children(entities.SurveyRating, t.survey_rating.c.project_number),
        wishes=_children(entities.SurveyWish, t.survey_wish.c.id),
    )
    _versioned(
        entities.Survey,
        t.survey,
        targets=_children(entities.SurveyTarget, t.survey_target.c.id),
        answers=_children(entities.SurveyAnswer, t.survey_answer.c.id),
    )
    _plain(entities.Document, t.document)
    _plain(acts.Act, t.act)
    _plain(entities.HistoryEntry, t.history, act=relationship(acts.Act, lazy="joined"))
    _map_agreements()
    _map_meetings()
    _versioned(mails.MailDraft, mail_drafts.mail_draft)
    links = partner_tables.partner_link
    # The form is asked for by a statement of its own, and hardly ever.
    _versioned(answers.PartnerLink, links, form=deferred(links.c.form, raiseload=True))
    _versioned(answers.PartnerAnswer, partner_tables.partner_answer)
    _versioned(publicoffers.PublicOffer, public_offers.public_offer)
    _map_desk()
    _registry.configure()


def _map_desk() -> None:
    _plain(desks.DeskSession, desk.desk_session)
    _plain(desks.FormDraft, desk.form_draft)
    _plain(desks.StaffNote, desk.staff_note)
    _plain(desks.CalendarFeed, calendar_feeds.calendar_feed)
    _plain(desk.PersonName, desk.desk_person)


def _map_agreements() -> None:
    t = agreement_tables
    _plain(agreements.AgreementTerm, t.agreement_term)
    _plain(agreements.AgreementVersion, t.agreement_version)
    _versioned(
        agreements.Agreement,
        t.agreement,
        partner=relationship(entities.Partner, lazy="joined"),
        terms=_children(agreements.AgreementTerm, t.agreement_term.c.number),
        versions=_children(agreements.AgreementVersion, t.agreement_version.c.number),
    )
    _plain(agreements.ActivityReport, t.activity_report)
    _versioned(
        agreements.Activity,
        t.activity,
        reports=_children(agreements.ActivityReport, t.activity_report.c.fiscal_year),
    )
    _versioned(agreements.Notice, t.notice)
    _plain(corrections.Correction, t.agreement_correction)
    _plain(corrections.ListHeading, t.list_heading)
    _plain(signing.SigningRecord, t.agreement_signing)
    _plain(signing.AgreementParent, t.agreement_parent)


def _map_meetings() -> None:
    t = meeting_tables
    _plain(meetings.ExcludedPeriod, t.excluded_period)
    _versioned(meetings.Meeting, t.meeting, periods=_children(meetings.ExcludedPeriod, t.excluded_period.c.first))


_map()
