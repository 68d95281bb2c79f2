"""What the diagrams and forms see of a case and its city: choices and names, no personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workers.domain.cities import City, Department
from workers.domain.entities import Case, Partner
from workers.jobs.forms.rows import text
from workers.usecases.lookup import case_title


def department_variable(department: Department) -> dict[str, str]:
    """Return a department as diagrams hand it on: its code, its name and the group that works for it."""
    return {"code": department.code, "name": department.name, "group": department.group}


def started_before(case: Case) -> dict[str, Any]:
    """Return what an instance learns whose case another one has."""
    return {"caseId": case.id, "caseState": "already-started"}


def opened(case: Case, city: City, *, lead: Department | None = None) -> dict[str, Any]:
    """Return what every case hands its diagram when it begins; ``lead``: the department whose work the office's is."""
    return {
        "caseId": case.id,
        "caseState": "new",
        "caseTitle": case_title(case),
        "officeGroup": (lead or city.office).group,
        "cityOptions": city_options(city),
    }


def signing_given(signature: Mapping[str, Any]) -> dict[str, str]:
    """Return how an agreement was signed, as the form gave it; all empty where it was left for later (ALL-25)."""
    return {key: text(signature.get(key)) for key in ("way", "service", "evidence", "reason")}


def city_options(city: City) -> dict[str, Any]:
    """Return the choices of the city's forms: fields, grounds (AGE-R2, ISE-R1), ratings, departments; and its words."""

    def numbered(number: int, text: str) -> dict[str, str]:
        return {"label": f"{number} {text}", "value": str(number)}

    return {
        "fields": [numbered(entry.number, entry.name) for entry in city.fields],
        "fieldWord": city.field_word,
        "partnerGrounds": [numbered(ground.number, ground.text) for ground in city.partner_grounds],
        "projectGrounds": [numbered(ground.number, ground.text) for ground in city.project_grounds],
        "ratings": [
            *({"label": label, "value": rating} for rating, label in city.survey.ratings.items()),
            {"label": "当課の所管ではない", "value": "none"},
        ],
        "surveyWords": dict(city.survey.words),
        "firstDay": "asked" if city.term.first_day_asked else "",
        "endless": "allowed" if city.term.endless_allowed else "",
        "confirmPeriods": city.termination.deduct_excluded,
        "office": {
            "name": city.name,
            "person": f"{city.office.division}{city.office.section}",
            "contact": f"電話 {city.office.phone}　メール {city.office.email}",
        },
        "departments": [{"label": d.name, "value": d.code, "group": d.group} for d in city.departments if d.surveyed],
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
