"""A procedure of a signed agreement as its diagram and its forms have it, and the lists over all agreements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from workers.domain.agreements import Activity, Agreement
from workers.domain.cities import City, Department
from workers.domain.entities import Case, CaseKind
from workers.domain.fiscal import format_fiscal_year
from workers.domain.markdown import plain
from workers.domain.text import shown
from workers.domain.wareki import format_wareki
from workers.errors import InputError


def read_section(city: City, typed: str) -> Department | None:
    """Return the department that a start form names by its section, its whole name or its code; None without a name.

    Raises InputError for one that the city does not have.
    """
    if not typed:
        return None
    found = [d for d in city.departments if typed in (d.section, d.name, d.code)]
    if len(found) != 1:
        raise InputError("担当課", f"「{shown(typed)}」という課は登録されていません。部から続けて書いてください")
    return found[0]


def procedure_variables(case: Case, agreement: Agreement, city: City, today: date) -> dict[str, Any]:
    """Return what a procedure hands its diagram of its agreement when it begins."""
    return {
        "agreementId": agreement.id,
        "agreementTitle": agreement.title,
        "agreementSummary": agreement_summary(agreement, city),
        "partnerWindow": _window(case),
        "agreementEnded": agreement.last_day < today,
        "agreementFirstDay": agreement.current_term.starts_on.isoformat(),
        "agreementLastDay": agreement.last_day.isoformat(),
        **period_variables(case),
    }


def period_variables(case: Case) -> dict[str, str]:
    """Return what a procedure is for: ``period`` and how it is read (令和9年度、第2期、第1回)."""
    return {"period": case.period, "periodName": _period_name(case)}


def _period_name(case: Case) -> str:
    if case.kind in (CaseKind.ANNUAL, CaseKind.PUBLICATION, CaseKind.CONTACTS):
        return format_fiscal_year(int(case.period))
    return f"第{case.period}期" if case.kind is CaseKind.RENEWAL else f"第{case.period}回"


def _window(case: Case) -> dict[str, str]:
    """Return the partner as a row of the windows that a paper names (ISE-F5)."""
    partner = case.partner
    if partner is None:
        return {"name": "", "person": "", "contact": ""}
    ways = [f"電話 {partner.phone}" if partner.phone else "", f"メール {partner.email}" if partner.email else ""]
    return {"name": partner.name, "person": partner.contact, "contact": "　".join(filter(None, ways))}


def agreement_summary(agreement: Agreement, city: City) -> str:
    """Return an agreement as the heading text of forms (Markdown), dates in wareki."""
    term = agreement.current_term
    fields = "\n".join(f"- {number} {city.field_name(number)}" for number in agreement.fields)
    return (
        f"**{plain(agreement.title)}**（{plain(agreement.id)}）\n\n締結日 {format_wareki(agreement.signed_on)}、"
        f"有効期間 {term.in_words}\n\n**連携事項**\n\n{fields}"
    )


def agreement_reports(agreements: Sequence[Agreement], activities: Sequence[Activity], city: City) -> dict[str, Any]:
    """Return the agreements of a list's year with the number of activities that each reported (ASA-7, ASA-8)."""
    counts = Counter(activity.agreement_id for activity in activities)
    return {
        "agreementReports": [
            {
                "id": agreement.id,
                "title": agreement.title,
                "departmentName": _unit(agreement, city),
                "count": counts[agreement.id],
            }
            for agreement in agreements
        ],
        "reportSummary": (
            f"協定 {len(agreements)}件のうち、実績が台帳に載っているもの "
            f"{sum(1 for agreement in agreements if counts[agreement.id])}件、取組 {len(activities)}件"
        ),
    }


def _unit(agreement: Agreement, city: City) -> str:
    return city.department(agreement.department).name if agreement.department else city.office.section
