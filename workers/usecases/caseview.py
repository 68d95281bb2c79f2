"""What the diagrams and forms see of a case: routing values and short tables, no personal data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from workers.domain.agreements import Agreement
from workers.domain.cities import City, Department
from workers.domain.entities import Case, Project
from workers.domain.fiscal import format_fiscal_year
from workers.domain.markdown import plain
from workers.domain.wareki import format_wareki
from workers.usecases.offerform import offer_form
from workers.usecases.ports import UnitOfWork
from workers.usecases.survey_scope import asked_projects, change_of

PROJECT_STEP: Final = "project"
"""The step at which a diagram records the project: ``projectTitle``, and ``departmentCode`` of who carries it out."""


async def agreement_of(uow: UnitOfWork, case: Case) -> Agreement | None:
    """Return the agreement that a case is about: that of the procedure, or the one that the signing led to."""
    if case.agreement_id is not None:
        return await uow.agreements.get(case.agreement_id)
    return await uow.agreements.of_case(case.id)


async def project_name(uow: UnitOfWork, agreement: Agreement) -> str:
    """Return what the project of an agreement is called where its case recorded that, else the agreement's title.

    What is evaluated and counted is the project and not the paper (CHI-7): its name is the ``projectTitle`` of the
    step :data:`PROJECT_STEP`.
    """
    step = (await uow.cases.get(agreement.case_id)).last_step(PROJECT_STEP) if agreement.case_id else None
    return str((step and step.payload.get("projectTitle")) or agreement.title)


def case_title(case: Case, addition: str = "") -> str:
    """Return the heading of a case's forms (Markdown): the case id and ``addition``, else the partner's name."""
    name = addition or (case.partner.name if case.partner else "")
    return f"{case.id} {plain(name)}".rstrip()


def department_context(department: Department) -> dict[str, str]:
    """Return a department as diagrams hand it on: its code, its name and the group that works for it."""
    return {"code": department.code, "name": department.name, "group": department.group}


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


def proposals(case: Case, city: City) -> list[dict[str, Any]]:
    """Return the newest round's projects as the rows of a form's table (ISE-4)."""
    return [_proposal(case, city, project) for project in case.current_projects()]


def asked_proposals(case: Case, city: City) -> list[dict[str, Any]]:
    """Return those of :func:`proposals` that the newest survey asks about."""
    return [_proposal(case, city, project) for project in asked_projects(case)]


def _proposal(case: Case, city: City, project: Project) -> dict[str, Any]:
    return {
        "number": project.number,
        "fieldName": city.field_name(project.field),
        "title": project.title,
        "content": project.content,
        "cost": "あり" if project.cost_to_city else "なし",
        "change": change_of(case, project),
    }


def past_records(case: Case, city: City) -> list[dict[str, Any]]:
    """Return the projects done so far as the rows of a form (AGE-2): ``field`` as the forms' choices have it."""
    return [
        {
            "fiscalYear": format_fiscal_year(record.fiscal_year),
            "field": str(record.field),
            "fieldName": city.field_name(record.field),
            "title": record.title,
            "department": record.department,
        }
        for record in case.records
    ]


def _purpose_words(city: City, fields: Iterable[int]) -> str:
    """Return the fields as article 1 lists them (ISE-F3): the offer's sentences about its purpose are no such list."""
    names = [city.field_name(number).removesuffix("に関すること") for number in fields]
    return "、".join(name for name in names if not name.startswith("その他"))


def offer_variables(case: Case, city: City) -> dict[str, Any]:
    """Return what a filed offer sets: its form, proposals, summary (Markdown), past records, the first terms."""
    offer = case.offer
    if offer is None:
        return {}
    fields = "\n".join(f"- {number} {city.field_name(number)}" for number in offer.fields)
    words = city.survey.words
    return {
        "offer": offer_form(offer, case.current_projects(), case.records),
        "proposals": proposals(case, city),
        "pastRecords": past_records(case, city),
        "offerSummary": (
            f"{words['offered_on']} {format_wareki(offer.offered_on)}（第{offer.round}回）\n\n"
            f"**{words['purpose']}** {plain(offer.purpose)}\n\n"
            f"**{words['field']}**\n\n{fields}\n\n**実績** {len(case.records)}件"
        ),
        "agreementTerms": {
            "purpose": _purpose_words(city, offer.fields),
            "fields": [str(number) for number in offer.fields],
            "startsOn": None,
            "expiresOn": None,
            "renews": None,
            "signatureStyle": city.signatory.style,
            "otherParties": [],
        },
    }
