"""Handlers of the lists over all agreements of a city (ALL-7)."""

from __future__ import annotations

from typing import Any

from workers.domain.fiscal import format_fiscal_year, parse_fiscal_year
from workers.jobs.catalog import CHECKS, Header, JobInput, job_type
from workers.jobs.forms.case import opened
from workers.jobs.forms.procedure import agreement_reports, period_variables
from workers.jobs.forms.rows import day, text
from workers.usecases.lookup import case_and_city
from workers.usecases.ports import UnitOfWork
from workers.usecases.publications import open_publication, year_of_list


@job_type(
    "open-publication",
    label="年度の一覧の案件を登録する",
    short=True,
    headers=(Header(name="city", label="市のコード", required=True, offers="city"), *CHECKS),
    writes=("caseId", "caseState", "caseTitle", "period", "periodName", "officeGroup", "cityOptions", "formError"),
    requires=("listYear:年度"),
    by_person=True,
    shelf="procedure",
)
async def handle_open_publication(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Open the case of a year's list (ASA-8)."""
    city, year = uow.cities.city(job.header("city")), parse_fiscal_year(text(job.variables.get("listYear")), "年度")
    counted_on = day(job.variables.get("countedOn"), "有効な協定を数える日")
    case = await open_publication(uow, city, year, counted_on, job.ref)
    title = f"{case.id} {format_fiscal_year(year)}"
    return {**opened(case, city), "caseTitle": title, **period_variables(case)}


@job_type("load-agreement-reports", label="協定と実績の数を調べる", writes=("agreementReports", "reportSummary"))
async def handle_load_agreement_reports(job: JobInput, uow: UnitOfWork) -> dict[str, Any]:
    """Read how many activities each agreement of the list's year has (ASA-7, ASA-8)."""
    case, city = await case_and_city(uow, job.text("caseId"))
    return agreement_reports(*await year_of_list(uow, case), city)
