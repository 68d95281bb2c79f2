"""An offer as the offer forms have it: what a correction begins with, whoever filed it (ISE-2/3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from workers.domain.entities import Offer, PastRecord, Project
from workers.domain.fiscal import format_fiscal_year


def offer_form(offer: Offer, projects: Iterable[Project], records: Iterable[PastRecord]) -> dict[str, Any]:
    """Return the offer forms' data: choices as text, as the forms' options have them."""
    return {
        "offeredOn": offer.offered_on.isoformat(),
        "purpose": offer.purpose,
        "fields": [str(number) for number in offer.fields],
        "other": offer.other,
        "projects": [
            {
                "field": str(project.field),
                "title": project.title,
                "content": project.content,
                "costToCity": project.cost_to_city,
            }
            for project in projects
        ],
        "records": [
            {
                "fiscalYear": format_fiscal_year(record.fiscal_year),
                "field": str(record.field),
                "title": record.title,
                "department": record.department,
            }
            for record in records
        ],
    }
