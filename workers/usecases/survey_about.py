"""What a department reads before it answers: who proposes what, why, at whose cost, and whom to call (ISE-4, AGE-4)."""

from __future__ import annotations

from typing import Any, Final

from workers.domain.cities import City
from workers.domain.entities import Case, Partner
from workers.domain.wareki import format_wareki
from workers.usecases.caseview import past_records
from workers.usecases.ports import UnitOfWork

ATTACHMENT_KIND: Final = "attachment"
"""The kind under which a case's received files are kept."""


async def survey_about(uow: UnitOfWork, case: Case, city: City) -> dict[str, Any]:
    """Return ``survey.about``: ``partner`` (with contact), ``offer`` (text), ``records`` and ``attachments`` (rows).

    All of it is people's words: forms show it in read-only text areas and tables, which do not read it as Markdown.
    """
    return {
        "partner": partner_text(case.partner),
        "offer": _offer_text(case, city),
        "records": past_records(case, city),
        "attachments": await attachment_rows(uow, case),
    }


def partner_text(partner: Partner | None) -> str:
    """Return a partner with whom to call, one fact a line; empty where there is none yet."""
    if partner is None:
        return ""
    facts = (
        ("名称", partner.name),
        ("代表者", partner.representative),
        ("担当者", partner.contact),
        ("電話", partner.phone),
        ("メール", partner.email),
        ("所在地", partner.address),
    )
    return "\n".join(f"{label}: {value}" for label, value in facts if value)


def _offer_text(case: Case, city: City) -> str:
    offer = case.offer
    if offer is None:
        return ""
    words = city.survey.words
    facts = (
        (words["offered_on"], f"{format_wareki(offer.offered_on)}（第{offer.round}回）"),
        (words["purpose"], offer.purpose),
        (words["field"], "、".join(f"{number} {city.field_name(number)}" for number in offer.fields)),
        ("その他", offer.other),
    )
    return "\n".join(f"{label}: {value}" for label, value in facts if value)


async def attachment_rows(uow: UnitOfWork, case: Case) -> list[dict[str, str]]:
    """Return the received files of a case as the rows of a form's table: ``name``, ``size``."""
    return [
        {"name": document.name, "size": f"{max(1, document.size // 1024):,} KB"}
        for document in await uow.documents.of_case(case.id)
        if document.kind == ATTACHMENT_KIND
    ]
